// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Each operation of a sequence, as the system calls that it is.
#include "kernel_oracle/guest/sequence_runner.hpp"

namespace mprogcheck::guest {

using model::Name;
using model::ObjectKind;
using wire::StepRecord;

namespace {

constexpr std::uint32_t bogus_id = never_an_id;

/// The number that the kernel is to take for a file descriptor.
std::uint32_t fd_argument(const StepRecord& step, std::uint8_t bit, std::uint32_t value) {
  return (step.named & bit) != 0 ? static_cast<std::uint32_t>(fd_of_slot(value)) : value;
}

}  // namespace

int SequenceRunner::execute(const StepRecord& step) {
  asked_ = false;
  fate_ = model::Fate::none;
  pending_link_ = nullptr;
  if (const auto kind = coming_id_of(step)) [[unlikely]]
    look_ahead(*kind);
  const std::uint32_t uid = step.caller == 0 ? 0 : job_->uids[step.caller - 1];
  if (uid == 0) return call(step);
  // What the call's arguments are made of, only root may ask.
  if (AttachList* const list = list_of(step); list != nullptr && !list->known()) look_at(*list);
  calls_.become(uid);
  const int error = call(step);
  calls_.become(0);
  return error;
}

int SequenceRunner::call(const StepRecord& step) {
  switch (step.call) {
    case wire::Call::attach:
      return attach(step);
    case wire::Call::detach:
      return detach(step);
    case wire::Call::link:
      return create_link(step);
    case wire::Call::update:
      return update_link(step);
    case wire::Call::link_detach: {
      union bpf_attr attr;
      mpc_clear(&attr, MPC_LINK_DETACH_SIZE);
      attr.link_detach.link_fd = fd_argument(step, StepRecord::relative_named, step.relative);
      return errno_of(calls_.bpf(BPF_LINK_DETACH, &attr, MPC_LINK_DETACH_SIZE));
    }
    case wire::Call::close:
      return close_name(step.name);
    case wire::Call::dup:
      return duplicate(step);
    case wire::Call::open:
      return open_by_id(step);
    case wire::Call::load:
      return load(step);
    case wire::Call::query:
      return query(step);
    case wire::Call::fill:
      return fill(step);
    case wire::Call::run:
      return send(step);
    case wire::Call::remove:
    case wire::Call::make:
    case wire::Call::move:
    case wire::Call::qdisc:
      return change_device(step);
    case wire::Call::pin:
      return pin(step);
    case wire::Call::get:
      return get(step);
    case wire::Call::unpin:
      return unpin(step);
  }
  return EINVAL;
}

std::uint32_t SequenceRunner::ifindex_of(std::uint32_t target) const {
  const model::Target to{target};
  if (to.is_literal()) return to.ifindex();
  const std::uint32_t n = to.number();
  if (n >= devices_.count || (spoken_of_ >> n & 1U) == 0) return no_device;
  const std::uint32_t ifindex = to.is_peer() ? devices_.peer[n] : devices_.ifindex[n];
  return ifindex == 0 ? no_device : ifindex;
}

/// A device that exists, as far as the sequence knows of it, and is not away.
bool SequenceRunner::is_at_home(std::uint32_t target) const {
  if (target >= devices_.count || (spoken_of_ >> target & 1U) == 0) return false;
  return !life_.can_move() || (life_.exists(target) && !life_.is_away(target));
}

AttachList* SequenceRunner::list_of(const StepRecord& step) {
  if (!is_at_home(step.target)) return nullptr;
  const unsigned list = step.target * model::hooks + step.hook;
  return ((has_hook_ & looked_at_) >> list & 1U) != 0 ? &lists_[list] : nullptr;
}

/// Of a step that is to change a list.
AttachList* SequenceRunner::list_to_change(const StepRecord& step) {
  AttachList* const list = list_of(step);
  if (list != nullptr) asked_of_ = static_cast<model::ListSet>(asked_of_ | 1U << (list - lists_.data()));
  return list;
}

std::uint64_t SequenceRunner::revision_of(const StepRecord& step) {
  AttachList* const list = list_to_change(step);
  if (list == nullptr) return step.revision;
  if ((step.named & StepRecord::revision_now) == 0) return list->asked_with(step.revision);
  if (!list->known()) look_at(*list);
  return list->asked_with(list->view().revision + step.revision);
}

const std::uint32_t& SequenceRunner::id_of(std::uint32_t slot, ObjectKind kind) const {
  const Object* const object = names_[slot];
  return object != nullptr && object->kind == kind && object->id != 0 ? object->id : bogus_id;
}

std::optional<ObjectKind> SequenceRunner::coming_id_of(const StepRecord& step) {
  const bool opens = step.call == wire::Call::open;
  if ((opens ? step.program : step.relative) != model::coming_id) return std::nullopt;
  if ((step.named & (opens ? StepRecord::program_named : StepRecord::relative_named)) != 0) return std::nullopt;
  if (opens) return static_cast<ObjectKind>(step.kind);
  if (step.call > wire::Call::link || (step.flags & model::flag::id) == 0) return std::nullopt;
  return (step.flags & model::flag::link) != 0 ? ObjectKind::link : ObjectKind::program;
}

void SequenceRunner::look_ahead(ObjectKind kind) {
  const int error = coming_.look_ahead(calls_, kind);
  if (error != 0) unclean(std::string("the id about to be given cannot be found out: ") + std::strerror(error));
}

/// Fills in the relative, which a flag makes an fd or an id, and makes the call.
int SequenceRunner::relative_call(const StepRecord& step, int command, union bpf_attr& attr, unsigned size,
                                  unsigned field) {
  const std::uint32_t* cell = nullptr;
  std::uint32_t relative = step.relative;
  if ((step.named & StepRecord::relative_named) != 0) {
    if ((step.flags & model::flag::id) != 0) {
      cell = &id_of(step.relative, (step.flags & model::flag::link) != 0 ? ObjectKind::link : ObjectKind::program);
      relative = *cell;
    } else {
      relative = static_cast<std::uint32_t>(fd_of_slot(step.relative));
    }
  } else if (const auto kind = coming_id_of(step)) {
    cell = &coming_.of(*kind);
    relative = *cell;
  }
  std::memcpy(reinterpret_cast<char*>(&attr) + field, &relative, sizeof relative);
  return calls_.bpf(command, &attr, size, field, cell);
}

int SequenceRunner::attach(const StepRecord& step) {
  union bpf_attr attr;
  mpc_clear(&attr, MPC_ATTACH_SIZE);
  attr.target_ifindex = ifindex_of(step.target);
  attr.attach_bpf_fd = fd_argument(step, StepRecord::program_named, step.program);
  attr.attach_type = model::hook_rows[step.hook].attach_type;
  attr.attach_flags = step.flags;
  attr.replace_bpf_fd = fd_argument(step, StepRecord::replace_named, step.replace);
  attr.expected_revision = revision_of(step);
  const int command = step.call == wire::Call::attach ? BPF_PROG_ATTACH : BPF_PROG_DETACH;
  return errno_of(relative_call(step, command, attr, MPC_ATTACH_SIZE, offsetof(union bpf_attr, relative_fd)));
}

/// The same fields of bpf_attr.
int SequenceRunner::detach(const StepRecord& step) {
  return attach(step);
}

int SequenceRunner::create_link(const StepRecord& step) {
  union bpf_attr attr;
  mpc_clear(&attr, MPC_LINK_CREATE_SIZE);
  attr.link_create.prog_fd = fd_argument(step, StepRecord::program_named, step.program);
  attr.link_create.target_ifindex = ifindex_of(step.target);
  attr.link_create.attach_type = model::hook_rows[step.hook].attach_type;
  attr.link_create.flags = step.flags;
  attr.link_create.tcx.expected_revision = revision_of(step);
  const int fd = relative_call(step, BPF_LINK_CREATE, attr, MPC_LINK_CREATE_SIZE,
                               offsetof(union bpf_attr, link_create.tcx.relative_fd));
  if (fd < 0) return -fd;
  pending_link_ = make(ObjectKind::link, step.made);
  bind(step.name, fd, pending_link_);
  if (job_->deep) learn_link(*pending_link_);
  return 0;
}

int SequenceRunner::update_link(const StepRecord& step) {
  union bpf_attr attr;
  mpc_clear(&attr, MPC_LINK_UPDATE_SIZE);
  attr.link_update.link_fd = fd_argument(step, StepRecord::relative_named, step.relative);
  attr.link_update.new_prog_fd = fd_argument(step, StepRecord::program_named, step.program);
  attr.link_update.flags = step.flags;
  attr.link_update.old_prog_fd = fd_argument(step, StepRecord::replace_named, step.replace);
  return errno_of(calls_.bpf(BPF_LINK_UPDATE, &attr, MPC_LINK_UPDATE_SIZE));
}

int SequenceRunner::close_name(std::uint8_t slot) {
  const int result = calls_.close(fd_of_slot(slot));
  if (result == 0) set_closed(slot);
  return errno_of(result);
}

int SequenceRunner::duplicate(const StepRecord& step) {
  const bool named = (step.named & StepRecord::program_named) != 0;
  const int from = static_cast<int>(fd_argument(step, StepRecord::program_named, step.program));
  const int result = calls_.dup2(from, fd_of_slot(step.name));
  if (result < 0) return -result;
  set_open(step.name);
  names_[step.name] = named ? names_[step.program] : nullptr;
  return 0;
}

int SequenceRunner::open_by_id(const StepRecord& step) {
  const auto kind = static_cast<ObjectKind>(step.kind);
  const bool named = (step.named & StepRecord::program_named) != 0;
  const bool coming = coming_id_of(step).has_value();
  const std::uint32_t* const cell = coming ? &coming_.of(kind) : named ? &id_of(step.program, kind) : nullptr;
  union bpf_attr attr;
  mpc_clear(&attr, MPC_BY_ID_SIZE);
  attr.prog_id = cell != nullptr ? *cell : step.program;
  const int fd = calls_.bpf(kind == ObjectKind::program ? BPF_PROG_GET_FD_BY_ID : BPF_LINK_GET_FD_BY_ID, &attr,
                            MPC_BY_ID_SIZE, offsetof(union bpf_attr, prog_id), cell);
  if (fd < 0) return -fd;
  const Object* const object = named ? names_[step.program] : nullptr;
  calls_.adopt(fd, fd_of_slot(step.name));
  set_open(step.name);
  names_[step.name] = object;
  return 0;
}

int SequenceRunner::load(const StepRecord& step) {
  union bpf_attr attr;
  const unsigned type = step.kind / model::returns_count;
  const auto identity = static_cast<std::uint32_t>(mortal_identities + made_count_);
  mpc_load_attr(&attr, type, mortal_body_.data(),
                programs_.body(mortal_body_.data(), type, step.kind % model::returns_count, identity));
  const int fd = calls_.bpf(BPF_PROG_LOAD, &attr, MPC_LOAD_SIZE);
  if (fd < 0) return -fd;
  Object* const object = make(ObjectKind::program, step.made);
  bind(step.name, fd, object);
  learn_program(*object, fd_of_slot(step.name));
  return 0;
}

int SequenceRunner::query(const StepRecord& step) {
  query_.prepare(step, ifindex_of(step.target), model::hook_rows[step.hook].attach_type);
  query_.read(calls_.query(query_.attr(), query_.size()), answer_);
  breach_ = query_.breach(answer_);
  if (answer_.error != 0 && answer_.error != ENOSPC) return breach_ == 0 ? answer_.error : EPROTO;
  AttachList* const list = list_of(step);
  asked_ = true;
  answer_list_ = list == nullptr ? model::no_list : static_cast<std::uint8_t>(list - lists_.data());
  if (list != nullptr && query_.size() >= model::Query::whole_size)
    answer_.revision = list->told(answer_.revision, answer_.count);
  return answer_.error;
}

int SequenceRunner::fill(const StepRecord& step) {
  AttachList* const list = list_to_change(step);
  union bpf_attr attr;
  mpc_clear(&attr, MPC_ATTACH_SIZE);
  attr.target_ifindex = ifindex_of(step.target);
  attr.attach_type = model::hook_rows[step.hook].attach_type;
  std::uint64_t present = 0;
  std::uint32_t count = 0;
  if (list != nullptr) {
    if (!list->known()) look_at(*list);
    if (list->view().error != 0) return list->view().error;
    count = list->view().count;
    for (std::uint32_t i = 0; i < list->view().length; ++i) {
      const unsigned filler = list->entries[2 * i] - model::filler_program_begin;
      if (filler < Name::filler_count) present |= 1ULL << filler;
    }
  }
  // Without the device there is nothing to count: the first attach says so, even if nothing was to be filled.
  for (unsigned n = 0; n < Name::filler_count && (count < step.kind || list == nullptr); ++n) {
    if ((present >> n & 1U) != 0) continue;
    attr.attach_bpf_fd = static_cast<std::uint32_t>(programs_.filler(n).fd);
    const int result = calls_.bpf(BPF_PROG_ATTACH, &attr, MPC_ATTACH_SIZE);
    if (result < 0) return -result;
    ++count;
  }
  return 0;
}

int SequenceRunner::send(const StepRecord& step) {
  if (!traffic_.works()) return EOPNOTSUPP;
  // It goes through the device whether or not that has the hook.
  const unsigned device = is_at_home(step.target) ? step.target : Traffic::no_device_number;
  const Traffic::Sent sent =
      traffic_.send(calls_, static_cast<model::Hook>(step.hook), device, ifindex_of(step.target));
  fate_ = sent.fate;
  return sent.error;
}

/// dup2 to the name's number: what that was before is closed only now.
void SequenceRunner::bind(std::uint8_t slot, int fd, const Object* object) {
  calls_.adopt(fd, fd_of_slot(slot));
  set_open(slot);
  names_[slot] = object;
}

Object* SequenceRunner::make(ObjectKind kind, std::uint8_t slot) {
  Object*& at = current(kind, slot);
  if (at != nullptr) at->slot = 0xff;  // the model gave its slot away: it must be gone, and reset() will see
  at = &made_[made_count_++];
  *at = {.id = 0, .kind = kind, .slot = slot};
  return at;
}

void SequenceRunner::learn_link(Object& link) {
  int fd = 0;
  for (unsigned slot = Name::link_begin; slot < Name::any_begin; ++slot)
    if (names_[slot] == &link && is_open(slot)) fd = fd_of_slot(slot);
  const int error = link_info_.ask(calls_, fd, offsetof(struct bpf_link_info, prog_id));
  if (error == 0)
    calls_.learn(link.id, link_info_.info().id);
  else
    info_error_ = error;
}

void SequenceRunner::learn_program(Object& program, int fd) {
  const int error = program_info_.ask(calls_, fd, offsetof(struct bpf_prog_info, tag));
  if (error == 0)
    calls_.learn(program.id, program_info_.info().id);
  else
    info_error_ = error;
}

}  // namespace mprogcheck::guest
