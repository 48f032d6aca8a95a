// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/guest/query_call.hpp"

#include <algorithm>
#include <cstring>

#include "kernel_oracle/guest/syscalls.hpp"
#include "model/query.hpp"

namespace mprogcheck::guest {

using wire::Breach;

namespace {

constexpr unsigned attach_flags_at = offsetof(union bpf_attr, query.attach_flags);
constexpr unsigned count_at = offsetof(union bpf_attr, query.prog_cnt);
constexpr unsigned revision_at = offsetof(union bpf_attr, query.revision);
static_assert(MPC_QUERY_SIZE == model::Query::whole_size);

}  // namespace

void QueryCall::Array::lay_out() {
  before.fill(guard_word);
  slots.fill(poison);
}

bool QueryCall::Array::intact() const {
  return std::all_of(before.begin(), before.end(), [](std::uint32_t word) { return word == guard_word; });
}

void QueryCall::prepare(const model::Query& query, std::uint32_t target, std::uint32_t attach_type, bool of_cgroup) {
  of_cgroup_ = of_cgroup;
  const model::Query read = model::as_read(query);
  size_ = read.size;
  asked_ = read.count;
  without_ = read.without;
  for (Array& array : arrays_) array.lay_out();

  union bpf_attr whole;
  mpc_clear(&whole, sizeof whole);
  whole.query.target_ifindex = target;  // or target_fd: one field
  whole.query.attach_type = attach_type;
  whole.query.query_flags = query.query_flags;
  whole.query.attach_flags = query.attach_flags;
  whole.query.prog_cnt = query.count;
  const auto pointer = [&](unsigned array) {
    return (query.without >> array & 1U) != 0 ? 0 : reinterpret_cast<std::uintptr_t>(arrays_[array].slots.data());
  };
  whole.query.prog_ids = pointer(prog_ids);
  whole.query.link_ids = pointer(link_ids);
  whole.query.prog_attach_flags = pointer(prog_flags);
  whole.query.link_attach_flags = pointer(link_flags);

  attr_.before.fill(guard_byte);
  attr_.bytes.fill(guard_byte);
  std::memset(attr_.bytes.data(), 0, size_);
  std::memcpy(attr_.bytes.data(), &whole, std::min(size_, MPC_QUERY_SIZE));
  if (query.garbage) attr_.bytes[size_ - 1] = 1;
  laid_out_ = attr_;
}

template <typename Field>
Field QueryCall::field(unsigned offset) const {
  Field value{};
  if (offset + sizeof value <= size_) std::memcpy(&value, attr_.bytes.data() + offset, sizeof value);
  return value;
}

void QueryCall::read(int result, RawAnswer& answer) const {
  const bool answered = result >= 0 || result == -ENOSPC;
  answer.error = errno_of(result);
  answer.count = answered ? field<std::uint32_t>(count_at) : 0;
  answer.flags = answered ? field<std::uint32_t>(attach_flags_at) : 0;
  answer.revision = answered ? field<std::uint64_t>(revision_at) : 0;
  answer.length = std::min({answer.count, given(prog_ids) ? asked_ : 0, RawAnswer::room});
  answer.programs = arrays_[prog_ids].slots;
  answer.links = arrays_[link_ids].slots;
  if (!given(link_ids) || of_cgroup_) std::fill_n(answer.links.begin(), answer.length, 0);
}

/// The fields that an answer is written to may have changed; every other byte is as it was.
std::uint8_t QueryCall::attr_breach(bool answered) const {
  std::uint8_t found = 0;
  const auto changed = [this](std::size_t i) { return attr_.bytes[i] != laid_out_.bytes[i]; };
  const auto is_output = [answered](std::size_t i) {
    const auto in = [i](unsigned at, std::size_t length) { return i >= at && i < at + length; };
    return answered && (in(attach_flags_at, 4) || in(count_at, 4) || in(revision_at, 8));
  };
  for (std::size_t i = 0; i < size_; ++i)
    if (changed(i) && !is_output(i)) found |= Breach::inside_attr;
  for (std::size_t i = size_; i < attr_.bytes.size(); ++i)
    if (changed(i)) found |= Breach::beyond_attr;
  if (attr_.before != laid_out_.before) found |= Breach::beyond_attr;
  return found;
}

std::uint8_t QueryCall::breach(const RawAnswer& answer) const {
  const bool answered = answer.error == 0 || answer.error == ENOSPC;
  std::uint8_t found = attr_breach(answered);
  if (answered && !of_cgroup_ && answer.flags != 0) found |= Breach::flags_not_zero;
  for (unsigned array = 0; array < arrays; ++array)
    if (!arrays_[array].wrote(given(array) && is_written(array) ? answer.length : 0)) found |= Breach::array;
  for (const unsigned array : {prog_flags, link_flags})
    for (std::uint32_t i = 0; given(array) && is_written(array) && i < answer.length; ++i)
      if (arrays_[array].slots[i] != (of_cgroup_ ? answer.flags : 0)) found |= Breach::flags_not_zero;
  return found;
}

}  // namespace mprogcheck::guest
