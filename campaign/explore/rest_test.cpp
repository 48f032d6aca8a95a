// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/explore/rest.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>

namespace mprogcheck {
namespace {

const ExploreSpace& space() {
  static const ExploreSpace one({.programs = 2, .links = 0}, {}, {});
  return one;
}

/// A kernel on which some pairs lead elsewhere, and which dies of one kind. Remembers how often it executed each pair.
class Wayward {
 public:
  Wayward(std::set<Pair> bad, std::optional<Pair> deadly) : bad_(std::move(bad)), deadly_(deadly) {}

  [[nodiscard]] bool kills(const Pair& pair) const {
    return deadly_ && rule_of(pair) == rule_of(*deadly_) && call_of(pair) == call_of(*deadly_);
  }
  [[nodiscard]] bool is_bad(const Pair& pair) const { return bad_.contains(pair); }

  /// As run_tour would; and what killed the guest, as pin_trial would find out.
  TourExtent walk(const properties::Tour& tour, ExploreRest& rest, const LeaveOut& leave_out) {
    TourExtent extent;
    for (std::uint32_t step = 0;; ++step) {
      if (extent.stops < tour.stops.size() && tour.stops[extent.stops].steps == step) {
        if (!stop(tour.stops[extent.stops].state, rest, leave_out)) return extent;
        ++extent.stops;
      }
      if (step == tour.way.size()) return extent;
      const Pair pair{tour.way[step].from, tour.way[step].operation};
      if (kills(pair)) {
        rest.died(pair);
        return extent;
      }
      if (tour.counts[step]) ++executed[pair];
      if (is_bad(pair)) {
        if (tour.counts[step]) rest.strayed(pair);
        return extent;
      }
      ++extent.steps;
    }
  }

  std::map<Pair, unsigned> executed;

 private:
  static model::Rule rule_of(const Pair& pair) {
    return space().machine().predict(space().graph().state(pair.state), pair.operation).rule;
  }
  static std::size_t call_of(const Pair& pair) { return space().machine().operation(pair.operation).index(); }

  bool stop(std::uint32_t state, ExploreRest& rest, const LeaveOut& leave_out) {
    std::vector<Pair> tried;
    for (std::uint32_t operation = 0; operation < space().machine().operations(); ++operation) {
      if (space().graph().edge_of(state, operation) || (leave_out && leave_out(state, operation))) continue;
      if (std::ranges::find(space().queries(), operation) != space().queries().end()) continue;
      if (kills({state, operation})) {
        rest.died({state, operation});
        return false;
      }
      tried.push_back({state, operation});
    }
    for (const Pair& pair : tried) {
      ++executed[pair];
      if (is_bad(pair)) rest.strayed(pair);
    }
    return true;
  }

  std::set<Pair> bad_;
  std::optional<Pair> deadly_;
};

Pair any_pair() {
  return {*rc::gen::inRange<std::uint32_t>(0, space().graph().size()),
          *rc::gen::inRange<std::uint32_t>(0, static_cast<std::uint32_t>(space().machine().operations()))};
}
Pair any_query() {
  const auto& queries = space().queries();
  return {any_pair().state, queries[*rc::gen::inRange<std::size_t>(0, queries.size())]};
}
/// One that changes the state.
Pair any_edge() {
  const auto& edges = space().graph().edges();
  const auto& edge = edges[*rc::gen::inRange<std::size_t>(0, edges.size())];
  return {edge.from, edge.operation};
}

// Every pair once that a way leads to, whatever differs, but those of a kind that kills.
RC_GTEST_PROP(explore_rest, executes_each_pair_once_that_can_be_reached, ()) {
  std::set<Pair> bad;
  for (int n = *rc::gen::inRange(0, 4); n > 0; --n) bad.insert(any_edge());
  for (int n = *rc::gen::inRange(0, 3); n > 0; --n) bad.insert(any_pair());
  if (*rc::gen::inRange(0, 3) == 0) bad.insert(any_query());
  std::optional<Pair> deadly;
  if (*rc::gen::inRange(0, 3) == 0) deadly = *rc::gen::arbitrary<bool>() ? any_edge() : any_pair();
  Wayward kernel(bad, deadly);
  ExploreRest rest(space());
  for (const properties::Tour& tour : space().tours()) rest.did(tour, kernel.walk(tour, rest, {}));
  for (unsigned round = 0;; ++round) {
    const auto tours = rest.plan();
    if (tours.empty()) break;
    RC_ASSERT(round < 100U);
    for (const properties::Tour& tour : tours)
      rest.did(tour,
               kernel.walk(tour, rest, [&](auto state, auto operation) { return rest.leaves_out(state, operation); }));
  }
  std::vector<std::uint32_t> reached{0};
  for (std::size_t n = 0; n < reached.size(); ++n)
    for (const properties::Transition& edge : space().graph().edges_of(reached[n])) {
      const Pair pair{edge.from, edge.operation};
      if (edge.to == properties::Transition::outside || kernel.is_bad(pair) || kernel.kills(pair)) continue;
      if (std::ranges::find(reached, edge.to) == reached.end()) reached.push_back(edge.to);
    }
  for (std::uint32_t state = 0; state < space().graph().size(); ++state) {
    const bool can_be = std::ranges::find(reached, state) != reached.end();
    for (std::uint32_t operation = 0; operation < space().machine().operations(); ++operation) {
      const Pair pair{state, operation};
      const auto at = kernel.executed.find(pair);
      const unsigned times = at == kernel.executed.end() ? 0 : at->second;
      if (times != (can_be && !kernel.kills(pair) ? 1U : 0U))
        RC_FAIL("state " + std::to_string(state) + ", operation " + std::to_string(operation) + ": " +
                std::to_string(times) + " times");
    }
  }
}

}  // namespace
}  // namespace mprogcheck
