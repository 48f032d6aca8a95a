// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/guest/syscalls.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace mprogcheck::guest {

void Syscalls::record_bpf(int command, const union bpf_attr& attr, unsigned size, unsigned patch,
                          const std::uint32_t* id) {
  RecordedCall call;
  call.kind = command == BPF_PROG_QUERY ? RecordedCall::Kind::query : RecordedCall::Kind::bpf;
  call.size = static_cast<std::uint16_t>(size);
  call.patch = static_cast<std::uint16_t>(patch);
  call.command = command;
  call.from = id;
  call.a = static_cast<std::int32_t>(attr.query.prog_cnt);
  // Whole, whatever size is passed: the kernel writes behind a query's short attr, and so does replay().
  // A program's instructions are behind it: the runner writes the next program where these were.
  const std::size_t room = std::max<std::size_t>(size, sizeof attr);
  const std::size_t insns = command == BPF_PROG_LOAD ? attr.insn_cnt * sizeof(struct bpf_insn) : 0;
  call.attr = static_cast<union bpf_attr*>(std::calloc(1, room + insns));
  if (call.attr == nullptr) std::abort();
  std::memcpy(static_cast<void*>(call.attr), &attr, size);
  if (insns != 0) {
    char* const copy = reinterpret_cast<char*>(call.attr) + room;
    std::memcpy(copy, reinterpret_cast<const void*>(static_cast<std::uintptr_t>(attr.insns)), insns);
    call.attr->insns = reinterpret_cast<std::uintptr_t>(copy);
  }
  trace_->push_back(call);
}

std::uint64_t replay(std::span<const RecordedCall> calls) {
  std::uint64_t failures = 0;
  long result = 0;
  for (const RecordedCall& call : calls) {
    switch (call.kind) {
      case RecordedCall::Kind::query:
        call.attr->query.prog_cnt = static_cast<std::uint32_t>(call.a);  // the kernel wrote the count there last time
        result = syscall(SYS_bpf, BPF_PROG_QUERY, call.attr, call.size);
        failures += result < 0;
        break;
      case RecordedCall::Kind::bpf:
        if (call.from != nullptr) std::memcpy(reinterpret_cast<char*>(call.attr) + call.patch, call.from, 4);
        result = syscall(SYS_bpf, call.command, call.attr, call.size);
        failures += result < 0;
        break;
      case RecordedCall::Kind::dup2:
        failures += ::dup2(call.a, call.b) < 0;
        break;
      case RecordedCall::Kind::close:
        failures += ::close(call.a) < 0;
        break;
      case RecordedCall::Kind::adopt:
        ::dup2(static_cast<int>(result), call.a);
        ::close(static_cast<int>(result));
        break;
      case RecordedCall::Kind::become:
        mpc_become(static_cast<std::uint32_t>(call.a));
        break;
      case RecordedCall::Kind::send:
        failures += mpc_send(call.a, static_cast<std::uint32_t>(call.b), static_cast<std::uint8_t>(call.size),
                             *static_cast<const volatile std::uint32_t*>(call.from)) < 0;
        break;
      case RecordedCall::Kind::learn:
        *call.to = *call.from + static_cast<std::uint32_t>(call.a);
        break;
    }
  }
  return failures;
}

void free_trace(Syscalls::Trace& trace) {
  for (const RecordedCall& call : trace) std::free(call.attr);
  trace.clear();
}

}  // namespace mprogcheck::guest
