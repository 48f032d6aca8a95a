// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cerrno>
#include <cstring>

#include "kernel_oracle/guest/guarded.hpp"
#include "kernel_oracle/guest/syscalls.hpp"

namespace mprogcheck::guest {

/// BPF_OBJ_GET_INFO_BY_FD, with every byte watched that the kernel has no business with (kernel/bpf/syscall.c:
/// bpf_link_get_info_by_fd, bpf_prog_get_info_by_fd).
template <typename Info>
class InfoCall {
 public:
  /// Asks for the first `length` bytes. A positive errno, or 0; EPROTO if the kernel wrote elsewhere, or says that it
  /// wrote another length.
  int ask(Syscalls& calls, int fd, unsigned length) {
    info_.lay_out(length);
    std::memset(static_cast<void*>(&info_.value()), 0, length);
    attr_.lay_out(MPC_INFO_SIZE);
    union bpf_attr& attr = attr_.value();
    mpc_clear(&attr, MPC_INFO_SIZE);
    attr.info.bpf_fd = static_cast<std::uint32_t>(fd);
    attr.info.info_len = length;
    attr.info.info = reinterpret_cast<std::uintptr_t>(&info_.value());
    const int result = calls.bpf(BPF_OBJ_GET_INFO_BY_FD, &attr, MPC_INFO_SIZE);
    if (!intact(fd, length)) return EPROTO;
    return errno_of(result);
  }
  [[nodiscard]] const Info& info() const { return info_.value(); }

 private:
  [[nodiscard]] bool intact(int fd, unsigned length) const {
    const auto& asked = attr_.value().info;
    return info_.intact(length) && attr_.intact(MPC_INFO_SIZE) && asked.bpf_fd == static_cast<std::uint32_t>(fd) &&
           asked.info_len == length && asked.info == reinterpret_cast<std::uintptr_t>(&info_.value());
  }

  Guarded<Info> info_;
  Guarded<union bpf_attr> attr_;
};

}  // namespace mprogcheck::guest
