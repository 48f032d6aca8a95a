// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/guest/run_frames.hpp"

namespace mprogcheck::guest {

void RunFrames::begin_run(std::uint32_t number) {
  if (!open_) frame_ = wire::begin_frame(buffer_, wire::FrameType::runs);
  open_ = true;
  number_ = number;
  first_ = steps_ = 0;
  part_ = wire::put_run_head(buffer_, number_);
}

void RunFrames::send_part() {
  wire::end_part(buffer_, part_, steps_);
  flush();
  frame_ = wire::begin_frame(buffer_, wire::FrameType::runs);
  open_ = true;
  first_ += steps_;
  steps_ = 0;
  part_ = wire::put_run_head(buffer_, number_, first_);
}

void RunFrames::end_run(wire::RunHead head, std::string_view note) {
  head.steps = steps_;
  wire::end_run(buffer_, part_, head, note);
}

void RunFrames::clear() {
  buffer_.clear();
  open_ = false;
}

bool RunFrames::flush() {
  if (open_) {
    wire::end_frame(buffer_, frame_);
    if (channel_ != nullptr && !gone_) gone_ = !channel_->send(buffer_);
  }
  clear();
  return !gone_;
}

}  // namespace mprogcheck::guest
