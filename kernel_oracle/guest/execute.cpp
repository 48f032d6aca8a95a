// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Each operation of a sequence, as the system calls that it is.
#include "kernel_oracle/guest/sequence_runner.hpp"
#include "model/fields.hpp"

namespace mprogcheck::guest {

using model::Argument;
using model::Name;
using model::ObjectKind;
namespace role = model::role;

namespace {

constexpr std::uint32_t bogus_id = never_an_id;

bool is_coming_id(const Argument& id) {
  return id == Argument::literal(model::coming_id);
}

/// Of which kind an operation speaks of the id that comes next.
struct ComingIdOf {
  std::optional<ObjectKind> kind;
  void operator()(role::Any /*role*/, const auto& /*field*/) {}
  void operator()(role::Id role, const Argument& id) {
    if (is_coming_id(id)) [[unlikely]]
      kind = role.kind;
  }
  void operator()(role::Relative role, const Argument& relative) {
    if (role.is_id() && is_coming_id(relative)) [[unlikely]]
      kind = role.kind();
  }
};

}  // namespace

int SequenceRunner::execute(const wire::Step& step) {
  asked_ = false;
  fate_ = model::Fate::none;
  next_ = model::no_link;
  pending_link_ = nullptr;
  foreseen_ = step.foreseen;
  ComingIdOf coming;
  fields(step.operation, coming);
  if (coming.kind) [[unlikely]]
    look_ahead(*coming.kind);
  const auto make_call = [&] { return std::visit([this](const auto& its) { return call(its); }, step.operation); };
  const model::Caller caller = step.operation.caller;
  const std::uint32_t uid = caller.is_root() ? 0 : job_->uids[caller.number - 1];
  if (uid == 0) return make_call();
  // What the call's arguments are made of, only root may ask.
  if (const auto site = model::site_of(step.operation))
    if (AttachList* const list = list_of(*site); list != nullptr && !list->known()) look_at(*list);
  calls_.become(uid);
  const int error = make_call();
  calls_.become(0);
  return error;
}

/// What a call says for it: an interface index, or an fd.
std::uint32_t SequenceRunner::number_of(model::Target target) const {
  if (target.is_cgroup()) return cgroups_.fd(target.number());
  if (target.is_literal()) return target.ifindex();
  const std::uint32_t n = target.number();
  if (n >= devices_.count || (spoken_of_ >> n & 1U) == 0) return no_device;
  const std::uint32_t ifindex = target.is_peer() ? devices_.peer[n] : devices_.ifindex[n];
  return ifindex == 0 ? no_device : ifindex;
}

/// A device that exists, as far as the sequence knows of it, and is not away.
bool SequenceRunner::is_at_home(model::Target target) const {
  const std::uint32_t n = target.value;
  if (n >= devices_.count || (spoken_of_ >> n & 1U) == 0) return false;
  return !life_.can_move() || (life_.exists(n) && !life_.is_away(n));
}

AttachList* SequenceRunner::list_of(const model::Site& site) {
  if (site.target.is_cgroup() ? !cgroups_.exists(site.target.number()) : !is_at_home(site.target)) return nullptr;
  AttachList& list = hook_at(site);
  return list.there && list.index != model::no_list ? &list : nullptr;
}

/// Of a step that is to change a list.
AttachList* SequenceRunner::list_to_change(const model::Site& site) {
  AttachList* const list = list_of(site);
  if (list != nullptr) list->asked_of = true;
  return list;
}

std::uint64_t SequenceRunner::revision_of(const model::Site& site, const model::Revision& revision) {
  AttachList* const list = list_to_change(site);
  if (list == nullptr) return revision.value;
  if (!revision.relative) return list->asked_with(revision.value);
  if (!list->known()) look_at(*list);
  return list->asked_with(revision.resolve(list->view().revision));
}

const std::uint32_t& SequenceRunner::id_of(std::uint32_t slot, ObjectKind kind) const {
  const Object* const object = names_[slot];
  return object != nullptr && object->kind == kind && object->id != 0 ? object->id : bogus_id;
}

void SequenceRunner::look_ahead(ObjectKind kind) {
  const int error = coming_.look_ahead(calls_, kind);
  if (error != 0) unclean(std::string("the id about to be given cannot be found out: ") + std::strerror(error));
}

/// Fills in the relative, which a flag makes an fd or an id, and makes the call.
int SequenceRunner::relative_call(role::Relative role, const Argument& relative, int command, union bpf_attr& attr,
                                  unsigned size, unsigned field) {
  const std::uint32_t* cell = nullptr;
  if (role.is_id() && relative.named)
    cell = &id_of(relative.value, role.kind());
  else if (role.is_id() && is_coming_id(relative))
    cell = &coming_.of(role.kind());
  const std::uint32_t said = cell != nullptr ? *cell : fd_of(relative);
  std::memcpy(reinterpret_cast<char*>(&attr) + field, &said, sizeof said);
  return calls_.bpf(command, &attr, size, field, cell);
}

/// Both have the same fields of bpf_attr.
template <typename Call>
int SequenceRunner::attach_or_detach(const Call& call, int command) {
  union bpf_attr attr;
  mpc_clear(&attr, MPC_ATTACH_SIZE);
  attr.target_ifindex = number_of(call.site.target);
  attr.attach_bpf_fd = fd_of(call.program);
  attr.attach_type = row_of(call.site.hook).attach_type;
  attr.attach_flags = call.flags;
  attr.replace_bpf_fd = fd_of(call.replace);
  attr.expected_revision = revision_of(call.site, call.revision);
  return errno_of(relative_call(role::Relative(call.flags), call.relative, command, attr, MPC_ATTACH_SIZE,
                                offsetof(union bpf_attr, relative_fd)));
}

int SequenceRunner::call(const model::Attach& attach) {
  return attach_or_detach(attach, BPF_PROG_ATTACH);
}

int SequenceRunner::call(const model::Detach& detach) {
  return attach_or_detach(detach, BPF_PROG_DETACH);
}

int SequenceRunner::call(const model::CreateLink& link) {
  union bpf_attr attr;
  mpc_clear(&attr, MPC_LINK_CREATE_SIZE);
  attr.link_create.prog_fd = fd_of(link.program);
  attr.link_create.target_ifindex = number_of(link.site.target);
  attr.link_create.attach_type = row_of(link.site.hook).attach_type;
  attr.link_create.flags = link.flags;
  attr.link_create.tcx.expected_revision = revision_of(link.site, link.revision);
  const int fd = relative_call(role::Relative(link.flags), link.relative, BPF_LINK_CREATE, attr, MPC_LINK_CREATE_SIZE,
                               offsetof(union bpf_attr, link_create.tcx.relative_fd));
  if (fd < 0) return -fd;
  pending_link_ = make(ObjectKind::link, foreseen_.made);
  bind(link.name, fd, pending_link_);
  if (job_->deep) learn_link(*pending_link_);
  return 0;
}

int SequenceRunner::call(const model::UpdateLink& update) {
  union bpf_attr attr;
  mpc_clear(&attr, MPC_LINK_UPDATE_SIZE);
  attr.link_update.link_fd = fd_of(update.link);
  attr.link_update.new_prog_fd = fd_of(update.program);
  attr.link_update.flags = update.flags;
  attr.link_update.old_prog_fd = fd_of(update.old_program);
  return errno_of(calls_.bpf(BPF_LINK_UPDATE, &attr, MPC_LINK_UPDATE_SIZE));
}

int SequenceRunner::call(const model::DetachLink& detach) {
  union bpf_attr attr;
  mpc_clear(&attr, MPC_LINK_DETACH_SIZE);
  attr.link_detach.link_fd = fd_of(detach.link);
  return errno_of(calls_.bpf(BPF_LINK_DETACH, &attr, MPC_LINK_DETACH_SIZE));
}

int SequenceRunner::call(const model::Close& close) {
  return close_slot(close.name.slot);
}

int SequenceRunner::close_slot(unsigned slot) {
  const int result = calls_.close(fd_of_slot(slot));
  if (result == 0) set_closed(slot);
  return errno_of(result);
}

int SequenceRunner::call(const model::Dup& dup) {
  const unsigned slot = dup.name.slot;
  const int result = calls_.dup2(static_cast<int>(fd_of(dup.from)), fd_of_slot(slot));
  if (result < 0) return -result;
  set_open(slot);
  names_[slot] = dup.from.named ? names_[dup.from.value] : nullptr;
  return 0;
}

int SequenceRunner::call(const model::Open& open) {
  const bool coming = is_coming_id(open.id);
  const std::uint32_t* const cell = coming          ? &coming_.of(open.kind)
                                    : open.id.named ? &id_of(open.id.value, open.kind)
                                                    : nullptr;
  union bpf_attr attr;
  mpc_clear(&attr, MPC_BY_ID_SIZE);
  attr.prog_id = cell != nullptr ? *cell : open.id.value;
  const int fd = calls_.bpf(open.kind == ObjectKind::program ? BPF_PROG_GET_FD_BY_ID : BPF_LINK_GET_FD_BY_ID, &attr,
                            MPC_BY_ID_SIZE, offsetof(union bpf_attr, prog_id), cell);
  if (fd < 0) return -fd;
  bind(open.name, fd, open.id.named ? names_[open.id.value] : nullptr);
  return 0;
}

/// From one id to the next, past what others made.
int SequenceRunner::call(const model::NextId& next) {
  const bool coming = is_coming_id(next.id);
  const std::uint32_t* cell = coming          ? &coming_.of(next.kind)
                              : next.id.named ? &id_of(next.id.value, next.kind)
                                              : nullptr;
  union bpf_attr attr;
  mpc_clear(&attr, MPC_BY_ID_SIZE);
  attr.start_id = cell != nullptr ? *cell : next.id.value;
  for (;;) {
    const int result = calls_.bpf(next.kind == ObjectKind::program ? BPF_PROG_GET_NEXT_ID : BPF_LINK_GET_NEXT_ID, &attr,
                                  MPC_BY_ID_SIZE, offsetof(union bpf_attr, start_id), cell);
    if (result < 0) return -result;
    const auto found = std::ranges::find_if(
        made(), [&](const Object& object) { return object.id == attr.next_id && object.kind == next.kind; });
    if (found != made().end()) {
      const bool is_there = found->slot != 0xff && current(next.kind, found->slot) == &*found;
      next_ = is_there ? found->slot : wire::foreign_link;
      return 0;
    }
    attr.start_id = attr.next_id;
    attr.next_id = 0;
    cell = nullptr;
  }
}

int SequenceRunner::call(const model::Load& load) {
  union bpf_attr attr;
  const auto type = static_cast<unsigned>(load.type);
  const auto identity = static_cast<std::uint32_t>(mortal_identities + made_count_);
  mpc_load_attr(&attr, type, mortal_body_.data(),
                programs_.body(mortal_body_.data(), type, static_cast<unsigned>(load.returns), identity));
  const int fd = calls_.bpf(BPF_PROG_LOAD, &attr, MPC_LOAD_SIZE);
  if (fd < 0) return -fd;
  Object* const object = make(ObjectKind::program, foreseen_.made);
  bind(load.name, fd, object);
  learn_program(*object, fd_of_slot(load.name.slot));
  return 0;
}

int SequenceRunner::call(const model::Query& query) {
  query_.prepare(query, number_of(query.site.target), row_of(query.site.hook).attach_type,
                 query.site.target.is_cgroup());
  query_.read(calls_.query(query_.attr(), query_.size()), answer_);
  breach_ = query_.breach(answer_);
  if (answer_.error != 0 && answer_.error != ENOSPC) return breach_ == 0 ? answer_.error : EPROTO;
  AttachList* const list = list_of(query.site);
  asked_ = true;
  answer_list_ = list == nullptr ? model::no_list : list->index;
  // Of what is effective at a cgroup no revision is told.
  const bool effective = query.site.target.is_cgroup() && (query.query_flags & model::Query::effective) != 0;
  if (list != nullptr && !effective && query_.size() >= model::Query::whole_size)
    answer_.revision = list->told(answer_.revision, answer_.count);
  return answer_.error;
}

int SequenceRunner::call(const model::Fill& fill) {
  AttachList* const list = list_to_change(fill.site);
  union bpf_attr attr;
  mpc_clear(&attr, MPC_ATTACH_SIZE);
  attr.target_ifindex = number_of(fill.site.target);
  attr.attach_type = row_of(fill.site.hook).attach_type;
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
  for (unsigned n = 0; n < Name::filler_count && (count < fill.count || list == nullptr); ++n) {
    if ((present >> n & 1U) != 0) continue;
    attr.attach_bpf_fd = static_cast<std::uint32_t>(programs_.filler(n).fd);
    const int result = calls_.bpf(BPF_PROG_ATTACH, &attr, MPC_ATTACH_SIZE);
    if (result < 0) return -result;
    ++count;
  }
  return 0;
}

int SequenceRunner::call(const model::SendPacket& packet) {
  if (!traffic_.works()) return EOPNOTSUPP;
  // It goes through the device whether or not that has the hook.
  const model::Target target = packet.site.target;
  const unsigned device = is_at_home(target) ? target.value : Traffic::no_device_number;
  const Traffic::Sent sent = traffic_.send(calls_, packet.site.hook, device, number_of(target));
  fate_ = sent.fate;
  return sent.error;
}

/// dup2 to the name's number: what that was before is closed only now.
void SequenceRunner::bind(Name name, int fd, const Object* object) {
  calls_.adopt(fd, fd_of_slot(name.slot));
  set_open(name.slot);
  names_[name.slot] = object;
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
