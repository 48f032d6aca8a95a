// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/guest/channel.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace mprogcheck::guest {

bool Channel::read(wire::Frame& frame) {
  constexpr std::size_t chunk = 64UL << 10;
  for (;;) {
    fault_ = wire::read_frame(std::span(input_.data() + begin_, end_ - begin_), frame);
    if (fault_ == wire::Fault::none) {
      begin_ += frame.size;
      return true;
    }
    if (fault_ != wire::Fault::incomplete) return false;
    if (begin_ != 0) {
      std::copy(input_.begin() + static_cast<std::ptrdiff_t>(begin_),
                input_.begin() + static_cast<std::ptrdiff_t>(end_), input_.begin());
      end_ -= begin_;
      begin_ = 0;
    }
    if (input_.size() - end_ < chunk) input_.resize(std::max(2 * input_.size(), end_ + chunk));
    const ssize_t got = ::read(fd_, input_.data() + end_, input_.size() - end_);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    end_ += static_cast<std::size_t>(got);
  }
}

bool Channel::send(wire::Buffer& buffer) {  // NOLINT(readability-make-member-function-const)
  auto left = buffer.view();
  while (!left.empty()) {
    const ssize_t sent = ::write(fd_, left.data(), left.size());
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    left = left.subspan(static_cast<std::size_t>(sent));
  }
  buffer.clear();
  return true;
}

}  // namespace mprogcheck::guest
