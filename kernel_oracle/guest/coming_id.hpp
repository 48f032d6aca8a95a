// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>

#include "kernel_oracle/guest/info_call.hpp"
#include "kernel_oracle/guest/syscalls.hpp"
#include "model/operation.hpp"

namespace mprogcheck::guest {

/// The id that the kernel will give to the next program or link. It counts upwards (kernel/bpf/syscall.c:
/// bpf_prog_alloc_id, bpf_link_alloc_id), so whoever was given one just now knows the next: nobody else makes any.
class ComingId {
 public:
  /// Makes ready for look_ahead(). False if this kernel has no links that can be made and dropped without a trace (of
  /// BPF iterators).
  bool open();
  [[nodiscard]] bool works() const { return works_; }

  /// Makes an object of the kind, asks for its id, and drops it. A positive errno, or 0. Needs open().
  int look_ahead(Syscalls& calls, model::ObjectKind kind);
  /// What look_ahead() of the kind found last.
  [[nodiscard]] const std::uint32_t& of(model::ObjectKind kind) const {
    return coming_[kind == model::ObjectKind::link ? 1 : 0];
  }

 private:
  int iterator_ = -1;  ///< a program, of which iterator links are made
  int scratch_ = -1;   ///< the number of the fd of what is made for its id; another one of the iterator between
  bool works_ = false;
  std::uint32_t coming_[2]{};
  InfoCall<struct bpf_prog_info> program_info_;
  InfoCall<struct bpf_link_info> link_info_;
};

}  // namespace mprogcheck::guest
