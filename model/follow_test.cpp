// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/follow.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

#include "model/arbitrary.hpp"
#include "model/language/parse.hpp"

namespace mprogcheck::model {
namespace {

Traits quirks_of(std::initializer_list<Quirk> all) {
  Traits traits;
  for (const Quirk quirk : all) traits.add(quirk);
  return traits;
}

/// p0 to p3 on d0, and the caller u.
World world_of(std::initializer_list<const char*> operations, std::initializer_list<Quirk> traits) {
  Declarations declarations;
  declarations.devices = 1;
  declarations.programs = 0b1111;
  declarations.uids[0] = 1000;
  World world(declarations, quirks_of(traits));
  for (const char* operation : operations)
    EXPECT_TRUE(world.apply(*parse_operation(operation)).outcome.ok()) << operation;
  return world;
}
std::string_view rule_of(const World& world, std::string_view operation) {
  return name_of(world.predict(*parse_operation(operation)).rule);
}

TEST(follow, of_a_full_list_the_slot_behind_the_last_entry_is_refused) {
  const World world = world_of({"fill tcx_ingress@d0 63"}, {Quirk::full_list_keeps_tail});
  const std::string_view kept = name_of(Rule::detach_full_tail), done = name_of(Rule::detach_done);
  for (const char* behind : {"", " after", " after fd(f62)", " after id(f62)"})
    EXPECT_EQ(rule_of(world, std::string("detach tcx_ingress@d0") + behind), kept) << behind;
  // The last of these is the entry in the slot of f62 itself.
  for (const char* other : {" before", " f62", " before fd(f62)", " after fd(f0)", " after fd(f61)", " after id(f61)"})
    EXPECT_EQ(rule_of(world, std::string("detach tcx_ingress@d0") + other), done) << other;
  EXPECT_EQ(rule_of(world, "detach tcx_ingress@d0 before after"), name_of(Rule::disagree));
  EXPECT_EQ(rule_of(world, "detach tcx_ingress@d0 revision now+1"), name_of(Rule::stale));

  const World shorter = world_of({"fill tcx_ingress@d0 62"}, {Quirk::full_list_keeps_tail});
  EXPECT_EQ(rule_of(shorter, "detach tcx_ingress@d0"), done);
}

TEST(follow, the_slot_is_looked_at_before_the_owner) {
  const World world = world_of({"fill tcx_ingress@d0 62", "link l0 tcx_ingress@d0 p0"}, {Quirk::full_list_keeps_tail});
  for (const char* behind : {"", " after", " after fd(p0)", " after link fd(l0)", " after link id(l0)"})
    EXPECT_EQ(rule_of(world, std::string("detach tcx_ingress@d0") + behind), name_of(Rule::detach_full_tail)) << behind;
  EXPECT_EQ(rule_of(world, "detach tcx_ingress@d0 after fd(f61)"), name_of(Rule::detach_owner));
  EXPECT_EQ(rule_of(world_of({"fill tcx_ingress@d0 62", "link l0 tcx_ingress@d0 p0"}, {}), "detach tcx_ingress@d0"),
            name_of(Rule::detach_owner));
}

TEST(follow, anyone_detaches_by_position) {
  const World world =
      world_of({"attach tcx_ingress@d0 p0", "link l0 tcx_ingress@d0 p1"}, {Quirk::detach_by_position_unprivileged});
  EXPECT_EQ(rule_of(world, "as u detach tcx_ingress@d0 before"), name_of(Rule::detach_unguarded));
  EXPECT_EQ(rule_of(world, "as u detach tcx_ingress@d0"), name_of(Rule::detach_owner));
  EXPECT_EQ(rule_of(world, "as u detach tcx_ingress@0"), name_of(Rule::detach_no_device));
  EXPECT_EQ(rule_of(world, "as u detach tcx_ingress@d0 p0"), name_of(Rule::detach_done));
  EXPECT_EQ(rule_of(world, "detach tcx_ingress@d0 before"), name_of(Rule::detach_done));
  EXPECT_EQ(rule_of(world, "as u query tcx_ingress@d0"), name_of(Rule::query_permission));
}

TEST(follow, what_anyone_detaches_follows_the_other_quirks) {
  const auto others = {Quirk::detach_by_position_unprivileged, Quirk::full_list_keeps_tail,
                       Quirk::relative_without_program_ignored};
  const World full = world_of({"fill tcx_ingress@d0 63"}, others);
  EXPECT_EQ(rule_of(full, "as u detach tcx_ingress@d0"), name_of(Rule::detach_full_tail));
  EXPECT_EQ(rule_of(full, "as u detach tcx_ingress@d0 after link fd(o17)"), name_of(Rule::detach_full_tail));
  EXPECT_EQ(rule_of(full, "as u detach tcx_ingress@d0 before link fd(o17)"), name_of(Rule::detach_relative_ignored));
  EXPECT_EQ(rule_of(full, "as u detach tcx_ingress@d0 link fd(o17)"), name_of(Rule::no_directive));
  EXPECT_EQ(rule_of(full, "as u detach tcx_ingress@d0 before"), name_of(Rule::detach_unguarded));
}

TEST(follow, an_answer_is_written_behind_a_short_attr_and_no_other) {
  const World world = world_of({"attach tcx_ingress@d0 p0"}, {Quirk::query_writes_beyond_attr});
  EXPECT_EQ(rule_of(world, "query tcx_ingress@d0 size 56"), name_of(Rule::query_overrun));
  EXPECT_EQ(rule_of(world, "query tcx_ingress@d0"), name_of(Rule::query_done));
  const ListIndex list = world.sites().find(Hook::tcx_ingress, Target::device(0));
  EXPECT_TRUE(answer_to(world, {.size = 56}, list, world.traits()).beyond_attr);
  EXPECT_FALSE(answer_to(world, {}, list, world.traits()).beyond_attr);
  EXPECT_FALSE(answer_to(world, {.size = 56}, list, {}).beyond_attr);
  EXPECT_FALSE(answer_to(world, {.size = 56}, list).beyond_attr);
}

// A quirk shows in the rules that say so, and in what it lets through to be refused for another reason.
RC_GTEST_PROP(follow, a_world_without_quirks_is_the_specification, ()) {
  const Sequence sequence = *arbitrary_sequence();
  const Traits traits{static_cast<std::uint8_t>(*rc::gen::inRange(0, 1 << quirk_count))};
  World honest = world_of(sequence), followed = world_of(sequence, traits);
  for (const Operation& operation : sequence.operations) {
    const Verdict expected = honest.predict(operation), found = followed.predict(operation);
    const bool differs = expected.rule != found.rule;
    const bool is_detach = std::holds_alternative<Detach>(operation),
               is_query = std::holds_alternative<Query>(operation);
    RC_ASSERT(!differs || ((is_detach || is_query) && traits != Traits{}));
    RC_ASSERT(!differs || found.rule == follow(followed, operation, expected).rule);
    honest.commit(found.edit);
    followed.commit(found.edit);
  }
}

}  // namespace
}  // namespace mprogcheck::model
