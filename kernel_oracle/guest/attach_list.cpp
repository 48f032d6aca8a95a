// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/guest/attach_list.hpp"

namespace mprogcheck::guest {

namespace {

std::uint64_t address(const void* pointer) {
  return reinterpret_cast<std::uintptr_t>(pointer);
}

/// Where the kernel writes the attach flags of entries: the arrays of one more view.
RawView flags;

/// Whether a field of the attr that is no answer still has what was asked.
bool is_what_was_asked(const union bpf_attr& now, const union bpf_attr& asked) {
  return now.query.target_ifindex == asked.query.target_ifindex && now.query.attach_type == asked.query.attach_type &&
         now.query.query_flags == asked.query.query_flags && now.query.prog_ids == asked.query.prog_ids &&
         now.query.link_ids == asked.query.link_ids && now.query.prog_attach_flags == asked.query.prog_attach_flags &&
         now.query.link_attach_flags == asked.query.link_attach_flags;
}

/// Lists are short, and memcmp() is of vectors, which an emulated processor is slow at.
bool is_same(const RawView::Slots& a, const RawView::Slots& b, std::uint32_t length) {
  const auto pair = [](const RawView::Slots& slots, std::uint32_t i) {
    std::uint64_t value;
    std::memcpy(&value, slots.data() + i, sizeof value);
    return value;
  };
  std::uint32_t i = 0;
  for (; i + 2 <= length; i += 2)
    if (pair(a, i) != pair(b, i)) return false;
  return i == length || a[i] == b[i];
}

bool is_same(const RawView& a, const RawView& b) {
  return a.count == b.count && a.revision == b.revision && a.flags == b.flags && a.error == b.error &&
         a.length == b.length && is_same(a.programs, b.programs, a.length) && is_same(a.links, b.links, a.length);
}

}  // namespace

void AttachList::place(std::uint32_t target, std::uint32_t attach_type, std::uint64_t shown_by_link) {
  target_ = target;
  attach_type_ = attach_type;
  shown_by_link_ = shown_by_link;
  begin_at(1);
  for (unsigned i = 0; i < queries_.size(); ++i) {
    union bpf_attr& attr = queries_[i].value();
    mpc_clear(&attr, MPC_QUERY_SIZE);
    attr.query.target_ifindex = target;  // or target_fd: one field
    attr.query.attach_type = attach_type;
    attr.query.prog_ids = address(raw_[i].programs.data());
    raw_[i].links.fill(0);
    raw_[i].count = raw_[i].length = 0;  // nothing of it has been translated
    attr.query.link_ids = of_cgroup_ ? 0 : address(raw_[i].links.data());
  }
}

bool AttachList::look(Syscalls& calls, bool thorough) {
  const unsigned other = current_ ^ 1;
  RawView& next = raw_[other];
  union bpf_attr& attr = queries_[other].value();
  union bpf_attr asked;
  if (thorough) {
    next.poison_arrays();
    flags.poison_arrays();
    attr.query.prog_attach_flags = address(flags.programs.data());
    attr.query.link_attach_flags = address(flags.links.data());
    queries_[other].lay_out(MPC_QUERY_SIZE);
    asked = attr;
  }
  attr.query.attach_flags = 0;
  const int result = calls.query_all(&attr, RawView::room);
  next.take(result, RawView::room, attr.query.prog_cnt, attr.query.attach_flags, attr.query.revision);
  next.revision = told(next.revision, next.count);
  if (thorough) {
    const bool unchanged = is_what_was_asked(attr, asked);
    attr.query.prog_attach_flags = 0;
    attr.query.link_attach_flags = 0;
    flags.length = next.length;
    bool good = unchanged && next.keeps_promise(!of_cgroup_) && flags.keeps_promise(!of_cgroup_) &&
                queries_[other].intact(MPC_QUERY_SIZE);
    const std::uint32_t wanted = of_cgroup_ ? next.flags : 0;
    for (std::uint32_t i = 0; i < next.length; ++i)
      good = good && flags.programs[i] == wanted && (of_cgroup_ || flags.links[i] == 0);
    if (of_cgroup_) next.links.fill(0);
    if (!good) next.error = EPROTO;
  }

  if (known_ && is_same(raw_[current_], next)) return false;
  current_ = other;
  known_ = true;
  shown = false;
  return true;
}

bool AttachList::is_as_before() const {
  return is_same(view(), before());
}

}  // namespace mprogcheck::guest
