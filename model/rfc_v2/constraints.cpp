// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/rfc_v2/constraints.hpp"

#include <algorithm>

namespace mprogcheck::model::rfc_v2::constraints {

namespace {

bool is_ordinary(const Entry& entry) {
  return entry.ends == 0;
}

bool is_relative(const Request& request, const Entry& entry) {
  const Relative& relative = request.relative;
  return entry.program == relative.program && (relative.link == no_link || entry.link == relative.link);
}

/// What every list of the design is, always.
bool is_sound(const Order& order, unsigned capacity) {
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (order[i].is_first() && i != 0) return false;
    if (order[i].is_last() && i + 1 != order.size()) return false;
    if (std::ranges::count(order, order[i].program, &Entry::program) != 1) return false;
  }
  return order.size() <= capacity;
}

bool follows_all_ordinary(const Order& order, std::size_t at) {
  return std::none_of(order.begin() + static_cast<std::ptrdiff_t>(at) + 1, order.end(), is_ordinary);
}
bool precedes_all_ordinary(const Order& order, std::size_t at) {
  return std::none_of(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(at), is_ordinary);
}

/// The entry at `at` stands in `order` where BEFORE and AFTER say.
bool stands_right(const Order& order, std::size_t at, const Request& request) {
  const bool relative = request.relative.given();
  if (request.asks(flag::before)) {
    if (!relative && !precedes_all_ordinary(order, at)) return false;
    if (relative && (at + 1 == order.size() || !is_relative(request, order[at + 1]))) return false;
  }
  if (request.asks(flag::after)) {
    if (!relative && !follows_all_ordinary(order, at)) return false;
    if (relative && (at == 0 || !is_relative(request, order[at - 1]))) return false;
  }
  return true;
}

/// What no order can make right: words that do not exist, contradict each other, or refer to nothing; a revision that
/// is another one.
bool meaningless(const Request& request) {
  const bool refers = request.asks(flag::neighbour | flag::replace);
  return request.asks(~flag::known) || request.relative.refused || request.expect == Expect::stale ||
         (request.asks(flag::replace) && request.asks(flag::neighbour | flag::link)) ||
         (!refers && (request.relative.given() || request.asks(flag::id | flag::link)));
}

std::optional<Order> only(const std::vector<Order>& candidates) {
  if (candidates.size() != 1) return std::nullopt;
  return candidates.front();
}

}  // namespace

std::optional<Order> attach(const State& state, const Request& request) {
  if (meaningless(request)) return std::nullopt;
  const Order old(state.entries().begin(), state.entries().end());
  const Entry added{request.program, request.link, request.ends()};
  const bool placed = request.asks(flag::neighbour | flag::ends);

  std::vector<Order> candidates;
  for (std::size_t at = 0; at <= old.size(); ++at) {
    Order order = old;
    if (request.asks(flag::replace)) {
      if (at == old.size() || !is_relative(request, old[at]) || old[at].link != request.link) continue;
      order[at] = added;
    } else {
      order.insert(order.begin() + static_cast<std::ptrdiff_t>(at), added);
      if (!placed && !follows_all_ordinary(order, at)) continue;
      if (!stands_right(order, at, request)) continue;
    }
    if (is_sound(order, state.capacity)) candidates.push_back(order);
  }
  return only(candidates);
}

std::optional<Order> detach(const State& state, const Request& request) {
  if (meaningless(request) || request.asks(flag::replace)) return std::nullopt;
  const Order old(state.entries().begin(), state.entries().end());
  const bool program = request.program != no_program;
  if (!program && !request.asks(flag::ends | flag::neighbour)) return std::nullopt;

  std::vector<Order> candidates;
  for (std::size_t at = 0; at < old.size(); ++at) {
    if (program && old[at].program != request.program) continue;
    if (request.asks(flag::first) && !old[at].is_first()) continue;
    if (request.asks(flag::last) && !old[at].is_last()) continue;
    if (request.asks(flag::neighbour) && !request.relative.given() && !is_ordinary(old[at])) continue;
    if (!stands_right(old, at, request)) continue;
    if (old[at].link != request.link) continue;
    Order order = old;
    order.erase(order.begin() + static_cast<std::ptrdiff_t>(at));
    candidates.push_back(order);
  }
  return only(candidates);
}

}  // namespace mprogcheck::model::rfc_v2::constraints
