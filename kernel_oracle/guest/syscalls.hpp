// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernel_oracle/guest/bpf_world.h"

namespace mprogcheck::guest {

/// Of a result that is a negative errno if the call failed: a positive one, or 0.
inline int errno_of(int result) {
  return result < 0 ? -result : 0;
}

/// A system call as it was made, ready to be made again. What differs from one time to the next (the ids of links and
/// of mortal programs) is patched in from the cell that holds it.
struct RecordedCall {
  enum class Kind : std::uint8_t { bpf, query, dup2, close, adopt, learn, become, send };
  Kind kind = Kind::bpf;
  std::uint16_t size = 0;   ///< of attr; send: the packet's kind
  std::uint16_t patch = 0;  ///< offset in attr of an id
  std::int32_t command = 0;
  const std::uint32_t* from = nullptr;  ///< the id to patch in, or to learn; send: the nonce
  std::uint32_t* to = nullptr;          ///< learn: where it is kept
  union bpf_attr* attr = nullptr;       ///< bpf
  std::int32_t a = 0, b = 0;  ///< dup2, close; adopt: the number; learn: how much further; become: the uid; send: the
                              ///< socket and the interface
};

/// Every system call under test, and every one that observes or resets, goes through here: what a Trace records is the
/// *same* operation stream and the same queries as the checked path makes.
class Syscalls {
 public:
  using Trace = std::vector<RecordedCall>;

  /// bpf(2): the result, or a negative errno. `id` is a cell whose value stands at `patch` in the attr.
  int bpf(int command, union bpf_attr* attr, unsigned size, unsigned patch = 0, const std::uint32_t* id = nullptr) {
    if (trace_ != nullptr) [[unlikely]]
      record_bpf(command, *attr, size, patch, id);
    return counted(mpc_bpf(command, attr, size));
  }
  /// BPF_PROG_QUERY with an attr of that size, which may be longer than the type.
  int query(union bpf_attr* attr, unsigned size) {
    if (trace_ != nullptr) [[unlikely]]
      record_bpf(BPF_PROG_QUERY, *attr, size, offsetof(union bpf_attr, query.prog_cnt), nullptr);
    return counted(mpc_bpf(BPF_PROG_QUERY, attr, size));
  }
  /// BPF_PROG_QUERY with arrays of `count`, which the kernel overwrites.
  int query_all(union bpf_attr* attr, std::uint32_t count) {
    attr->query.prog_cnt = count;
    if (trace_ != nullptr) [[unlikely]]
      record_bpf(BPF_PROG_QUERY, *attr, MPC_QUERY_SIZE, offsetof(union bpf_attr, query.prog_cnt), nullptr);
    return counted(mpc_bpf(BPF_PROG_QUERY, attr, MPC_QUERY_SIZE));
  }
  int dup2(int from, int to) {
    if (trace_ != nullptr) [[unlikely]]
      trace_->push_back({.kind = RecordedCall::Kind::dup2, .a = from, .b = to});
    return counted(::dup2(from, to) < 0 ? -errno : to);
  }
  int close(int fd) {
    if (trace_ != nullptr) [[unlikely]]
      trace_->push_back({.kind = RecordedCall::Kind::close, .a = fd});
    return counted(::close(fd) < 0 ? -errno : 0);
  }
  /// A frame of ours over a packet socket: 0, or a positive errno.
  int send(int socket, std::uint32_t ifindex, std::uint8_t kind, volatile std::uint32_t* nonce) {
    if (trace_ != nullptr) [[unlikely]]
      trace_->push_back({.kind = RecordedCall::Kind::send,
                         .size = kind,
                         .from = const_cast<const std::uint32_t*>(nonce),
                         .a = socket,
                         .b = static_cast<std::int32_t>(ifindex)});
    return -counted(mpc_send(socket, ifindex, kind, *nonce));
  }
  /// The fd that the last call returned becomes `number`: dup2 and close.
  void adopt(int fd, int number) {
    if (trace_ != nullptr) [[unlikely]]
      trace_->push_back({.kind = RecordedCall::Kind::adopt, .a = number});
    ::dup2(fd, number);
    ::close(fd);
  }
  /// The calls that follow are those of this user: of root, or of one whose effective capabilities are none
  /// (setresuid(2) of the effective uid alone, by this thread alone; the file descriptors stay).
  void become(std::uint32_t uid) {
    if (trace_ != nullptr) [[unlikely]]
      trace_->push_back({.kind = RecordedCall::Kind::become, .a = static_cast<std::int32_t>(uid)});
    mpc_become(uid);
  }
  /// The last calls told an id: keep it, or the one that is so many further.
  void learn(std::uint32_t& cell, const std::uint32_t& source, unsigned further = 0) {
    if (trace_ != nullptr) [[unlikely]]
      trace_->push_back(
          {.kind = RecordedCall::Kind::learn, .from = &source, .to = &cell, .a = static_cast<std::int32_t>(further)});
    cell = source + further;
  }

  void record(Trace* trace) { trace_ = trace; }
  [[nodiscard]] std::uint64_t failures() const { return failures_; }

 private:
  int counted(int result) {
    failures_ += static_cast<std::uint32_t>(result) >> 31;
    return result;
  }
  void record_bpf(int command, const union bpf_attr& attr, unsigned size, unsigned patch, const std::uint32_t* id);

  Trace* trace_ = nullptr;
  std::uint64_t failures_ = 0;
};

/// Makes the calls again, in a tight loop. Returns how many failed.
std::uint64_t replay(std::span<const RecordedCall> calls);
/// Frees what the trace holds.
void free_trace(Syscalls::Trace& trace);

}  // namespace mprogcheck::guest
