// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/explore/pair_space.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

#include "properties/explore/state_graph.hpp"
#include "properties/explore/world_machine.hpp"

namespace mprogcheck::properties {
namespace {

ShapeSet all_pairs(const Bound& bound, model::Naming naming) {
  ShapeSet met;
  const WorldMachine machine(bound, naming);
  const StateGraph<WorldMachine> graph(
      machine, 100'000, [&](std::uint32_t, const model::World& world, std::uint32_t number, const model::Verdict&) {
        met.add(world, machine.operation(number));
      });
  return met;
}

TEST(pair_space, every_labelled_pair_is_in_it_and_nothing_else) {
  for (const Bound& bound : {Bound{}, Bound{.programs = 2, .links = 2}, Bound{.programs = 1},
                             Bound{.hook = model::Hook::tcx_egress, .programs = 2}}) {
    const PairSpace space(bound);
    PairCoverage coverage(space);
    const ShapeSet labelled = all_pairs(bound, model::Naming::labelled);
    coverage.add(labelled);
    std::size_t beyond = 0;
    for (const PairShape shape : labelled.sorted()) beyond += space.shapes().contains(shape) ? 0 : 1;
    EXPECT_EQ(beyond, 0U) << text_of(bound);
    RecordProperty("pairs", static_cast<int>(space.size()));
    EXPECT_GT(coverage.covered(), coverage.total() * 9 / 10) << text_of(bound);
    // In a fresh list the alphabet says "another revision" of some, and others get one less, which is 0.
    ShapeSet stale;
    for (const PairShape shape : labelled.sorted()) stale.add(with_stale_revision(shape));
    coverage.add(stale);
    EXPECT_EQ(coverage.covered(), coverage.total()) << text_of(bound);
  }
}

TEST(pair_space, both_directions_share_one) {
  const PairSpace in({.hook = model::Hook::tcx_ingress, .programs = 2}),
      out({.hook = model::Hook::tcx_egress, .programs = 2});
  EXPECT_EQ(in.shapes().sorted(), out.shapes().sorted());
}

TEST(pair_space, a_larger_bound_has_a_larger_one) {
  const PairSpace small({.programs = 2}), large({.programs = 3}), without({.programs = 2, .links = 0});
  EXPECT_TRUE(std::ranges::includes(large.shapes().sorted(), small.shapes().sorted()));
  EXPECT_LT(small.size(), large.size());
  EXPECT_LT(without.size(), small.size());
}

RC_GTEST_PROP(pair_space, what_is_met_is_counted_once, (const std::vector<std::uint16_t>& some)) {
  static const PairSpace space({.programs = 1});
  static const std::vector<PairShape> all = space.shapes().sorted();
  std::set<PairShape> different;
  ShapeSet whole, first, second;
  for (std::size_t i = 0; i < some.size(); ++i) {
    const PairShape shape = all[some[i] % all.size()];
    RC_ASSERT(whole.contains(shape) == different.contains(shape));
    RC_ASSERT(whole.add(shape) == different.insert(shape).second);
    (i % 3 == 0 ? first : second).add(shape);
    second.add(PairShape{~std::uint64_t{0} - some[i]});  // in no bound
  }
  PairCoverage once(space), parts(space);
  once.add(whole);
  parts.add(second);
  parts.add(first);
  parts.add(second);
  RC_ASSERT(whole.sorted() == std::vector<PairShape>(different.begin(), different.end()));
  RC_ASSERT(once.covered() == different.size());
  RC_ASSERT(parts.covered() == different.size());
}

}  // namespace
}  // namespace mprogcheck::properties
