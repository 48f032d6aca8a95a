// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/judge/invariants.hpp"

#include <gtest/gtest.h>

#include "model/language/parse.hpp"
#include "model/language/print.hpp"
#include "properties/generate/generate.hpp"

namespace mprogcheck::properties {
namespace {

using model::World;

TEST(invariants, hold_along_random_sequences) {
  const Generator generator(
      {.seed = 4, .hooks = {model::Hook::tcx_ingress, model::Hook::tcx_egress}, .with_devices = 1000});
  std::uint64_t changes = 0;
  for (std::uint64_t i = 0; i < 2000; ++i) {
    const auto sequence = generator.sequence(i);
    World world = world_of(sequence);
    for (const auto& operation : sequence.operations) {
      const World before = world;
      const auto verdict = world.apply(operation);
      if (verdict.edit.kind == model::Edit::Kind::nothing) continue;
      ++changes;
      const auto at_rest = broken_in(world);
      ASSERT_FALSE(at_rest) << at_rest->what << '\n' << model::print(operation);
      // A device that goes changes two lists, and takes what is there.
      if (model::device_of(operation) || !model::site_of(operation)) continue;
      const auto moving = broken_by_transition(before, operation, verdict, world);
      ASSERT_FALSE(moving) << moving->what << '\n' << model::print(operation);
    }
  }
  EXPECT_GT(changes, 5000U);
}

/// A world after some lines, the last of which is looked at.
struct Scene {
  explicit Scene(std::initializer_list<std::string_view> lines) {
    model::Declarations declarations;
    declarations.devices = 0b11;
    declarations.programs = 0b111;
    after = before = World(declarations);
    for (const auto line : lines) {
      before = after;
      operation = *model::parse_operation(line);
      verdict = after.apply(operation);
    }
  }
  [[nodiscard]] std::optional<Property> broken() const {
    const auto found = broken_by_transition(before, operation, verdict, after);
    return found ? std::optional(found->property) : std::nullopt;
  }
  [[nodiscard]] std::optional<Property> broken_at_rest() const {
    const auto found = broken_in(after);
    return found ? std::optional(found->property) : std::nullopt;
  }
  [[nodiscard]] model::OrderedList& list(unsigned device = 0) {
    return after.mutable_list(after.sites().find(model::Hook::tcx_ingress, model::Target::device(device)));
  }

  World before{model::Declarations()}, after{model::Declarations()};
  model::Operation operation;
  model::Verdict verdict;
};

TEST(invariants, see_what_is_broken_on_the_way) {
  const auto scene = [] {
    return Scene{"attach tcx_ingress@d0 p0", "link l0 tcx_ingress@d0 p1", "attach tcx_ingress@d0 p2 before"};
  };
  EXPECT_EQ(scene().broken(), std::nullopt);
  Scene last = scene();
  std::swap(last.list().slots[0], last.list().slots[1]);
  EXPECT_EQ(last.broken(), Property::first_last);
  Scene mixed = scene();
  std::swap(mixed.list().slots[1], mixed.list().slots[2]);
  EXPECT_EQ(mixed.broken(), Property::order);
  Scene stale = scene();
  --stale.list().revision;
  EXPECT_EQ(stale.broken(), Property::revision);
  Scene elsewhere = scene();
  ++elsewhere.list(1).revision;
  EXPECT_EQ(elsewhere.broken(), Property::isolation);
  Scene failing = scene();
  failing.verdict.outcome = model::einval;
  EXPECT_EQ(failing.broken(), Property::atomic);
  Scene taken = scene();
  taken.list().slots[2].link = model::no_link;
  EXPECT_EQ(taken.broken(), Property::ownership);
}

TEST(invariants, see_what_is_broken_at_rest) {
  const auto scene = [] { return Scene{"attach tcx_ingress@d0 p0", "link l0 tcx_ingress@d0 p1"}; };
  EXPECT_EQ(scene().broken_at_rest(), std::nullopt);
  Scene twice = scene();
  twice.list().slots[1].program = 0;
  EXPECT_EQ(twice.broken_at_rest(), Property::order);
  Scene counted = scene();
  ++counted.after.mutable_program(0).references;
  EXPECT_EQ(counted.broken_at_rest(), Property::refcount);
  Scene unknown = scene();
  unknown.after.mutable_link(0).list = model::no_list;
  EXPECT_EQ(unknown.broken_at_rest(), Property::lifecycle);
  Scene lost = scene();
  lost.list().remove(1);
  EXPECT_EQ(lost.broken_at_rest(), Property::lifecycle);
  Scene held = scene();
  ++held.after.mutable_link(0).references;
  EXPECT_EQ(held.broken_at_rest(), Property::refcount);
}

}  // namespace
}  // namespace mprogcheck::properties
