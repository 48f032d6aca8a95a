// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/explore/bound.hpp"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <set>
#include <unordered_set>

#include "model/language/print.hpp"
#include "properties/coverage.hpp"
#include "properties/explore/state_graph.hpp"
#include "properties/explore/world_machine.hpp"

namespace mprogcheck::properties {
namespace {

using Graph = StateGraph<WorldMachine>;
constexpr std::uint32_t many = 1'000'000;
constexpr Bound small{.programs = 2};

TEST(bound, every_operation_is_valid_and_said_once) {
  for (const Bound& bound : {small, Bound{.programs = 2, .links = 2, .lifetimes = true}}) {
    std::set<model::Operation> different;
    for (const auto& operation : alphabet_of(bound)) {
      EXPECT_EQ(model::validate(operation), std::nullopt) << model::print(operation);
      EXPECT_TRUE(different.insert(operation).second) << model::print(operation);
    }
  }
}

TEST(bound, the_whole_sequence_of_a_way_is_valid) {
  model::Sequence sequence{declarations_of(small), prelude_of(small)};
  EXPECT_FALSE(model::validate(sequence));
  const WorldMachine machine(small, model::Naming::labelled);
  const Graph graph(machine, many, [](auto...) {});
  for (const auto number : graph.way_to(graph.size() - 1)) sequence.operations.push_back(machine.operation(number));
  EXPECT_FALSE(model::validate(sequence));
}

/// By hand: ordered lists of some of the programs, some of them a link's, and links that are not
/// there, or hold one of the programs and are attached no more.
std::uint64_t states_with_one_link(unsigned programs) {
  std::uint64_t arrangements = 1, states = 0;
  for (unsigned attached = 0; attached <= programs; ++attached) {
    states += arrangements * (1 + programs + attached);
    arrangements *= programs - attached;
  }
  return states;
}

TEST(bound, has_the_states_that_can_be_counted_by_hand) {
  for (unsigned programs = 1; programs <= 3; ++programs) {
    const Bound bound{.programs = programs};
    EXPECT_EQ(Graph(WorldMachine(bound, model::Naming::labelled), many, [](auto...) {}).size(),
              states_with_one_link(programs));
  }
  EXPECT_EQ(Graph(WorldMachine({.programs = 3, .links = 0}, model::Naming::labelled), many, [](auto...) {}).size(),
            1U + 3U + 6U + 6U);
}

TEST(bound, says_the_same_of_both_directions) {
  const WorldMachine in({.hook = model::Hook::tcx_ingress, .programs = 2}, model::Naming::labelled);
  const WorldMachine out({.hook = model::Hook::tcx_egress, .programs = 2}, model::Naming::labelled);
  const Graph ingress(in, many, [](auto...) {}), egress(out, many, [](auto...) {});
  EXPECT_EQ(ingress.size(), egress.size());
  EXPECT_EQ(ingress.edges().size(), egress.edges().size());
}

using Counts = std::array<std::uint64_t, model::rule_count>;

/// The predictions for a state: with names removed, how often each rule decides.
Counts rules_in(const WorldMachine& machine, const model::World& world) {
  Counts counts{};
  for (std::uint32_t n = 0; n < machine.operations(); ++n)
    ++counts[static_cast<unsigned>(machine.predict(world, n).rule)];
  return counts;
}

TEST(canonical, worlds_with_one_text_cannot_be_told_apart) {
  const WorldMachine machine(small, model::Naming::labelled);
  const Graph graph(machine, many, [](auto...) {});
  std::size_t compared = 0;
  for (std::size_t e = 0; e < graph.edges().size(); e += 3) {
    const auto& edge = graph.edges()[e];
    const model::World& here = graph.state(edge.from);
    const model::World there = machine.after(here, machine.predict(here, edge.operation));
    const model::World& known = graph.state(edge.to);
    ASSERT_EQ(machine.key(there), machine.key(known));
    for (std::size_t n = e % 61; n < machine.operations(); n += 61, ++compared) {
      const auto one = machine.predict(there, n), other = machine.predict(known, n);
      ASSERT_EQ(one.rule, other.rule) << model::print(machine.operation(n));
      ASSERT_EQ(machine.changes(one), machine.changes(other));
      if (!machine.changes(one)) continue;
      ASSERT_EQ(machine.key(machine.after(there, one)), machine.key(machine.after(known, other)));
    }
  }
  EXPECT_GT(compared, 100'000U);
}

TEST(canonical, without_names_there_are_fewer_worlds_and_they_behave_alike) {
  for (const Bound& bound :
       {Bound{.programs = 3}, Bound{.programs = 2, .links = 2}, Bound{.programs = 2, .fill = 61}}) {
    const WorldMachine labelled(bound, model::Naming::labelled), symmetric(bound, model::Naming::symmetric);
    const Graph all(labelled, many, [](auto...) {}), some(symmetric, many, [](auto...) {});
    std::unordered_set<std::string> orbits;
    for (std::uint32_t n = 0; n < all.size(); ++n) orbits.insert(symmetric.key(all.state(n)));
    EXPECT_EQ(orbits.size(), some.size()) << text_of(bound);
    EXPECT_LT(some.size(), all.size());
    if (bound.fill != 0) continue;
    // Revisions are not closed under renaming: by turns, one is more and another is less. In a list that is not fresh
    // both are stale.
    std::map<std::string, Counts> rules;
    for (std::uint32_t n = 0; n < all.size(); n += 5) {
      if (all.state(n).list(0).revision == 1) continue;
      const auto [known, fresh] = rules.try_emplace(symmetric.key(all.state(n)), rules_in(labelled, all.state(n)));
      EXPECT_EQ(known->second, rules_in(labelled, all.state(n)));
    }
  }
}

}  // namespace
}  // namespace mprogcheck::properties
