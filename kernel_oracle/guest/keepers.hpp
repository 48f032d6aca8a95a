// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <array>
#include <cstdint>

#include "kernel_oracle/guest/attach_list.hpp"
#include "kernel_oracle/guest/syscalls.hpp"
#include "model/operation.hpp"

namespace mprogcheck::guest {

/// One program per hook that has static keys, attached to a device of its own: they flip with the first and the last
/// program of the whole system (kernel/bpf/tcx.c: tcx_prog_attach), at more than ten times the cost of an attach.
class Keepers {
 public:
  /// Loads and attaches them. 0, or a negative errno. `ifindex` 0: there is no device for them, and they keep nothing.
  int open(std::uint32_t ifindex);

  /// Detaches them for the time of a sequence; attaches them again. False if the kernel refused.
  bool release(Syscalls& calls);
  bool keep(Syscalls& calls);
  [[nodiscard]] bool are_kept() const { return kept_; }

  /// Whether their lists are as release() or keep() left them: nobody has touched them.
  bool are_untouched(Syscalls& calls);

 private:
  int change(Syscalls& calls, int command) const;

  std::uint32_t ifindex_ = 0;
  std::array<int, model::hooks> programs_{};
  std::array<AttachList, model::hooks> lists_;
  bool kept_ = false;
};

}  // namespace mprogcheck::guest
