// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "model/hooks/cgroup.hpp"
#include "model/operation.hpp"
#include "model/ordered_list.hpp"
#include "model/rule.hpp"

namespace mprogcheck::model {

class World;
using ListIndex = std::uint8_t;

/// A query as the kernel reads it: fields that the attr has no room for are zero (kernel/bpf/syscall.c: __sys_bpf).
Query as_read(const Query& query);

/// bpf_mprog_query(): the rule that decides a query of a list that is there.
Rule decide_query(const Query& query, const OrderedList& list);
/// What every query asks last: whether the array has room for so many ids.
Rule decide_room(const Query& query, std::uint32_t count);

/// What a query writes, if the rule is one that answers: see answers().
struct Answer {
  std::uint64_t revision = 0;  ///< 0 where the attr has no room for it
  std::uint32_t count = 0;     ///< likewise
  Mode mode = Mode::none;      ///< attach_flags
  std::array<Entry, Effective::most> slots{};
  std::uint32_t length = 0;  ///< entries written; their links are no_link where that array is null, or not written
  bool beyond_attr = false;  ///< bytes behind the end of the attr are written: a quirk (model/follow.hpp)
  [[nodiscard]] std::span<const Entry> entries() const { return {slots.data(), length}; }
};
Answer answer_to(const World& world, const Query& query, ListIndex at);
/// Whether a query that the rule decided writes an answer.
constexpr bool answers(Rule rule) {
  return rule == Rule::query_done || rule == Rule::query_short || rule == Rule::query_narrow ||
         rule == Rule::query_overrun || rule == Rule::cgroup_query_overrun ||
         rule == Rule::cgroup_query_revision_overrun;
}

}  // namespace mprogcheck::model
