// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/rfc_v2/machine.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "properties/explore/state_graph.hpp"
#include "properties/rfc_v2/invariants.hpp"

namespace mprogcheck::properties {
namespace {

using namespace model::rfc_v2;

static_assert(StateMachine<RfcV2Machine>);

TEST(rfc_v2_machine, has_every_operation_once_and_the_simplest_first) {
  const RfcV2Machine machine({.programs = 2, .links = 1});
  std::vector<Operation> all;
  for (std::size_t n = 0; n < machine.operations(); ++n) all.push_back(machine.operation(n));
  EXPECT_TRUE(std::ranges::is_sorted(all, {}, weight));
  std::ranges::sort(all);
  EXPECT_EQ(std::ranges::adjacent_find(all), all.end());
  EXPECT_EQ(machine.print(0), "attach p0");
}

TEST(rfc_v2_machine, prints_different_operations_differently) {
  const RfcV2Machine machine({.programs = 1, .links = 1});
  std::set<std::string> texts;
  for (std::size_t n = 0; n < machine.operations(); ++n) {
    // A detach reads fd 0 as no program at all, and so does its text.
    EXPECT_TRUE(texts.insert(machine.print(n)).second) << machine.print(n);
  }
}

/// What symmetry leaves out is only what has the same key: without it there are more states, and not more kinds of
/// them.
TEST(rfc_v2_machine, removes_symmetry_and_nothing_else) {
  const RfcV2Bound bound{.programs = 2, .links = 1};
  RfcV2Bound labelled_bound = bound;
  labelled_bound.symmetric = false;
  const RfcV2Machine machine(bound);
  const RfcV2Machine labelled_machine(labelled_bound);
  const auto nothing = [](auto...) {};
  const StateGraph<RfcV2Machine> graph(machine, 1000, nothing);
  const StateGraph<RfcV2Machine> labelled(labelled_machine, 1000, nothing);
  ASSERT_TRUE(graph.is_complete() && labelled.is_complete());
  EXPECT_GT(labelled.size(), graph.size());

  std::set<std::string> kinds;
  for (std::uint32_t n = 0; n < labelled.size(); ++n) kinds.insert(machine.key(labelled.state(n)));
  EXPECT_EQ(kinds.size(), graph.size());
}

/// Beyond every bound: the list of 63, by a long random walk of which most steps succeed.
TEST(rfc_v2_machine, keeps_its_promises_on_a_long_walk_to_the_full_list) {
  const std::set<std::string_view> broken_by_design{"revision_tells_change", "ordinary_detach_spares_first",
                                                    "ordinary_detach_spares_last", "success_does_it"};
  State state{.kept = true};
  std::uint64_t seed = 1;
  const auto random = [&seed](std::uint64_t below) {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return static_cast<unsigned>((seed >> 33) % below);
  };
  unsigned fullest = 0;
  unsigned refused_for_room = 0;
  for (unsigned i = 0; i < 200'000; ++i) {
    // Half of the way up, then down and up again.
    const bool up = i / 2000 % 2 == 0;
    Operation operation;
    const unsigned call = random(16);
    operation.call = call < 10 ? (up ? Call::attach : Call::detach) : static_cast<Call>(random(call_count));
    operation.program = Object::program(static_cast<model::ProgramIndex>(random(70)));
    operation.link = Object::link(static_cast<model::LinkIndex>(random(State::most_links)));
    operation.flags = std::array{0U, 0U, flag::before, flag::after, flag::first, flag::last, flag::replace}[random(7)];
    if (random(2) == 0) operation.flags |= flag::first << random(2);
    if (random(4) != 0 && (operation.flags & (flag::neighbour | flag::replace)) != 0)
      operation.relative = Object::program(static_cast<model::ProgramIndex>(random(70)));
    if (operation.call == Call::link_update) operation.flags = 0;
    const Verdict verdict = predict(state, operation);
    State after = state;
    commit(after, verdict.edit);
    for (const RfcV2Promise& promise : rfc_v2_promises()) {
      if (!is_asked(promise, verdict.outcome().ok()) || broken_by_design.contains(promise.name)) continue;
      const auto found = promise.broken_by({state, operation, verdict, after});
      ASSERT_FALSE(found.has_value()) << promise.name << ": " << print(operation) << ": " << *found;
    }
    state = after;
    fullest = std::max(fullest, unsigned{state.count});
    refused_for_room += verdict.outcome() == model::enospc ? 1 : 0;
  }
  EXPECT_EQ(fullest, State::largest);
  EXPECT_GT(refused_for_room, 0U);
}

}  // namespace
}  // namespace mprogcheck::properties
