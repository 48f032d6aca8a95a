// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/explore/tour.hpp"

#include <algorithm>
#include <deque>
#include <utility>

namespace mprogcheck::properties {

namespace {

/// What a step costs a guest, in tried operations.
constexpr std::uint64_t step_cost = 8;

/// The edges from one state to another, or outside.
struct Bundle {
  std::uint32_t to = 0;
  std::vector<std::uint32_t> left;  ///< edges that were not taken yet
  std::uint32_t any = 0;            ///< one of the edges
};

class Planner {
 public:
  Planner(std::uint32_t states, std::span<const Transition> edges, const TourOptions& options, const TourRest& rest)
      : edges_(edges),
        options_(options),
        bundles_(states),
        left_(states, 0),
        stays_(states, options.operations),
        owned_(states, true),
        seen_(states, 0),
        came_by_(states, 0) {
    if (options.owns)
      for (std::uint32_t state = 0; state < states; ++state) owned_[state] = options.owns(state);
    for (std::uint32_t n = 0; n < edges.size(); ++n) add(n, rest);
    for (std::uint32_t state = 0; state < rest.stops.size(); ++state)
      if (!rest.stops[state]) stays_[state] = 0;
    // What no way leads to is left out.
    for (const std::uint32_t state : reachable()) unfinished_ += is_unfinished(state) ? 1 : 0;
  }

  std::vector<Tour> plan() {
    std::vector<Tour> tours;
    while (unfinished_ != 0) {
      tour_ = {};
      scarce_ = 0;
      walk();
      tours.push_back(std::move(tour_));
    }
    return tours;
  }

 private:
  void add(std::uint32_t number, const TourRest& rest) {
    const Transition& edge = edges_[number];
    --stays_[edge.from];
    if (!rest.closed.empty() && rest.closed[number]) return;
    const std::uint32_t to = !rest.ends.empty() && rest.ends[number] ? Transition::outside : edge.to;
    auto& bundles = bundles_[edge.from];
    auto at = std::ranges::find(bundles, to, &Bundle::to);
    if (at == bundles.end()) at = bundles.insert(at, {.to = to, .left = {}, .any = number});
    if (!owned_[edge.from] || (!rest.takes.empty() && !rest.takes[number])) return;
    at->left.push_back(number);
    ++left_[edge.from];
  }

  [[nodiscard]] std::vector<std::uint32_t> reachable() const {
    std::vector<std::uint32_t> found{0};
    std::vector<bool> is_found(bundles_.size());
    is_found[0] = true;
    for (std::size_t n = 0; n < found.size(); ++n)
      for (const Bundle& bundle : bundles_[found[n]]) {
        if (bundle.to == Transition::outside || is_found[bundle.to]) continue;
        is_found[bundle.to] = true;
        found.push_back(bundle.to);
      }
    return found;
  }

  /// There is always something that stays: a state where every operation does something would never be stopped at.
  [[nodiscard]] bool is_unfinished(std::uint32_t state) const {
    return owned_[state] && (stays_[state] != 0 || left_[state] != 0);
  }

  void walk() {
    std::uint32_t here = 0;
    std::uint64_t pairs = 0;  ///< what comes of it: a tour that was all way would never end the planning
    for (;;) {
      if (owned_[here] && stays_[here] != 0) {
        tour_.stops.push_back({.steps = static_cast<std::uint32_t>(tour_.way.size()), .state = here});
        pairs += std::exchange(stays_[here], 0);
        finish(here);
      }
      if (unfinished_ == 0 || pairs >= options_.pairs ||
          (pairs != 0 && (tour_.way.size() >= options_.most_steps || scarce_ >= options_.most_scarce)))
        return;
      if (Bundle* const next = best(here)) {
        const std::uint32_t edge = next->left.back();
        next->left.pop_back();
        --left_[here];
        step(edge, true);
        finish(here);
        pairs += step_cost;
        if (next->to == Transition::outside) return;
        here = next->to;
      } else {
        if (!go_on(here)) return;
        here = tour_.way.back().to;
      }
    }
  }

  void finish(std::uint32_t state) {
    if (!is_unfinished(state)) --unfinished_;
  }

  void step(std::uint32_t edge, bool counts) {
    tour_.way.push_back(edges_[edge]);
    tour_.counts.push_back(counts);
    if (options_.is_scarce && options_.is_scarce(edges_[edge].operation)) ++scarce_;
  }

  /// Where to with an edge that was not taken: to where most is left. Outside comes last, for there the tour ends.
  Bundle* best(std::uint32_t here) {
    Bundle* best = nullptr;
    std::uint64_t most = 0;
    for (Bundle& bundle : bundles_[here]) {
      if (bundle.left.empty()) continue;
      const std::uint64_t worth = bundle.to == Transition::outside ? 0 : 1 + worth_of(bundle.to);
      if (best == nullptr || worth > most) best = &bundle, most = worth;
    }
    return best;
  }
  [[nodiscard]] std::uint64_t worth_of(std::uint32_t state) const {
    return std::uint64_t{left_[state]} + (owned_[state] && stays_[state] != 0 ? options_.operations : 0);
  }

  /// The shortest way to a state that has something left. False if there is none from here.
  bool go_on(std::uint32_t here) {
    ++search_;
    std::deque<std::uint32_t> queue{here};
    seen_[here] = search_;
    while (!queue.empty()) {
      const std::uint32_t state = queue.front();
      queue.pop_front();
      if (state != here && is_unfinished(state)) {
        std::vector<std::uint32_t> way;
        for (auto at = state; at != here; at = edges_[came_by_[at]].from) way.push_back(came_by_[at]);
        std::ranges::reverse(way);
        for (const std::uint32_t edge : way) step(edge, false);
        return true;
      }
      for (const Bundle& bundle : bundles_[state]) {
        if (bundle.to == Transition::outside || seen_[bundle.to] == search_) continue;
        seen_[bundle.to] = search_;
        came_by_[bundle.to] = bundle.any;
        queue.push_back(bundle.to);
      }
    }
    return false;
  }

  std::span<const Transition> edges_;
  const TourOptions& options_;
  std::vector<std::vector<Bundle>> bundles_;  ///< by state
  std::vector<std::uint32_t> left_;           ///< edges of a state that are to be taken
  std::vector<std::uint32_t> stays_;          ///< operations that are to be tried; 0 once they have been
  std::vector<bool> owned_;
  std::vector<std::uint32_t> seen_, came_by_;
  std::uint32_t search_ = 0, scarce_ = 0;
  std::uint32_t unfinished_ = 0;
  Tour tour_;
};

}  // namespace

std::vector<Tour> plan_tours(std::uint32_t states, std::span<const Transition> edges, const TourOptions& options,
                             const TourRest& rest) {
  return Planner(states, edges, options, rest).plan();
}

}  // namespace mprogcheck::properties
