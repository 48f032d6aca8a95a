// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/coverage.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "properties/generate/generate.hpp"

namespace mprogcheck::properties {
namespace {

using model::Argument;
using model::Name;
using model::Rule;
using testing::Pair;
using testing::UnorderedElementsAre;

const model::Site d0{model::Hook::tcx_ingress, model::Target::device(0)};

model::Declarations one_program() {
  model::Declarations declarations;
  declarations.devices = 1;
  declarations.programs = 1;
  return declarations;
}

std::uint64_t sum(const std::map<std::string, std::uint64_t>& counts) {
  std::uint64_t total = 0;
  for (const auto& [name, count] : counts) total += count;
  return total;
}

TEST(Coverage, CountsWhatWasAsked) {
  Coverage coverage;
  model::World world(one_program());
  const model::Operation attach = model::Attach{d0, Argument::of(Name::pool(0)), 0, {}, {}, {}};
  for (const auto& operation : {attach, attach, model::Operation(model::Close{Name::link(0)})}) {
    const auto verdict = world.predict(operation);
    coverage.add(operation, verdict, world);
    world.commit(verdict.edit);
  }
  EXPECT_EQ(coverage.operations(), 3U);
  EXPECT_EQ(coverage.succeeded(), 1U);
  EXPECT_EQ(coverage.count(Rule::attach_exists), 1U);
  EXPECT_EQ(coverage.count(LengthClass::one), 1U);
  EXPECT_THAT(coverage.rules(),
              UnorderedElementsAre(Pair("mprog.attach", 1), Pair("mprog.attach.exists", 1), Pair("close.closed", 1)));
  EXPECT_THAT(coverage.by_errno(), UnorderedElementsAre(Pair("ok", 1), Pair("-EEXIST", 1), Pair("-EBADF", 1)));
  EXPECT_THAT(coverage.calls(), UnorderedElementsAre(Pair("attach", 2), Pair("close", 1)));
  EXPECT_THAT(coverage.lengths(), UnorderedElementsAre(Pair("0", 1), Pair("1", 1)));
}

RC_GTEST_PROP(Coverage, IsTheSameAfterItWasKept, (std::uint64_t seed)) {
  Coverage coverage;
  const Generator generator(
      {.seed = seed, .shard = 0, .hooks = {model::Hook::tcx_ingress}, .nonsense_ppm = {}, .lacks = {}});
  const auto sequence = generator.sequence(0);
  model::World world = model::world_of(sequence);
  for (const auto& operation : sequence.operations) {
    const auto verdict = world.predict(operation);
    coverage.add(operation, verdict, world);
    world.commit(verdict.edit);
  }
  auto counts = coverage.counts();
  RC_ASSERT(Coverage::of(counts) == coverage);
  (*rc::gen::element(&counts.calls, &counts.rules, &counts.lengths))->emplace("no such name", 1);
  RC_ASSERT(!Coverage::of(counts));
}

TEST(Coverage, NamesWhatIsMissing) {
  Coverage coverage;
  std::size_t reachable_rules = 0;
  for (unsigned i = 0; i < model::rule_count; ++i)
    reachable_rules += reachable(static_cast<Rule>(i), {}, coverage.families());
  EXPECT_EQ(coverage.unseen().size(), reachable_rules);
  coverage.add(model::Close{Name::link(0)}, {model::ebadf, Rule::close_closed, {}});
  EXPECT_EQ(coverage.unseen().size(), reachable_rules - 1);
  EXPECT_THAT(coverage.unseen(), testing::Not(testing::Contains(Rule::close_closed)));
  EXPECT_THAT(coverage.unseen(), testing::Not(testing::Contains(Rule::detach_full_tail)));
}

/// With each set of quirks random sequences reach all that is reachable with them, and nothing else.
TEST(Coverage, ReachableIsWhatIsReached) {
  std::vector<model::Hook> all;
  for (const model::HookRow& row : model::hook_rows) all.push_back(row.hook);
  const Generator tcx({.seed = 2, .hooks = {model::Hook::tcx_ingress, model::Hook::tcx_egress}, .with_devices = 500});
  const Generator every({.seed = 2, .hooks = all, .with_devices = 500});
  for (const auto& [generator, families] :
       {std::pair(&tcx, only(model::Family::tcx)), std::pair(&every, model::all_families)})
    for (unsigned bits = 0; bits < 1U << model::quirk_count; bits += (1U << model::quirk_count) - 1) {
      const model::Traits traits{static_cast<std::uint8_t>(bits)};
      Coverage coverage;
      for (std::uint64_t i = 0; i < 15'000; ++i) {
        const auto sequence = generator->sequence(i);
        model::World world = model::world_of(sequence, traits);
        for (const auto& operation : sequence.operations) coverage.add(operation, world.apply(operation));
      }
      for (unsigned i = 0; i < model::rule_count; ++i) {
        const auto rule = static_cast<Rule>(i);
        EXPECT_EQ(coverage.count(rule) != 0, reachable(rule, traits, families))
            << model::name_of(rule) << " with quirks " << bits;
      }
      EXPECT_THAT(coverage.unseen(traits), testing::IsEmpty());
      EXPECT_THAT(coverage.unseen_errnos(traits), testing::IsEmpty());
    }
}

TEST(Coverage, NamesErrnosThatAreMissing) {
  Coverage coverage;
  const auto all = coverage.unseen_errnos();
  EXPECT_TRUE(std::ranges::is_sorted(all));
  EXPECT_THAT(all, testing::AllOf(testing::Contains(model::ebadf), testing::Contains(model::estale),
                                  testing::Not(testing::Contains(model::success)),
                                  testing::Not(testing::Contains(model::enomem))));
  coverage.add(model::Close{Name::link(0)}, {model::ebadf, Rule::close_closed, {}});
  auto left = all;
  std::erase(left, model::ebadf);
  EXPECT_EQ(coverage.unseen_errnos(), left);
}

TEST(Coverage, LengthsHaveTheirClass) {
  const auto name = [](unsigned entries) { return name_of(length_class_of(entries)); };
  EXPECT_EQ(name(0), "0");
  EXPECT_EQ(name(1), "1");
  EXPECT_EQ(name(2), "2");
  EXPECT_EQ(name(3), "3-4");
  EXPECT_EQ(name(4), "3-4");
  EXPECT_EQ(name(5), "5-61");
  EXPECT_EQ(name(61), "5-61");
  EXPECT_EQ(name(62), "62");
  EXPECT_EQ(name(63), "63");
}

TEST(Coverage, AnErrnoBeyondLinuxIsCountedAllTheSame) {
  Coverage coverage;
  for (const int error : {133, 134, 4'000, -1})
    coverage.add(model::Operation(), {model::Outcome{error}, Rule::stale, {}});
  EXPECT_EQ(sum(coverage.by_errno()), 4U);
}

RC_GTEST_PROP(Coverage, ShardsAddUpToTheWhole, (std::uint64_t seed)) {
  const Generator generator({.seed = seed, .hooks = {model::Hook::tcx_ingress}});
  Coverage whole, parts;
  for (std::uint64_t i = 0; i < 20; ++i) {
    Coverage part;
    const auto sequence = generator.sequence(i);
    model::World world = model::world_of(sequence);
    for (const auto& operation : sequence.operations) {
      const auto verdict = world.predict(operation);
      whole.add(operation, verdict, world);
      part.add(operation, verdict, world);
      world.commit(verdict.edit);
    }
    parts.merge(part);
  }
  RC_ASSERT(whole == parts);
  RC_ASSERT(sum(whole.rules()) == whole.operations());
  RC_ASSERT(sum(whole.by_errno()) == whole.operations());
  RC_ASSERT(sum(whole.calls()) == whole.operations());
}

}  // namespace
}  // namespace mprogcheck::properties
