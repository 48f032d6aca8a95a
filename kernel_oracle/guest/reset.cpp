// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// After a sequence the world is put back in place, and looked at: a reset that is not verified is a hope.
#include <cstring>

#include "kernel_oracle/guest/clock.hpp"
#include "kernel_oracle/guest/hooks/guest_hook.hpp"
#include "kernel_oracle/guest/sequence_runner.hpp"

namespace mprogcheck::guest {

using model::Name;

namespace {

/// How often everything is looked at, and not only what the sequence declared.
constexpr std::uint32_t full_check_every = 64;
/// How long it may take workers of the kernel to take links out of their lists, all of them together, where it is known
/// that one has to. The host takes a longer silence for a hang.
constexpr std::uint64_t worker_patience_ns = 2'000'000'000;

std::string name_of(const AttachList& list) {
  return std::string(model::name_of(list.hook())) + (list.of().is_cgroup() ? "@c" : "@d") +
         std::to_string(list.of().number());
}

}  // namespace

void SequenceRunner::unclean(std::string note) {
  if (ending_ != wire::Ending::complete) return;
  ending_ = wire::Ending::unclean;
  note_ = std::move(note);
}

bool SequenceRunner::close_handles() {
  bool closed = false;
  for (unsigned slot = Name::mortal_begin; slot < Name::filler_begin; ++slot) {
    if ((slot % 64) == 0 && open_[slot / 64] == 0) {
      slot += 63;
      continue;
    }
    if (!is_open(slot)) continue;
    close_slot(slot);
    closed = true;
  }
  for (unsigned n = 0; n < Name::filler_count; ++n) {
    const unsigned slot = Name::filler(n).slot;
    if (is_open(slot)) continue;
    calls_.dup2(programs_.filler(n).fd, fd_of_slot(slot));
    set_open(slot);
  }
  for (unsigned n = 0; n < Name::object_count; ++n) {
    const unsigned slot = Name::object(n).slot;
    if (is_open(slot) || !objects_.has(n)) continue;
    calls_.dup2(objects_.fd(n), fd_of_slot(slot));
    set_open(slot);
  }
  return closed;
}

/// `is_empty_now` detaches what it can, and looks.
template <typename Try>
void SequenceRunner::empty_by(const AttachList& hook, Try is_empty_now) {
  for (unsigned round = 0; round < 3; ++round)
    if (is_empty_now()) return;
  if (patience_with_workers() != 0 && await(patience_with_workers(), is_empty_now)) return;
  const RawView& left = hook.view();
  unclean(name_of(hook) + " cannot be emptied: " + std::to_string(left.count) + " entries, revision " +
          std::to_string(left.revision) + ", query errno " + std::to_string(left.error));
}

void SequenceRunner::empty(AttachList& hook) {
  // By position, and from the front: a kernel may refuse to detach the last of a full list.
  union bpf_attr attr;
  mpc_clear(&attr, MPC_ATTACH_SIZE);
  attr.target_ifindex = hook.target();
  attr.attach_type = hook.attach_type();
  attr.attach_flags = BPF_F_BEFORE;
  // Entries of links have gone with the last handle of their link. One that a worker has still to take out may stand in
  // front of those of programs: they can be detached when it is gone.
  const auto is_empty_now = [&] {
    std::uint32_t detaches = 0;
    for (std::uint32_t i = 0; i < hook.view().length; ++i) detaches += hook.view().links[i] == 0;
    for (; detaches != 0; --detaches)
      if (calls_.bpf(BPF_PROG_DETACH, &attr, MPC_ATTACH_SIZE) < 0) break;
    hook.look(calls_);
    return hook.is_fresh();
  };
  empty_by(hook, is_empty_now);
}

/// Of programs that a call attached: their ids are looked up, for their names may be gone. The revision goes on, and
/// the next sequence counts from there.
void SequenceRunner::empty_cgroup(AttachList& hook) {
  const auto is_empty_now = [&] {
    for (std::uint32_t i = 0; i < hook.view().length; ++i) {
      union bpf_attr attr;
      mpc_clear(&attr, MPC_BY_ID_SIZE);
      attr.prog_id = hook.view().programs[i];
      const int program = calls_.bpf(BPF_PROG_GET_FD_BY_ID, &attr, MPC_BY_ID_SIZE);
      if (program < 0) continue;
      mpc_clear(&attr, MPC_ATTACH_SIZE);
      attr.target_fd = hook.target();
      attr.attach_type = hook.attach_type();
      attr.attach_bpf_fd = static_cast<std::uint32_t>(program);
      calls_.bpf(BPF_PROG_DETACH, &attr, MPC_ATTACH_SIZE);
      calls_.close(program);
    }
    hook.look(calls_);
    if (hook.view().error == 0 && hook.view().count == 0 && hook.view().revision > 1) {
      hook.begin_at(hook.kernel_revision());
      hook.look(calls_);
    }
    return hook.is_fresh();
  };
  empty_by(hook, is_empty_now);
}

/// What no query tells of an empty list comes to light with an entry. The next sequence counts from where that leaves
/// it.
void SequenceRunner::learn_revision(AttachList& hook) {
  union bpf_attr attr;
  mpc_clear(&attr, MPC_ATTACH_SIZE);
  attr.target_ifindex = hook.target();
  attr.attach_type = hook.attach_type();
  attr.attach_bpf_fd = static_cast<std::uint32_t>(programs_.filler(0).fd);
  const int attached = calls_.bpf(BPF_PROG_ATTACH, &attr, MPC_ATTACH_SIZE);
  hook.look(calls_);
  const RawView& shown = hook.view();
  if (attached < 0 || shown.error != 0 || shown.count != 1)
    return unclean(name_of(hook) + " does not tell its revision: attach errno " + std::to_string(errno_of(attached)) +
                   ", query errno " + std::to_string(shown.error) + ", " + std::to_string(shown.count) + " entries");
  const std::uint64_t revision = hook.kernel_revision();
  const int detached = calls_.bpf(BPF_PROG_DETACH, &attr, MPC_ATTACH_SIZE);
  hook.begin_at(revision + 1);
  hook.look(calls_);
  if (detached < 0 || !hook.is_fresh())
    unclean(name_of(hook) + " is not empty after it told its revision: detach errno " +
            std::to_string(errno_of(detached)));
}

/// Only a pin that lets go late leaves a link to a worker; elsewhere what is still there will stay.
std::uint64_t SequenceRunner::patience_with_workers() const {
  const std::uint64_t time = now();
  return workers_until_ > time ? workers_until_ - time : 0;
}

bool SequenceRunner::is_gone(const Object& object) {
  if (object.id == 0) return true;  // its id was never learnt, for info failed: reset() says so
  union bpf_attr attr;
  mpc_clear(&attr, MPC_BY_ID_SIZE);
  attr.prog_id = object.id;
  const int command = object.kind == model::ObjectKind::program ? BPF_PROG_GET_FD_BY_ID : BPF_LINK_GET_FD_BY_ID;
  const int fd = calls_.bpf(command, &attr, MPC_BY_ID_SIZE, offsetof(union bpf_attr, prog_id), &object.id);
  if (fd >= 0) calls_.close(fd);
  return fd == -ENOENT;
}

void SequenceRunner::reset() {
  workers_until_ = release_.is_late() ? now() + worker_patience_ns : 0;
  const bool unpinned = remove_pins();
  const bool closed = close_handles() || unpinned;
  if (const std::string trouble = life_.restore(); !trouble.empty()) unclean(trouble);
  forget_old_devices();
  for (AttachList* const list : lists()) {
    if (!is_there(*list)) continue;
    if (!list->known()) list->look(calls_);  // its device is back
    // A handle that was closed may have changed what was empty when it was last looked at.
    if (closed && list->is_fresh()) list->look(calls_);
    if (!list->is_fresh()) list->of().is_cgroup() ? empty_cgroup(*list) : empty(*list);
    const bool hides = guest_family(list->hook()).hides_revision;
    if (hides && list->asked_of && ending_ == wire::Ending::complete) learn_revision(*list);
  }
  for (const Object& object : made()) {
    if (object.id == 0)
      unclean(std::string(object.kind == model::ObjectKind::link ? "a link" : "a program") +
              " did not tell its id (info: " + std::strerror(info_error_) + "): whether it is gone cannot be known");
    // A last reference may be dropped by a worker in any case (kernel/bpf/syscall.c: bpf_link_put).
    if (!await(patience_with_workers(), [&] { return is_gone(object); }))
      unclean(std::string(object.kind == model::ObjectKind::link ? "a link" : "a program") + " with id " +
              std::to_string(object.id) + " outlives its last holder");
    if (object.slot != 0xff) current(object.kind, object.slot) = nullptr;
  }
  made_count_ = 0;
  info_error_ = 0;
  pending_link_ = nullptr;
  // Otherwise the sequence was one like all others, and showed nothing of the static keys.
  if (job_->unkept && (keepers_.are_kept() || !keepers_.are_untouched(calls_)))
    unclean("the kept programs were attached while they should not have been");
  if (!keepers_.keep(calls_)) unclean("the kept programs cannot be attached again");
  if (++since_full_check_ >= full_check_every) full_check();
}

void SequenceRunner::full_check() {
  since_full_check_ = 0;
  for (AttachList& list : hooks_) {
    const std::uint32_t n = list.of().number();
    if (!list.there || (list.of().is_cgroup() ? !cgroups_.exists(n) : n >= devices_.count)) continue;
    list.look(calls_);
    if (!list.is_fresh()) unclean(name_of(list) + " is not empty, and was not declared");
  }
  if (!keepers_.are_untouched(calls_)) unclean("the kept programs were touched");
}

}  // namespace mprogcheck::guest
