// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/explore/tour.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>

#include "properties/explore/world_machine.hpp"

namespace mprogcheck::properties {
namespace {

using Graph = StateGraph<WorldMachine>;

/// Every pair, by how often a tour covers it.
struct Covered {
  std::map<std::pair<std::uint32_t, std::uint32_t>, unsigned> edges;
  std::map<std::uint32_t, unsigned> stops;
  std::size_t steps = 0;

  /// Also: that a tour can be walked.
  void add(const Tour& tour) {
    ASSERT_EQ(tour.way.size(), tour.counts.size());
    std::uint32_t here = 0;
    std::size_t stop = 0;
    for (std::size_t step = 0; step <= tour.way.size(); ++step) {
      for (; stop < tour.stops.size() && tour.stops[stop].steps == step; ++stop) {
        ASSERT_EQ(tour.stops[stop].state, here);
        ++stops[here];
      }
      if (step == tour.way.size()) break;
      const Transition& edge = tour.way[step];
      ASSERT_EQ(edge.from, here);
      if (tour.counts[step]) ++edges[{edge.from, edge.operation}];
      here = edge.to;
      if (here == Transition::outside) {
        ASSERT_EQ(step + 1, tour.way.size());
      }
    }
    ASSERT_EQ(stop, tour.stops.size());
    steps += tour.way.size();
  }
};

void expect_all_once(const Covered& covered, std::uint32_t states, std::span<const Transition> edges) {
  EXPECT_EQ(covered.stops.size(), states);
  EXPECT_EQ(covered.edges.size(), edges.size());
  for (const auto& [state, times] : covered.stops) EXPECT_EQ(times, 1U);
  for (const auto& [pair, times] : covered.edges) EXPECT_EQ(times, 1U);
}

class tours_of_a_bound : public testing::TestWithParam<Bound> {};
INSTANTIATE_TEST_SUITE_P(Bounds, tours_of_a_bound,
                         testing::Values(Bound{.programs = 1}, Bound{.programs = 2}, Bound{.programs = 3, .links = 0},
                                         Bound{.programs = 2, .links = 0, .fill = 62}));

TEST_P(tours_of_a_bound, cover_every_pair_once) {
  const WorldMachine machine(GetParam(), model::Naming::labelled);
  const Graph graph(machine, 100'000, [](auto...) {});
  const auto tours =
      plan_tours(graph.size(), graph.edges(), {.operations = static_cast<std::uint32_t>(machine.operations())});
  Covered covered;
  for (const Tour& tour : tours) covered.add(tour);
  expect_all_once(covered, graph.size(), graph.edges());
  if (GetParam().fill != 0) return;
  EXPECT_LT(covered.steps, graph.edges().size() * 2) << "too much of the way is no use";
  EXPECT_LT(tours.size(), 40U);
}

TEST_P(tours_of_a_bound, are_shared_out_among_shards_without_rest) {
  const WorldMachine machine(GetParam(), model::Naming::labelled);
  const Graph graph(machine, 100'000, [](auto...) {});
  Covered covered;
  for (std::uint32_t shard = 0; shard < 3; ++shard)
    for (const Tour& tour : plan_tours(graph.size(), graph.edges(),
                                       {.operations = static_cast<std::uint32_t>(machine.operations()),
                                       .owns = [shard](std::uint32_t state) { return state % 3 == shard; }}))
      covered.add(tour);
  expect_all_once(covered, graph.size(), graph.edges());
}

/// States that can be reached from the first without the closed edges.
std::vector<bool> reached(std::uint32_t states, std::span<const Transition> edges, const std::vector<bool>& closed) {
  std::vector<bool> is(states);
  is[0] = true;
  for (std::uint32_t round = 0; round < states; ++round)
    for (std::size_t n = 0; n < edges.size(); ++n)
      if (!closed[n] && is[edges[n].from] && edges[n].to != Transition::outside) is[edges[n].to] = true;
  return is;
}

// Around what is closed: all that is asked for and can be reached, once, and nothing else.
RC_GTEST_PROP(tours, go_around_what_is_closed, ()) {
  const auto states = *rc::gen::inRange<std::uint32_t>(1, 10);
  std::vector<Transition> edges;
  for (std::uint32_t state = 0; state < states; ++state)
    for (std::uint32_t operation = 0; operation < 4; ++operation)
      if (*rc::gen::arbitrary<bool>())
        edges.push_back({state, operation,
                         *rc::gen::weightedOneOf<std::uint32_t>({{6, rc::gen::inRange<std::uint32_t>(0, states)},
                                                                 {1, rc::gen::just(Transition::outside)}})});
  const auto some = [](std::size_t count) {
    return *rc::gen::container<std::vector<bool>>(count, rc::gen::arbitrary<bool>());
  };
  const TourRest rest{
      .closed = some(edges.size()), .ends = some(edges.size()), .takes = some(edges.size()), .stops = some(states)};
  Covered covered;
  const auto number_of = [&](const Transition& edge) {
    const auto same = [&](const Transition& other) {
      return other.from == edge.from && other.operation == edge.operation;
    };
    return static_cast<std::size_t>(std::ranges::find_if(edges, same) - edges.begin());
  };
  for (const Tour& tour : plan_tours(states, edges, {.operations = 5, .pairs = 40}, rest)) {
    covered.add(tour);
    for (std::size_t step = 0; step < tour.way.size(); ++step) {
      RC_ASSERT(!rest.closed[number_of(tour.way[step])]);
      RC_ASSERT(!rest.ends[number_of(tour.way[step])] || step + 1 == tour.way.size());
    }
  }
  auto no_way = rest.closed;
  for (std::size_t n = 0; n < edges.size(); ++n) no_way[n] = no_way[n] || rest.ends[n];
  const auto can_be = reached(states, edges, no_way);
  for (std::uint32_t state = 0; state < states; ++state)
    RC_ASSERT(covered.stops[state] == (can_be[state] && rest.stops[state] ? 1U : 0U));
  for (std::size_t n = 0; n < edges.size(); ++n) {
    const bool due = can_be[edges[n].from] && rest.takes[n] && !rest.closed[n];
    const auto times = covered.edges[{edges[n].from, edges[n].operation}];
    RC_ASSERT(times == (due ? 1U : 0U));
  }
}

RC_GTEST_PROP(tours, cover_any_graph_that_can_be_reached, ()) {
  const auto states = *rc::gen::inRange<std::uint32_t>(1, 12);
  std::vector<Transition> edges;
  // Each state is reached from one before it; beyond that, anything.
  for (std::uint32_t state = 0; state < states; ++state)
    for (std::uint32_t operation = 0; operation < 6; ++operation) {
      if (operation == 0 && state + 1 < states) edges.push_back({state, 0, state + 1});
      if (operation > 0 && *rc::gen::arbitrary<bool>())
        edges.push_back({state, operation,
                         *rc::gen::weightedOneOf<std::uint32_t>({{6, rc::gen::inRange<std::uint32_t>(0, states)},
                                                                 {1, rc::gen::just(Transition::outside)}})});
    }
  Covered covered;
  for (const Tour& tour : plan_tours(states, edges, {.operations = 7, .pairs = 40})) covered.add(tour);
  expect_all_once(covered, states, edges);
}

}  // namespace
}  // namespace mprogcheck::properties
