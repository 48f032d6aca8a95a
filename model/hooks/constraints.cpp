// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/hooks/constraints.hpp"

#include <algorithm>
#include <vector>

#include "model/operation.hpp"

namespace mprogcheck::model::constraints {

namespace {

using Order = std::vector<Entry>;

bool asks(const mprog::Request& request, std::uint32_t bit) {
  return (request.flags & bit) != 0;
}

bool is_relative(const mprog::Request& request, const Entry& entry) {
  const mprog::Relative& relative = request.relative;
  return entry.program == relative.program && (relative.link == no_link || entry.link == relative.link);
}

/// The entry at `at` stands in `order` where before and after say.
bool stands_right(const Order& order, std::size_t at, const mprog::Request& request) {
  const bool relative = request.relative.given();
  if (asks(request, flag::before)) {
    if (!relative && at != 0) return false;
    if (relative && (at + 1 == order.size() || !is_relative(request, order[at + 1]))) return false;
  }
  if (asks(request, flag::after)) {
    if (!relative && at + 1 != order.size()) return false;
    if (relative && (at == 0 || !is_relative(request, order[at - 1]))) return false;
  }
  return true;
}

/// What no order can make right: words that do not exist, and a relative that nothing refers to.
bool meaningless(const mprog::Request& request) {
  constexpr std::uint32_t words = flag::replace | flag::before | flag::after | flag::id | flag::link;
  const bool neighbour = asks(request, flag::before | flag::after);
  return (request.flags & ~words) != 0 || request.relative.refused ||
         (!neighbour && (request.relative.given() || asks(request, flag::id | flag::link)));
}

bool stale(const OrderedList& list, const mprog::Request& request) {
  return request.expected_revision != 0 && request.expected_revision != list.revision;
}

/// The one order among the candidates, if it is one, as the list's next state.
std::optional<OrderedList> only(const std::vector<Order>& candidates, std::uint64_t revision) {
  if (candidates.size() != 1 || candidates.front().size() > OrderedList::mprog_capacity) return std::nullopt;
  OrderedList result{.revision = revision + 1, .count = static_cast<std::uint8_t>(candidates.front().size())};
  std::ranges::copy(candidates.front(), result.slots.begin());
  return result;
}

}  // namespace

std::optional<OrderedList> attach(const OrderedList& list, const mprog::Request& request) {
  if (meaningless(request) || stale(list, request)) return std::nullopt;
  const Order old(list.entries().begin(), list.entries().end());
  const bool replace = asks(request, flag::replace);
  const bool neighbour = asks(request, flag::before | flag::after);

  std::vector<Order> candidates;
  for (std::size_t at = 0; at < old.size() + (replace ? 0 : 1); ++at) {
    Order order = old;
    if (replace) {
      if (old[at] != Entry{request.old_program, request.entry.link}) continue;
      order[at] = request.entry;
    } else {
      order.insert(order.begin() + static_cast<std::ptrdiff_t>(at), request.entry);
      if (!neighbour && at != old.size()) continue;
    }
    const bool once = std::ranges::count(order, request.entry.program, &Entry::program) == 1;
    if (once && stands_right(order, at, request)) candidates.push_back(order);
  }
  return only(candidates, list.revision);
}

std::optional<OrderedList> detach(const OrderedList& list, const mprog::Request& request) {
  if (meaningless(request) || stale(list, request) || asks(request, flag::replace)) return std::nullopt;
  const Order old(list.entries().begin(), list.entries().end());
  const bool program = request.entry.program != no_program;
  const bool neighbour = asks(request, flag::before | flag::after);

  std::vector<Order> candidates;
  for (std::size_t at = 0; at < old.size(); ++at) {
    if (old[at].link != request.entry.link) continue;
    if (program && old[at].program != request.entry.program) continue;
    if (!program && !neighbour && at + 1 != old.size()) continue;
    if (!stands_right(old, at, request)) continue;
    Order order = old;
    order.erase(order.begin() + static_cast<std::ptrdiff_t>(at));
    candidates.push_back(order);
  }
  return only(candidates, list.revision);
}

}  // namespace mprogcheck::model::constraints
