// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/guest/coming_id.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include "kernel_oracle/guest/objects.hpp"
#include "kernel_oracle/guest/programs.hpp"

namespace mprogcheck::guest {

bool ComingId::open() {
  const int program = load_iterator();
  if (program < 0) return false;
  iterator_ = out_of_the_way(program);
  scratch_ = out_of_the_way(::dup(iterator_));
  Syscalls calls;
  works_ = scratch_ >= 0 && look_ahead(calls, model::ObjectKind::link) == 0;
  return works_;
}

int ComingId::look_ahead(Syscalls& calls, model::ObjectKind kind) {
  union bpf_attr attr;
  int made = -1;
  if (kind == model::ObjectKind::link) {
    mpc_clear(&attr, MPC_LINK_CREATE_SIZE);
    attr.link_create.prog_fd = static_cast<std::uint32_t>(iterator_);
    attr.link_create.attach_type = BPF_TRACE_ITER;
    made = calls.bpf(BPF_LINK_CREATE, &attr, MPC_LINK_CREATE_SIZE);
  } else {
    struct bpf_insn body[2];
    mpc_program_body(body, 0);
    mpc_load_attr(&attr, static_cast<unsigned>(model::ProgramType::sched_cls), body, 2);
    made = calls.bpf(BPF_PROG_LOAD, &attr, MPC_LOAD_SIZE);
  }
  if (made < 0) return -made;
  calls.adopt(made, scratch_);
  std::uint32_t& coming = coming_[kind == model::ObjectKind::link ? 1 : 0];
  int error = 0;
  if (kind == model::ObjectKind::link) {
    error = link_info_.ask(calls, scratch_, offsetof(struct bpf_link_info, prog_id));
    calls.learn(coming, link_info_.info().id, 1);
  } else {
    error = program_info_.ask(calls, scratch_, offsetof(struct bpf_prog_info, tag));
    calls.learn(coming, program_info_.info().id, 1);
  }
  calls.dup2(iterator_, scratch_);  // nobody else is to be given the number
  return error;
}

}  // namespace mprogcheck::guest
