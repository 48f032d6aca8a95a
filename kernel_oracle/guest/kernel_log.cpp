// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/guest/kernel_log.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>

#include "kernel_oracle/guest/programs.hpp"
#include "kernel_oracle/splat.hpp"

namespace mprogcheck::guest {

bool KernelLog::open() {
  const int fd = ::open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return false;
  if (::lseek(fd, 0, SEEK_END) < 0) {
    ::close(fd);
    return false;
  }
  fd_ = out_of_the_way(fd);
  return fd_ >= 0;
}

std::string_view KernelLog::splat() {
  for (;;) {
    const ssize_t length = ::read(fd_, line_.data(), line_.size());
    if (length < 0 && errno == EPIPE) continue;  // overwritten before we came: the next read is past the gap
    if (length <= 0) return {};
    // "priority,sequence,time,flags;message"
    std::string_view record(line_.data(), static_cast<std::size_t>(length));
    if (const auto semicolon = record.find(';'); semicolon != std::string_view::npos)
      record.remove_prefix(semicolon + 1);
    record = record.substr(0, record.find('\n'));
    if (is_splat(record)) return record;
  }
}

}  // namespace mprogcheck::guest
