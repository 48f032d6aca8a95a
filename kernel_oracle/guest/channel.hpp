// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <vector>

#include "kernel_oracle/wire.hpp"

namespace mprogcheck::guest {

/// The line to the host: frames in, bytes out. Blocking; the host always reads.
class Channel {
 public:
  explicit Channel(int fd) : fd_(fd) {}

  /// The next frame; its payload is valid until the next call. False at the end of the line, or if what came is no
  /// frame: then fault() says why.
  bool read(wire::Frame& frame);
  [[nodiscard]] wire::Fault fault() const { return fault_; }

  /// Sends all of it and clears the buffer. False if the host is gone.
  bool send(wire::Buffer& buffer);  // NOLINT(readability-make-member-function-const): it changes the stream

 private:
  int fd_;
  std::vector<std::uint8_t> input_;
  std::size_t begin_ = 0, end_ = 0;
  wire::Fault fault_ = wire::Fault::none;
};

}  // namespace mprogcheck::guest
