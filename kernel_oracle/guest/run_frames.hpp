// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "kernel_oracle/guest/channel.hpp"
#include "kernel_oracle/wire.hpp"

namespace mprogcheck::guest {

/// Runs on their way to the host: short ones share a frame, a long one is sent in parts as it grows, so that what is
/// held here is bounded whatever a sequence does.
class RunFrames {
 public:
  /// A run is cut where a frame has so many bytes.
  static constexpr std::size_t part_bytes = 512UL << 10;

  /// Without a channel what is written goes nowhere.
  explicit RunFrames(Channel* channel) : channel_(channel) {}

  /// Where a run's steps are written.
  [[nodiscard]] wire::Buffer& buffer() { return buffer_; }
  [[nodiscard]] std::size_t size() const { return buffer_.size(); }

  void begin_run(std::uint32_t number);
  /// The buffer holds one step more.
  void step_done() {
    ++steps_;
    if (buffer_.size() >= part_bytes) [[unlikely]]
      send_part();
  }
  /// `head.number`, `first` and `steps` are known here, and need not be said.
  void end_run(wire::RunHead head, std::string_view note);
  /// Forgets what is not sent.
  void clear();
  /// Sends what there is. False if the host is, or has been, gone.
  bool flush();

 private:
  void send_part();

  Channel* channel_;
  wire::Buffer buffer_;
  bool open_ = false;  ///< a frame is
  std::size_t frame_ = 0, part_ = 0;
  std::uint32_t number_ = 0, first_ = 0, steps_ = 0;
  bool gone_ = false;
};

}  // namespace mprogcheck::guest
