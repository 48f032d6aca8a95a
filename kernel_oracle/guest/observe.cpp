// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What a step left behind, in the model's terms, written to the run. And the lies that the host may have asked for.
#include <algorithm>
#include <bit>

#include "kernel_oracle/guest/lie.hpp"
#include "kernel_oracle/guest/sequence_runner.hpp"

namespace mprogcheck::guest {

namespace {

/// In fast depth the id of a new link is read off the query of its list, which costs nothing. In one of so many
/// sequences its handle is asked all the same.
constexpr std::uint32_t asks_the_handle = 16;

}  // namespace

void SequenceRunner::observe(int error, bool last, Times times) {
  const bool all = last || job_->deep;
  const auto touched = static_cast<model::ListSet>(foreseen_.observe & declared_lists_);
  const model::ListSet lists = all ? declared_lists_ : touched;
  const Lie lie = job_->lie;
  const bool here = lie != Lie::none && step_ == job_->lie_at;

  wire::StepHead head{.error = static_cast<std::uint16_t>(error), .lists = lists, .sees = 0};
  if (lie == Lie::outcome && here) head.error = error == EINVAL ? ENOENT : EINVAL;
  if (lie == Lie::permission && here) head.error = error == EPERM ? 0 : EPERM;
  if (lie == Lie::capacity && here && job_->lie_on != 0) head.error = 0;
  if (all) head.sees |= wire::StepHead::has_objects;
  if (job_->deep) head.sees |= wire::StepHead::has_times;
  if (asked_) head.sees |= wire::StepHead::has_answer;
  if (fate_ != model::Fate::none) head.sees |= wire::StepHead::has_passage;
  if (next_ != model::no_link) head.sees |= wire::StepHead::has_next;
  if (has_trials()) head.sees |= wire::StepHead::has_trials;
  wire::put_step_head(*out_, head);
  if (job_->deep) {
    out_->u64(times.begin);
    out_->u64(times.end);
  }

  // At most one list is lied about: the first that fits.
  model::ListSet victims = 0;
  if (here && is_about_the_list(lie, job_->lie_on)) victims = touched;
  if (lie == Lie::isolation && last) victims = static_cast<model::ListSet>(declared_lists_ & ~touched);
  const auto victim = static_cast<model::ListSet>(victims & -victims);
  for (model::ListSet left = lists; left != 0; left = static_cast<model::ListSet>(left & (left - 1))) {
    const auto list = static_cast<unsigned>(std::countr_zero(left));
    show(*lists_[list], all, (victim >> list & 1U) != 0 ? lie : Lie::none);
  }

  if (pending_link_ != nullptr && pending_link_->id == 0) learn_link(*pending_link_);
  if (asked_) put_answer(here ? lie : Lie::none);
  if (fate_ != model::Fate::none) put_passage(here ? lie : Lie::none);
  if (next_ != model::no_link) out_->u8(next_);
  if (!all) return;
  const bool wanted = references_ != nullptr && (job_->deep || (lie == Lie::references && last));
  const bool counts = wanted && references_->look();
  if (wanted && !counts) unclean("references: the counts cannot be read");
  put_objects(last ? lie : Lie::none, counts);
}

/// True if it is not as it was last time.
bool SequenceRunner::look_at(AttachList& list, bool thorough) {
  const bool away = list.of().is_device() && life_.can_move() && life_.is_away(list.of().value);
  if (away) life_.enter(true);
  const bool changed = list.look(calls_, thorough);
  if (away) life_.enter(false);
  if (changed && list.view().count != 0) list.asked_of = true;
  if (changed) translate(list);
  return changed;
}

void SequenceRunner::show(AttachList& list, bool thorough, Lie lie) {
  look_at(list, thorough);
  if (list.shown && lie == Lie::none) {
    out_->u8(static_cast<std::uint8_t>(wire::ListTag::unchanged));
    return;
  }
  const RawView& view = list.view();
  wire::ViewHead head{.error = static_cast<std::uint16_t>(view.error),
                      .revision = view.revision,
                      .count = view.count,
                      .mode = wire::mode_of(view.flags),
                      .length = static_cast<std::uint16_t>(view.length)};
  out_->u8(static_cast<std::uint8_t>(wire::ListTag::seen));
  list.shown = lie == Lie::none;
  if (lie == Lie::none) {
    wire::put_view(*out_, head, list.entries.data());
    return;
  }
  auto entries = list.entries;
  lie_about_view(lie, job_->lie_on, head, entries);
  wire::put_view(*out_, head, entries.data());
}

/// From ids to table slots. What stands before and behind a change has been translated already.
void SequenceRunner::translate(AttachList& list) {
  const RawView& now = list.view();
  const RawView& then = list.before();
  const std::uint32_t shorter = now.length < then.length ? now.length : then.length;
  const auto same = [&](std::uint32_t i, std::uint32_t j) {
    return now.programs[i] == then.programs[j] && now.links[i] == then.links[j];
  };
  std::uint32_t front = 0;
  while (front < shorter && same(front, front)) ++front;
  std::uint32_t back = 0;
  while (back < shorter - front && same(now.length - 1 - back, then.length - 1 - back)) ++back;
  std::uint8_t* const entries = list.entries.data();
  if (back != 0) std::memmove(entries + 2 * (now.length - back), entries + 2 * (then.length - back), 2 * back);
  for (std::uint32_t i = front; i < now.length - back; ++i) {
    entries[2 * i] = program_slot(now.programs[i]);
    entries[2 * i + 1] = link_slot(now.links[i]);
  }
}

std::uint8_t SequenceRunner::program_slot(std::uint32_t id) const {
  if (const Object* const pooled = programs_.find(id)) return pooled->slot;
  for (std::size_t i = made_count_; i-- > 0;)
    if (made_[i].id == id && made_[i].kind == model::ObjectKind::program) return made_[i].slot;
  return model::no_program;
}

std::uint8_t SequenceRunner::link_slot(const std::uint32_t& id) {
  if (id == 0) return model::no_link;
  for (std::size_t i = made_count_; i-- > 0;)
    if (made_[i].id == id && made_[i].kind == model::ObjectKind::link)
      return made_[i].slot == 0xff ? wire::foreign_link : made_[i].slot;
  if (pending_link_ != nullptr && pending_link_->id == 0) {  // the one id that is new is that of the link just made
    if (job_->number % asks_the_handle == 0)
      learn_link(*pending_link_);  // by its handle: then what the query says is not believed, but held to it
    else
      calls_.learn(pending_link_->id, id);
    return pending_link_->id == id ? pending_link_->slot : wire::foreign_link;
  }
  return wire::foreign_link;
}

void SequenceRunner::put_answer(Lie lie) {
  std::array<std::uint8_t, 2UL * RawAnswer::room> entries;
  for (std::uint32_t i = 0; i < answer_.length; ++i) {
    entries[2 * i] = program_slot(answer_.programs[i]);
    entries[2 * i + 1] = link_slot(answer_.links[i]);
  }
  out_->u8(answer_list_);
  out_->u8(breach_);
  wire::put_view(*out_,
                 {.error = static_cast<std::uint16_t>(answer_.error),
                  .revision = answer_.revision,
                  .count = answer_.count + (lie == Lie::answer ? 1 : 0),
                  .mode = wire::mode_of(answer_.flags),
                  .length = static_cast<std::uint16_t>(answer_.length)},
                 entries.data());
}

void SequenceRunner::put_passage(Lie lie) {
  std::array<std::uint8_t, wire::max_passage> programs{};
  const std::size_t met = std::min<std::size_t>(traffic_.met(), mpc_most_stamps);
  for (std::uint32_t i = 0; i < met; ++i) {
    const std::uint32_t identity = traffic_.identity(i);
    const Object* object = programs_.stamped(identity);
    if (identity >= mortal_identities && identity - mortal_identities < made_count_)
      object = &made_[identity - mortal_identities];
    programs[i] = object == nullptr ? model::no_program : object->slot;
  }
  std::size_t length = met;
  if (lie == Lie::passage) {
    if (met >= 2 && programs[0] != programs[met - 1])
      std::swap(programs[0], programs[met - 1]);
    else if (length < programs.size())
      programs[length++] = model::no_program;
  }
  model::Fate fate = fate_;
  if (lie == Lie::fate) fate = fate == model::Fate::passed ? model::Fate::dropped : model::Fate::passed;
  wire::put_passage(*out_, {.fate = fate, .programs = std::span(programs).first(length)});
}

void SequenceRunner::put_objects(Lie lie, bool counts) {
  if (made_count_ == 0 && !counts) {
    out_->u16(0);
    return;
  }
  put_links(lie, counts);
  put_programs(lie, counts);
}

/// A lie that was told is none any more.
void SequenceRunner::put_links(Lie& lie, bool counts) {
  const std::size_t links_at = out_->size();
  std::uint8_t links = 0;
  out_->u8(0);
  for (const Object* const object : links_) {
    if (object == nullptr) continue;
    wire::LinkRecord link = see_link(*object);
    if (counts && link.alive) link.references = references_->of(object->kind, object->id);
    if (lie == Lie::lifecycle) {
      link = {.link = link.link, .alive = !link.alive};
      lie = Lie::none;
    } else if (lie == Lie::references && link.alive) {
      ++link.references;
      lie = Lie::none;
    }
    wire::put_link(*out_, link);
    ++links;
  }
  out_->set8(links_at, links);
}

/// With counts, those of the pool and the fillers too.
void SequenceRunner::put_programs(Lie& lie, bool counts) {
  const std::size_t programs_at = out_->size();
  std::uint8_t programs = 0;
  out_->u8(0);
  const auto put = [&](const wire::ProgramRecord& program) {
    wire::put_program(*out_, program);
    ++programs;
  };
  const auto put_counted = [&](wire::ProgramRecord program) {
    if (lie == Lie::references && program.alive) {
      ++program.references;
      lie = Lie::none;
    }
    put(program);
  };
  const auto seen = [&](const Object& object, bool alive) {
    const std::uint16_t references = counts && alive ? references_->of(object.kind, object.id) : References::unknown;
    return wire::ProgramRecord{.program = object.slot, .alive = alive, .references = references};
  };
  const auto seen_in_pool = [&](const Object& object) {
    return seen(object, references_->of(object.kind, object.id) != References::unknown);
  };
  if (counts)
    for (const Programs::Pooled* const pooled : pool_)
      if (pooled != nullptr) put_counted(seen_in_pool(pooled->object));
  for (const Object* const object : mortals_) {
    if (object == nullptr) continue;
    wire::ProgramRecord program = seen(*object, !is_gone(*object));
    if (lie == Lie::lifecycle) {
      program.alive = !program.alive;
      lie = Lie::none;
    }
    put_counted(program);
  }
  if (counts)
    for (unsigned n = 0; n < model::Name::filler_count; ++n) put(seen_in_pool(programs_.filler(n).object));
  out_->set8(programs_at, programs);
}

/// The id of the program that the link holds; 0 if there is no such link, or it does not say.
std::uint32_t SequenceRunner::program_of(const Object& link) {
  constexpr unsigned length = offsetof(struct bpf_link_info, prog_id) + sizeof(std::uint32_t);
  const int fd = open_link(link);
  if (fd < 0) return 0;
  const int error = link_info_.ask(calls_, fd, length);
  calls_.close(fd);
  return error == 0 ? link_info_.info().prog_id : 0;
}

int SequenceRunner::open_link(const Object& link) {
  union bpf_attr attr;
  mpc_clear(&attr, MPC_BY_ID_SIZE);
  attr.link_id = link.id;
  return calls_.bpf(BPF_LINK_GET_FD_BY_ID, &attr, MPC_BY_ID_SIZE, offsetof(union bpf_attr, link_id), &link.id);
}

wire::LinkRecord SequenceRunner::see_link(const Object& link) {
  // The same two fields for links at devices.
  constexpr unsigned length = offsetof(struct bpf_link_info, cgroup.attach_type) + sizeof(std::uint32_t);
  static_assert(offsetof(struct bpf_link_info, tcx.ifindex) == offsetof(struct bpf_link_info, netkit.ifindex) &&
                offsetof(struct bpf_link_info, tcx.attach_type) == offsetof(struct bpf_link_info, netkit.attach_type));
  wire::LinkRecord seen{.link = link.slot};
  const int fd = open_link(link);
  if (fd < 0) return seen;
  seen.alive = true;
  seen.error = static_cast<std::uint16_t>(link_info_.ask(calls_, fd, length));
  if (seen.error == 0) {
    const struct bpf_link_info& info = link_info_.info();
    seen.program = program_slot(info.prog_id);
    const bool of_cgroup = info.type == BPF_LINK_TYPE_CGROUP;
    const std::uint64_t shown = of_cgroup ? info.cgroup.cgroup_id : info.tcx.ifindex;
    const std::uint32_t type = of_cgroup ? info.cgroup.attach_type : info.tcx.attach_type;
    for (const AttachList* const list : lists())
      if (shown != 0 && list->of().is_cgroup() == of_cgroup && list->shown_by_link() == shown &&
          list->attach_type() == type)
        seen.list = list->index;
  }
  calls_.close(fd);
  return seen;
}

}  // namespace mprogcheck::guest
