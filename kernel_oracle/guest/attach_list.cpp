// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/guest/attach_list.hpp"

namespace mprogcheck::guest {

namespace {

std::uint64_t address(const void* pointer) {
  return reinterpret_cast<std::uintptr_t>(pointer);
}

/// Where the kernel writes the attach flags of entries.
RawView::Slots program_flags, link_flags;

}  // namespace

void AttachList::place(std::uint32_t ifindex, std::uint32_t attach_type) {
  ifindex_ = ifindex;
  attach_type_ = attach_type;
  known_ = false;
  for (unsigned i = 0; i < queries_.size(); ++i) {
    union bpf_attr& attr = queries_[i];
    mpc_clear(&attr, MPC_QUERY_SIZE);
    attr.query.target_ifindex = ifindex;
    attr.query.attach_type = attach_type;
    attr.query.prog_ids = address(raw_[i].programs.data());
    attr.query.link_ids = address(raw_[i].links.data());
  }
}

bool AttachList::look(Syscalls& calls, bool thorough) {
  const unsigned other = current_ ^ 1;
  RawView& next = raw_[other];
  union bpf_attr& attr = queries_[other];
  if (thorough) {
    next.poison_arrays();
    program_flags.fill(poison);
    link_flags.fill(poison);
    attr.query.prog_attach_flags = address(program_flags.data());
    attr.query.link_attach_flags = address(link_flags.data());
  }
  const int result = calls.query_all(&attr, RawView::room);
  next.take(result, RawView::room, attr.query.prog_cnt, attr.query.revision);
  if (thorough) {
    attr.query.prog_attach_flags = 0;
    attr.query.link_attach_flags = 0;
    bool good =
        next.keeps_promise() && wrote_exactly(program_flags, next.length) && wrote_exactly(link_flags, next.length);
    for (std::uint32_t i = 0; i < next.length; ++i) good = good && program_flags[i] == 0 && link_flags[i] == 0;
    if (!good) next.error = EPROTO;
  }

  const RawView& last = raw_[current_];
  const std::size_t bytes = next.length * sizeof(std::uint32_t);
  if (known_ && last.count == next.count && last.revision == next.revision && last.error == next.error &&
      std::memcmp(last.programs.data(), next.programs.data(), bytes) == 0 &&
      std::memcmp(last.links.data(), next.links.data(), bytes) == 0)
    return false;
  current_ = other;
  known_ = true;
  shown = false;
  return true;
}

}  // namespace mprogcheck::guest
