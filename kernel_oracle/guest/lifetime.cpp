// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Operations on devices, their qdiscs and pins, as the system calls that they are.
#include <cstdio>

#include "kernel_oracle/guest/hooks/guest_hook.hpp"
#include "kernel_oracle/guest/rtnetlink.h"
#include "kernel_oracle/guest/sequence_runner.hpp"

namespace mprogcheck::guest {

using model::ObjectKind;

namespace {

struct PinPath {
  char text[32];
  explicit PinPath(unsigned pin) { std::snprintf(text, sizeof text, "%s/mpc_b%u", pin_directory, pin); }
};

}  // namespace

/// `change` is given the interface index, and gives a negative errno or 0.
template <typename Change>
int SequenceRunner::change_device(model::Device device, Change change) {
  if (!life_.can_move()) return ENOSYS;  // the host does not send what the agent has no feature for
  const int result = change(number_of(model::Target::device(device.number)));
  if (result == 0) follow_device(device.number);
  return errno_of(result);
}

int SequenceRunner::call(const model::RemoveDevice& remove) {
  return change_device(remove.device, [this](std::uint32_t ifindex) { return life_.remove(ifindex); });
}

int SequenceRunner::call(const model::MakeDevice& made) {
  const unsigned n = made.device.number;
  return change_device(made.device, [this, n](std::uint32_t /*ifindex*/) {
    // Of a device that the sequence has not declared it knows nothing: it is not there, so it goes.
    const int result = (spoken_of_ >> n & 1U) == 0 ? life_.remove(devices_.ifindex[n]) : 0;
    if (result != 0) return result;  // a caller without capabilities: the sequence still knows nothing of it
    spoken_of_ = static_cast<std::uint8_t>(spoken_of_ | 1U << n);
    return life_.make(n, class_of(n));
  });
}

int SequenceRunner::call(const model::MoveDevice& move) {
  return change_device(move.device, [&](std::uint32_t ifindex) { return life_.move(ifindex, move.home); });
}

int SequenceRunner::call(const model::SetQdisc& set) {
  return change_device(set.device, [&](std::uint32_t ifindex) { return life_.set_qdisc(ifindex, set.qdisc); });
}

/// How it is declared, or the usual.
model::DeviceClass SequenceRunner::class_of(unsigned n) const {
  return (job_->devices >> n & 1U) != 0 ? wire::device_class_of(job_->made_as[n]) : model::DeviceClass();
}

/// The declared devices are made anew if the last sequence left them otherwise: sequences that declare alike cost
/// nothing.
void SequenceRunner::have_devices() {
  for (unsigned n = 0; n < devices_.count; ++n)
    if ((job_->devices >> n & 1U) != 0)
      if (const int error = life_.become(n, class_of(n)); error < 0)
        unclean("d" + std::to_string(n) + " cannot be made as it is declared: " + std::strerror(-error));
  forget_old_devices();
}

/// Of a new device. It keeps the interface indices of the one that it replaces.
void SequenceRunner::place_lists(unsigned n) {
  const Ends ends{.device = devices_.ifindex[n], .peer = devices_.peer[n]};
  for (AttachList& list : hooks_of(model::Target::device(n))) {
    const GuestFamily& family = guest_family(list.hook());
    list.place(ends.device, row_of(list.hook()).attach_type, family.shown_by_link(list.hook(), ends));
    list.there = family.on(life_.kind_of(n));
    list.asked_of = false;
  }
  generations_[n] = life_.generation(n);
}

void SequenceRunner::forget_old_devices() {
  for (unsigned n = 0; n < devices_.count; ++n)
    if (generations_[n] != life_.generation(n)) place_lists(n);
}

bool SequenceRunner::forget_the_past(std::uint8_t devices) {
  for (unsigned n = 0; n < devices_.count; ++n) {
    bool remembers = false;
    for (const AttachList& list : hooks_of(model::Target::device(n)))
      remembers = remembers || (list.there && guest_family(list.hook()).hides_revision);
    if (remembers && (devices >> n & 1U) != 0 && life_.renew(n) < 0) return false;
  }
  forget_old_devices();
  return true;
}

/// The device or cgroup of a list, as far as the sequence knows of it, is there, and has that hook.
bool SequenceRunner::is_there(const AttachList& list) const {
  const std::uint32_t n = list.of().number();
  if (list.of().is_cgroup()) return list.there && cgroups_.exists(n);
  return list.there && (spoken_of_ >> n & 1U) != 0 && (!life_.can_move() || life_.exists(n));
}

void SequenceRunner::follow_device(unsigned n) {
  forget_old_devices();
  follow(model::Target::device(n));
}

/// Its lists are there if it is. What was seen of them may not be so any more.
void SequenceRunner::follow(model::Target target) {
  for (AttachList* const list : lists()) {
    if (list->of() != target) continue;
    const auto bit = static_cast<model::ListSet>(1U << list->index);
    const bool was_there = (declared_lists_ & bit) != 0;
    declared_lists_ = static_cast<model::ListSet>(declared_lists_ & ~bit);
    if (is_there(*list)) declared_lists_ = static_cast<model::ListSet>(declared_lists_ | bit);
    if (!was_there) list->shown = false;
    list->doubt();
  }
}

void SequenceRunner::have_cgroups() {
  if (const int error = cgroups_.become(job_->cgroups, job_->parents); error < 0)
    unclean(std::string("the cgroups cannot be made as they are declared: ") + std::strerror(-error));
  place_cgroup_lists();
}

/// Of those that are new.
void SequenceRunner::place_cgroup_lists() {
  for (unsigned n = 0; n < model::Cgroup::count; ++n) {
    if (cgroup_generations_[n] == cgroups_.generation(n)) continue;
    cgroup_generations_[n] = cgroups_.generation(n);
    for (AttachList& list : hooks_of(model::Target::cgroup(n))) {
      list.place(cgroups_.fd(n), row_of(list.hook()).attach_type, cgroups_.id(n));
      list.there = target_kind(list.hook()) == model::TargetKind::cgroup;
      list.asked_of = false;
    }
  }
}

int SequenceRunner::call(const model::RemoveCgroup& remove) {
  const unsigned n = remove.cgroup.number;
  const int result = cgroups_.remove(n, foreseen_.dying != 0);
  if (result == 0) follow(model::Target::cgroup(n));
  return errno_of(result);
}

int SequenceRunner::call(const model::MakeCgroup& made) {
  const unsigned n = made.cgroup.number;
  const int result = cgroups_.make(n);
  if (result == 0) {
    place_cgroup_lists();
    follow(model::Target::cgroup(n));
  }
  return errno_of(result);
}

int SequenceRunner::call(const model::Pin& pin) {
  const unsigned n = pin.pin.number;
  const int result = mpc_pin(PinPath(n).text, static_cast<int>(fd_of(pin.from)));
  if (result < 0) return -result;
  pinned_ = static_cast<std::uint16_t>(pinned_ | 1U << n);
  pins_[n] = pin.from.named ? names_[pin.from.value] : nullptr;
  return 0;
}

int SequenceRunner::call(const model::Get& get) {
  const unsigned n = get.pin.number;
  const int fd = mpc_get(PinPath(n).text);
  if (fd < 0) return -fd;
  bind(get.name, fd, pins_[n]);
  return 0;
}

/// Who holds the object, and what the link holds if it is one, before something lets go of it.
SequenceRunner::Holders SequenceRunner::holders_of(const Object& object) {
  Holders holders;
  if (object.kind == ObjectKind::link) holders.program_id = program_of(object);
  if (references_ == nullptr || !references_->look()) return holders;
  holders.references = references_->of(object.kind, object.id);
  holders.program_references = references_->of(ObjectKind::program, holders.program_id);
  return holders;
}

/// One holder less. Where counts cannot be read: it is gone, no hook shows it, and a program that goes with it is gone,
/// too (kernel/bpf/syscall.c: bpf_link_free gives the id back first, and lets the program go last).
bool SequenceRunner::was_let_go(const Object& object, const Holders& before, bool with_program) {
  if (before.references == References::unknown || !references_->look()) {
    const Object program{.id = before.program_id, .kind = ObjectKind::program};
    return is_gone(object) && !is_listed(object) && (!with_program || is_gone(program));
  }
  const std::uint16_t references = references_->of(object.kind, object.id);
  if (references != References::unknown) return references < before.references;
  const std::uint16_t program = references_->of(ObjectKind::program, before.program_id);
  return before.program_id == 0 || program == References::unknown || program < before.program_references;
}

bool SequenceRunner::is_listed(const Object& link) {
  for (AttachList* const list : lists()) {
    if ((declared_lists_ >> list->index & 1U) == 0) continue;
    look_at(*list);
    const RawView& view = list->view();
    for (std::uint32_t i = 0; i < view.length; ++i)
      if (link.kind == ObjectKind::link && view.links[i] == link.id) return true;
  }
  return false;
}

int SequenceRunner::call(const model::Unpin& unpin) {
  const unsigned n = unpin.pin.number;
  const Object* const object = pins_[n];
  const bool last = foreseen_.dying != 0;
  const bool waits = object != nullptr && (last || (job_->deep && references_ != nullptr));
  const Holders before = waits ? holders_of(*object) : Holders{};
  const int result = mpc_unlink(PinPath(n).text);
  if (result < 0) return -result;
  pinned_ = static_cast<std::uint16_t>(pinned_ & ~(1U << n));
  pins_[n] = nullptr;
  release_.settle();
  if (waits) unpin_patience_.await([&] { return was_let_go(*object, before, foreseen_.dying == 2); });
  return 0;
}

/// Each is opened before it is unlinked, so that the last reference of a link is dropped by a close, which waits; but
/// where pins let go late, by a worker.
bool SequenceRunner::remove_pins() {
  if (pinned_ == 0) return false;
  for (unsigned pin = 0; pin < model::PinName::count; ++pin) {
    if ((pinned_ >> pin & 1U) == 0) continue;
    const int fd = mpc_get(PinPath(pin).text);
    if (mpc_unlink(PinPath(pin).text) < 0) unclean("pin b" + std::to_string(pin) + " cannot be removed");
    if (fd >= 0) ::close(fd);
    pins_[pin] = nullptr;
  }
  pinned_ = 0;
  release_.settle();
  return true;
}

}  // namespace mprogcheck::guest
