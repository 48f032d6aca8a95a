// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/guest/keepers.hpp"

#include "kernel_oracle/guest/hooks/guest_hook.hpp"
#include "kernel_oracle/guest/programs.hpp"

namespace mprogcheck::guest {

namespace {

bool has_keys(unsigned hook) {
  return guest_family(hook).has_static_keys;
}

}  // namespace

int Keepers::open(std::uint32_t ifindex) {
  if (ifindex == 0) return 0;
  Syscalls calls;
  for (unsigned hook = 0; hook < model::hooks; ++hook) {
    if (!has_keys(hook)) continue;
    const int program = mpc_load_program(0, 0);
    if (program < 0) return program;
    programs_[hook] = out_of_the_way(program);
    if (programs_[hook] < 0) return programs_[hook];
    lists_[hook].place(ifindex, model::hook_rows[hook].attach_type, ifindex);
  }
  ifindex_ = ifindex;
  if (const int error = change(calls, BPF_PROG_ATTACH); error < 0) return error;
  kept_ = true;
  return 0;
}

int Keepers::change(Syscalls& calls, int command) const {
  for (unsigned hook = 0; hook < model::hooks; ++hook) {
    if (!has_keys(hook)) continue;
    union bpf_attr attr;
    mpc_clear(&attr, MPC_ATTACH_SIZE);
    attr.target_ifindex = ifindex_;
    attr.attach_type = model::hook_rows[hook].attach_type;
    attr.attach_bpf_fd = static_cast<std::uint32_t>(programs_[hook]);
    if (const int error = calls.bpf(command, &attr, MPC_ATTACH_SIZE); error < 0) return error;
  }
  return 0;
}

bool Keepers::release(Syscalls& calls) {
  if (!kept_) return true;
  kept_ = false;
  return change(calls, BPF_PROG_DETACH) >= 0;
}

bool Keepers::keep(Syscalls& calls) {
  if (kept_ || ifindex_ == 0) return true;
  kept_ = true;
  return change(calls, BPF_PROG_ATTACH) >= 0;
}

bool Keepers::are_untouched(Syscalls& calls) {
  for (unsigned hook = 0; ifindex_ != 0 && hook < model::hooks; ++hook) {
    if (!has_keys(hook)) continue;
    AttachList& list = lists_[hook];
    list.look(calls);
    if (list.view().error != 0 || list.view().count != (kept_ ? 1U : 0U)) return false;
  }
  return true;
}

}  // namespace mprogcheck::guest
