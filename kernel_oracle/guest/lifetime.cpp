// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Operations on devices, their qdiscs and pins, as the system calls that they are.
#include <sched.h>

#include <cstdio>
#include <ctime>

#include "kernel_oracle/guest/rtnetlink.h"
#include "kernel_oracle/guest/sequence_runner.hpp"

namespace mprogcheck::guest {

using model::ObjectKind;
using wire::StepRecord;

namespace {

/// A pin's last reference on a link is dropped by a worker of the kernel, which sleeps through RCU grace periods.
constexpr std::uint64_t patience_ns = 2'000'000'000;

int errno_of(int result) {
  return result < 0 ? -result : 0;
}

std::uint64_t now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(time.tv_nsec);
}

struct PinPath {
  char text[32];
  explicit PinPath(unsigned pin) { std::snprintf(text, sizeof text, "%s/mpc_b%u", pin_directory, pin); }
};

}  // namespace

int SequenceRunner::change_device(const StepRecord& step) {
  const std::uint32_t ifindex = ifindex_of(step.target);
  const auto n = static_cast<unsigned>(step.target);
  if (!life_.can_move()) return ENOSYS;  // the host does not send what the agent has no feature for
  int result = 0;
  switch (step.call) {
    case wire::Call::remove:
      result = life_.remove(ifindex);
      break;
    case wire::Call::make:
      // Of a device that the sequence has not declared it knows nothing: it is not there, so it goes.
      if ((spoken_of_ >> n & 1U) == 0) result = life_.remove(devices_.ifindex[n]);
      spoken_of_ = static_cast<std::uint8_t>(spoken_of_ | 1U << n);
      if (result == 0) result = life_.make(n);
      break;
    case wire::Call::move:
      result = life_.move(ifindex, step.kind != 0);
      break;
    default:
      result = life_.set_qdisc(ifindex, static_cast<model::Qdisc>(step.kind));
      break;
  }
  if (result == 0) follow_device(n);
  return errno_of(result);
}

/// Its lists are there if it is. What was seen of them may not be so any more.
void SequenceRunner::follow_device(unsigned n) {
  for (unsigned list = n * model::hooks; list < (n + 1) * model::hooks; ++list) {
    const auto bit = static_cast<std::uint8_t>(1U << list);
    const bool was_there = (declared_lists_ & bit) != 0;
    declared_lists_ = static_cast<std::uint8_t>(life_.exists(n) ? declared_lists_ | bit : declared_lists_ & ~bit);
    if (!was_there) lists_[list].shown = false;
    lists_[list].doubt();
  }
}

int SequenceRunner::pin(const StepRecord& step) {
  const bool named = (step.named & StepRecord::program_named) != 0;
  const int fd = named ? fd_of_slot(step.program) : static_cast<int>(step.program);
  const int result = mpc_pin(PinPath(step.kind).text, fd);
  if (result < 0) return -result;
  pinned_ = static_cast<std::uint16_t>(pinned_ | 1U << step.kind);
  pins_[step.kind] = named ? names_[step.program] : nullptr;
  return 0;
}

int SequenceRunner::get(const StepRecord& step) {
  const int fd = mpc_get(PinPath(step.kind).text);
  if (fd < 0) return -fd;
  bind(step.name, fd, pins_[step.kind]);
  return 0;
}

int SequenceRunner::unpin(const StepRecord& step) {
  const Object* const object = pins_[step.kind];
  const bool waits = object != nullptr && references_ != nullptr && (job_->deep || step.made != 0);
  // Who holds how often, before and after: what the model expects is not asked.
  std::uint32_t program = 0;
  std::uint16_t before = 0, program_before = 0;
  if (waits) {
    if (object->kind == ObjectKind::link) program = program_of(*object);
    references_->look();
    before = references_->of(object->kind, object->id);
    program_before = references_->of(ObjectKind::program, program);
  }
  const int result = mpc_unlink(PinPath(step.kind).text);
  if (result < 0) return -result;
  pinned_ = static_cast<std::uint16_t>(pinned_ & ~(1U << step.kind));
  pins_[step.kind] = nullptr;
  const std::uint64_t deadline = now() + patience_ns;
  while (waits && references_->look()) {
    const std::uint16_t after = references_->of(object->kind, object->id);
    const bool let_go = after == References::unknown || after < before;
    const bool program_let_go = after != References::unknown || program == 0 ||
                                references_->of(ObjectKind::program, program) == References::unknown ||
                                references_->of(ObjectKind::program, program) < program_before;
    if ((let_go && program_let_go) || now() > deadline) break;
    sched_yield();
  }
  return 0;
}

/// Each is opened before it is unlinked, so that the last reference of a link is dropped by a close, which waits.
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
  return true;
}

bool can_pin(int program) {
  const PinPath path(0);
  mpc_unlink(path.text);
  return mpc_pin(path.text, program) == 0 && mpc_unlink(path.text) == 0;
}

}  // namespace mprogcheck::guest
