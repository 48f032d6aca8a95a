// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/guest/kernel_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>

#include "kernel_oracle/guest/programs.hpp"
#include "kernel_oracle/guest/splat_scan.hpp"

namespace mprogcheck::guest {

bool KernelLog::open() {
  const int fd = ::open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return false;
  if (::lseek(fd, 0, SEEK_END) < 0) {
    ::close(fd);
    return false;
  }
  fd_ = out_of_the_way(fd);
  return fd_ >= 0 && taint_.open();
}

long KernelLog::read_record(char* to, std::size_t room) {
  if (pretended_.empty()) [[likely]]
    return ::read(fd_, to, room);
  const int length = std::snprintf(to, room, "4,0,0,-;%.*s\n", static_cast<int>(pretended_.size()), pretended_.data());
  pretended_ = {};
  return length;
}

std::string KernelLog::splat() {
  return scan_for_splat([this](char* to, std::size_t room) { return read_record(to, room); }, line_, lines_left_);
}

}  // namespace mprogcheck::guest
