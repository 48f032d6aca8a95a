// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>

namespace mprogcheck::model {

enum class ProgramType : std::uint8_t {
  sched_cls,
  xdp,
  socket_filter,
  cgroup_skb,
  cgroup_device,
  cgroup_sysctl,
  of_other_kind
};
inline constexpr unsigned program_types = 6;  ///< that a sequence can load: the last one only the guest has

/// What a program returns when it runs (KERNEL: enum tcx_action_base). `unknown` is a code no hook knows.
enum class Returns : std::uint8_t { next, pass, drop, redirect, unknown };
inline constexpr unsigned returns_count = 5;

/// What the verifier lets through (kernel/bpf/verifier.c: check_return_code). At cgroups' hooks `next` lets the task do
/// what it is about to do, and `drop` refuses it.
constexpr bool can_return(ProgramType type, Returns returns) {
  const bool of_cgroup =
      type == ProgramType::cgroup_skb || type == ProgramType::cgroup_device || type == ProgramType::cgroup_sysctl;
  return !of_cgroup || returns == Returns::next || returns == Returns::drop;
}

}  // namespace mprogcheck::model
