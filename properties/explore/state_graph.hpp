// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <algorithm>
#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace mprogcheck::properties {

/// What can be explored: states, and a fixed number of operations, each of which has one verdict in every state.
template <typename M>
concept StateMachine = requires(const M& machine, const typename M::State& state, std::size_t operation,
                                const typename M::Verdict& verdict) {
  { machine.initial() } -> std::same_as<typename M::State>;
  { machine.operations() } -> std::same_as<std::size_t>;
  { machine.predict(state, operation) } -> std::same_as<typename M::Verdict>;
  /// False: the state stays as it is.
  { machine.changes(verdict) } -> std::same_as<bool>;
  { machine.after(state, verdict) } -> std::same_as<typename M::State>;
  /// Two states have the same key only if no operation, now or later, can tell them apart; where the machine removes
  /// a symmetry, also states that are the same but for names.
  { machine.key(state) } -> std::same_as<std::string>;
};

/// An operation that changes the state. States have numbers.
struct Transition {
  static constexpr std::uint32_t outside = ~0U;  ///< `to`: a state that is_inside() is false of
  std::uint32_t from = 0;
  std::uint32_t operation = 0;
  std::uint32_t to = 0;
};

/// Whether a machine's state is to be looked into. Of one with `inside(state)` the others are only where ways end.
template <StateMachine M>
bool is_inside(const M& machine, const typename M::State& state) {
  if constexpr (requires { machine.inside(state); })
    return machine.inside(state);
  else
    return true;
}

/// Every state that the operations can reach, and every transition. Breadth first: a state's number is never less than
/// that of one with a shorter way, and its way is a shortest one.
template <StateMachine M>
class StateGraph {
 public:
  /// Calls `visit(number, state, operation, verdict)` for every (state, operation) pair there is. At most `max_states`
  /// are looked into: is_complete() is false if there are more. When `stop` is set, no further state is looked into;
  /// nobody sets it: null.
  template <typename Visit>
  StateGraph(const M& machine, std::uint32_t max_states, Visit visit, const std::atomic<bool>* stop = nullptr) {
    find(machine, machine.initial(), no_edge, 0);
    for (std::uint32_t from = 0; from < states_.size() && complete_; ++from) {
      if (stop != nullptr && stop->load()) {
        stopped_ = true;
        complete_ = false;
        break;
      }
      first_edge_.push_back(static_cast<std::uint32_t>(edges_.size()));
      const typename M::State state = states_[from];
      for (std::uint32_t operation = 0; operation < machine.operations(); ++operation) {
        const typename M::Verdict verdict = machine.predict(state, operation);
        visit(from, state, operation, verdict);
        if (!machine.changes(verdict)) continue;
        const auto edge = static_cast<std::uint32_t>(edges_.size());
        typename M::State next = machine.after(state, verdict);
        const bool inside = is_inside(machine, next);
        edges_.push_back({.from = from,
                          .operation = operation,
                          .to = inside ? find(machine, std::move(next), edge, depth_[from] + 1) : Transition::outside});
        complete_ = states_.size() <= max_states;
        if (!complete_) break;
      }
      if (complete_) ++looked_into_;
    }
    first_edge_.resize(states_.size() + 1, static_cast<std::uint32_t>(edges_.size()));
    numbers_.clear();
  }

  /// All that the operations can reach is here.
  [[nodiscard]] bool is_complete() const { return complete_; }
  /// It is not, for it was told to stop.
  [[nodiscard]] bool was_stopped() const { return stopped_; }
  /// Of so many states every operation was asked for: of all, where it is complete.
  [[nodiscard]] std::uint32_t looked_into() const { return looked_into_; }
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(states_.size()); }
  [[nodiscard]] const typename M::State& state(std::uint32_t number) const { return states_[number]; }
  /// Operations on a shortest way to the state.
  [[nodiscard]] std::uint32_t depth(std::uint32_t number) const { return depth_[number]; }
  [[nodiscard]] const std::vector<Transition>& edges() const { return edges_; }
  /// Those that leave a state, by operation.
  [[nodiscard]] std::span<const Transition> edges_of(std::uint32_t number) const {
    return std::span(edges_).subspan(first_edge_[number], first_edge_[number + 1] - first_edge_[number]);
  }

  /// The number of that edge. None: the operation leaves the state as it is.
  [[nodiscard]] std::optional<std::size_t> edge_of(std::uint32_t number, std::uint32_t operation) const {
    const auto edges = edges_of(number);
    const auto at = std::ranges::lower_bound(edges, operation, {}, &Transition::operation);
    if (at == edges.end() || at->operation != operation) return std::nullopt;
    return first_edge_[number] + static_cast<std::size_t>(at - edges.begin());
  }

  /// A shortest way from the initial state: operations, in order.
  [[nodiscard]] std::vector<std::uint32_t> way_to(std::uint32_t number) const {
    std::vector<std::uint32_t> way;
    for (auto edge = found_by_[number]; edge != no_edge; edge = found_by_[edges_[edge].from])
      way.push_back(edges_[edge].operation);
    std::reverse(way.begin(), way.end());
    return way;
  }

 private:
  static constexpr std::uint32_t no_edge = ~0U;

  std::uint32_t find(const M& machine, typename M::State state, std::uint32_t edge, std::uint32_t depth) {
    const auto [at, is_new] = numbers_.try_emplace(machine.key(state), size());
    if (is_new) {
      states_.push_back(std::move(state));
      found_by_.push_back(edge);
      depth_.push_back(depth);
    }
    return at->second;
  }

  std::vector<typename M::State> states_;
  std::vector<std::uint32_t> found_by_, depth_, first_edge_;
  std::vector<Transition> edges_;
  std::unordered_map<std::string, std::uint32_t> numbers_;
  std::uint32_t looked_into_ = 0;
  bool complete_ = true, stopped_ = false;
};

}  // namespace mprogcheck::properties
