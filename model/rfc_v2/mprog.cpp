// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/rfc_v2/mprog.hpp"

namespace mprogcheck::model::rfc_v2 {

namespace {

/// The revision is kept in 32 bits and read with its sign: from here on nothing that a caller passes is equal to it.
constexpr std::uint32_t first_incomparable_revision = 1U << 31;

std::optional<Rule> stale(const State& state, Expect expect) {
  if (expect == Expect::none) return std::nullopt;
  if (state.revision >= first_incomparable_revision) return Rule::stale_for_good;
  if (expect == Expect::stale) return Rule::stale;
  return std::nullopt;
}

/// Ordinary entries stand in [front, back).
int ordinary_front(const State& state) {
  return state.first_is_held() ? 1 : 0;
}
int ordinary_back(const State& state) {
  return state.last_is_held() ? state.count - 1 : state.count;
}

const Entry& entry_at(const State& state, int position) {
  return state.slots[static_cast<unsigned>(position)];
}

/// bpf_mprog_replace. What REPLACE is about is the relative: design and words know no other target.
Decision replace(const State& state, const Request& request) {
  if (request.asks(flag::neighbour | flag::link)) return {Rule::replace_mixed};
  if (request.relative.program != request.program && state.find(request.program)) return {Rule::replace_exists};
  const auto at = find(state, request.relative);
  if (!at) return {Rule::replace_absent};
  const Entry& old = entry_at(state, *at);
  if (old.link != request.link) return {Rule::replace_owner};
  if (request.asks(flag::first) && !old.is_first() && *at != 0) return {Rule::replace_not_first};
  if (request.asks(flag::last) && !old.is_last() && *at != state.count - 1) return {Rule::replace_not_last};
  return {old.ends == request.ends() ? Rule::replace_done : Rule::replace_override, *at};
}

/// bpf_mprog_head_tail: FIRST, alone or with LAST.
Decision take_first(const State& state, const Request& request) {
  if (request.asks(flag::after)) return {Rule::first_after};
  if (state.first_is_held()) return {Rule::first_taken};
  if (request.asks(flag::last)) {
    if (request.asks(flag::before)) return {Rule::both_before};
    if (!state.empty()) return {Rule::both_not_alone};
    return {Rule::both_done, 0};
  }
  if (request.asks(flag::before)) {
    const bool nothing_to_precede = state.empty() && !request.relative.given();
    if (!nothing_to_precede && find(state, request.relative) != 0) return {Rule::first_not_before};
  }
  if (state.full()) return {Rule::end_full};
  return {Rule::first_done, 0};
}

/// bpf_mprog_head_tail: LAST.
Decision take_last(const State& state, const Request& request) {
  if (request.asks(flag::before)) return {Rule::last_before};
  if (state.last_is_held()) return {Rule::last_taken};
  if (request.asks(flag::after) && (state.empty() || find(state, request.relative) != state.count - 1))
    return {Rule::last_not_after};
  if (state.full()) return {Rule::end_full};
  return {Rule::last_done, state.count};
}

/// bpf_mprog_add: an entry that holds no place.
Decision add(const State& state, const Request& request) {
  if (state.full()) return {Rule::attach_full};
  if (request.asks_all(flag::neighbour)) return {Rule::attach_both_ways};
  if (state.find(request.program)) return {Rule::attach_exists};
  const int front = ordinary_front(state);
  const int back = ordinary_back(state);
  if (front > back) return {Rule::attach_no_room};
  if (!request.relative.given()) return {Rule::attach_done, request.asks(flag::before) ? front : back};

  const auto at = find(state, request.relative);
  if (!at) return {Rule::attach_absent};
  if (request.asks(flag::before)) {
    if (entry_at(state, *at).is_first()) return {Rule::attach_before_first};
    return {Rule::attach_done, *at};
  }
  if (entry_at(state, *at).is_last()) return {Rule::attach_after_last};
  return {Rule::attach_done, *at + 1};
}

/// What a detach is to remove, as the directives narrow it down: an index, or nothing yet.
using Choice = std::optional<int>;

}  // namespace

std::optional<int> find(const State& state, const Relative& relative) {
  const auto at = state.find(relative.program);
  if (at && relative.link != no_link && entry_at(state, *at).link != relative.link) return std::nullopt;
  return at;
}

Decision attach(const State& state, const Request& request) {
  if (const auto refused = stale(state, request.expect)) return {*refused};
  if (request.relative.refused) return {*request.relative.refused};
  if (request.asks(flag::replace)) return replace(state, request);
  if (request.asks(flag::ends) && state.find(request.program)) return {Rule::end_exists};
  if (request.asks(flag::first)) return take_first(state, request);
  if (request.asks(flag::last)) return take_last(state, request);
  return add(state, request);
}

Decision detach(const State& state, const Request& request) {
  if (const auto refused = stale(state, request.expect)) return {*refused};
  if (request.relative.refused) return {*request.relative.refused};
  if (request.asks(flag::replace)) return {Rule::detach_replace};

  // A program that is given and not in the list is a choice like any other until the end: bpf_mprog_del looks for it
  // last.
  bool chosen = request.program != no_program;
  Choice at = chosen ? state.find(request.program) : std::nullopt;
  const auto take_end = [&](int end) {
    if (chosen && (state.empty() || at != end)) return false;
    chosen = !state.empty();
    at = chosen ? Choice{end} : std::nullopt;
    return true;
  };
  // FIRST and LAST are the places here, held or not.
  if (request.asks(flag::first) && !take_end(0)) return {Rule::detach_not_first};
  if (request.asks(flag::last) && !take_end(state.count - 1)) return {Rule::detach_not_last};

  if (request.asks(flag::neighbour) && !request.relative.given()) {
    if (chosen) return {Rule::detach_end_by_name};
    // Before nothing: the first that does not hold FIRST. After nothing, which wins: the last in front of what holds
    // LAST.
    const bool before = !request.asks(flag::after);
    const int end = before ? ordinary_front(state) : ordinary_back(state) - 1;
    chosen = before ? end < state.count : end >= 0;
    at = end;
  } else if (request.asks(flag::neighbour)) {
    const auto relative = find(state, request.relative);
    if (!relative) return {Rule::detach_relative_absent};
    const int neighbour = request.asks(flag::before) ? *relative - 1 : *relative + 1;  // BEFORE wins
    if (neighbour < 0 || neighbour == state.count) return {Rule::detach_no_neighbour};
    if (chosen && at != neighbour) return {Rule::detach_not_neighbour};
    chosen = true;
    at = neighbour;
  }

  if (!chosen) return {Rule::detach_nothing_named};
  if (!at) return {state.empty() ? Rule::detach_phantom : Rule::detach_absent};
  if (entry_at(state, *at).link != request.link) return {Rule::detach_owner};
  return {Rule::detach_done, *at};
}

}  // namespace mprogcheck::model::rfc_v2
