// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/explore/state_graph.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <set>

namespace mprogcheck::properties {
namespace {

/// A counter from 0 to `top`: up, down, back to 0, and one that is always refused.
struct Counter {
  using State = int;
  using Verdict = std::optional<int>;
  int top = 3;

  [[nodiscard]] int initial() const { return 0; }
  [[nodiscard]] std::size_t operations() const { return 4; }
  [[nodiscard]] Verdict predict(int state, std::size_t operation) const {
    if (operation == 0 && state < top) return state + 1;
    if (operation == 1 && state > 0) return state - 1;
    if (operation == 2 && state > 1) return 0;
    return std::nullopt;
  }
  [[nodiscard]] bool changes(const Verdict& verdict) const { return verdict.has_value(); }
  [[nodiscard]] int after(int /*state*/, const Verdict& verdict) const { return *verdict; }
  [[nodiscard]] std::string key(int state) const { return std::to_string(state); }
};

TEST(state_graph, visits_every_pair_once) {
  std::set<std::pair<int, std::uint32_t>> pairs;
  const StateGraph<Counter> graph(Counter{}, 100, [&](std::uint32_t, int state, std::uint32_t operation, const auto&) {
    EXPECT_TRUE(pairs.emplace(state, operation).second);
  });
  EXPECT_TRUE(graph.is_complete());
  EXPECT_EQ(graph.size(), 4U);
  EXPECT_EQ(pairs.size(), 16U);
  EXPECT_EQ(graph.edges().size(), 3U + 3U + 2U);
}

TEST(state_graph, ways_are_shortest_and_lead_there) {
  const Counter machine{.top = 6};
  const StateGraph<Counter> graph(machine, 100, [](auto...) {});
  for (std::uint32_t n = 0; n < graph.size(); ++n) {
    int state = 0;
    for (const auto operation : graph.way_to(n)) state = machine.predict(state, operation).value();
    EXPECT_EQ(state, graph.state(n));
    EXPECT_EQ(graph.way_to(n).size(), graph.depth(n));
    EXPECT_EQ(graph.depth(n), static_cast<unsigned>(graph.state(n)));
    for (const Transition& edge : graph.edges_of(n)) EXPECT_EQ(edge.from, n);
  }
}

TEST(state_graph, says_when_there_is_more) {
  EXPECT_FALSE(StateGraph<Counter>(Counter{.top = 10}, 10, [](auto...) {}).is_complete());
  EXPECT_TRUE(StateGraph<Counter>(Counter{.top = 10}, 11, [](auto...) {}).is_complete());
}

TEST(state_graph, stops_when_it_is_told) {
  std::atomic<bool> stop{false};
  unsigned pairs = 0;
  const StateGraph<Counter> graph(
      Counter{.top = 10}, 100, [&](auto...) { stop = ++pairs >= 10; }, &stop);
  EXPECT_EQ(pairs, 12U) << "the state that it was at is done, and no other";
  EXPECT_FALSE(graph.is_complete());
  EXPECT_TRUE(graph.was_stopped());
  EXPECT_EQ(graph.looked_into(), 3U);
  EXPECT_EQ(graph.size(), 4U);
  EXPECT_TRUE(graph.edges_of(3).empty());
}

/// Of whose states only those below a limit are looked into.
struct Limited : Counter {
  [[nodiscard]] bool inside(int state) const { return state < 3; }
};

TEST(state_graph, looks_into_no_state_outside) {
  unsigned pairs = 0;
  const StateGraph<Limited> graph(Limited{{.top = 10}}, 100, [&](auto...) { ++pairs; });
  EXPECT_TRUE(graph.is_complete());
  EXPECT_EQ(graph.size(), 3U);
  EXPECT_EQ(pairs, 12U);
  EXPECT_EQ(std::ranges::count(graph.edges(), Transition::outside, &Transition::to), 1);
}

}  // namespace
}  // namespace mprogcheck::properties
