// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/guest/hooks/guest_hook.hpp"

#include "kernel_oracle/guest/bpf_world.h"

namespace mprogcheck::guest {

bool can_be_asked(model::Family family, std::uint32_t ifindex) {
  for (const model::HookRow& row : model::hook_rows) {
    if (row.family != family) continue;
    union bpf_attr attr;
    mpc_clear(&attr, MPC_QUERY_SIZE);
    attr.query.target_ifindex = ifindex;
    attr.query.attach_type = row.attach_type;
    if (mpc_bpf(BPF_PROG_QUERY, &attr, MPC_QUERY_SIZE) < 0) return false;
  }
  return true;
}

}  // namespace mprogcheck::guest
