// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/guest/heartbeat.hpp"

#include "kernel_oracle/guest/clock.hpp"

namespace mprogcheck::guest {

Heartbeat::Heartbeat(Channel& channel, std::uint64_t interval_ns)
    : channel_(channel), interval_ns_(interval_ns), last_(now()) {}

void Heartbeat::look_at_clock() {
  since_clock_ = 0;
  const std::uint64_t time = now();
  if (time - last_ < interval_ns_) return;
  last_ = time;
  frame_.clear();  // what a host that is gone did not take
  const auto frame = wire::begin_frame(frame_, wire::FrameType::log);
  frame_.text("");
  wire::end_frame(frame_, frame);
  channel_.send(frame_);
}

}  // namespace mprogcheck::guest
