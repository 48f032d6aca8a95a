// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What the cases cannot say: what is effective, and what a kernel answers that lacks a part of the interface.
#include "model/hooks/cgroup.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/language/parse.hpp"
#include "model/query.hpp"
#include "model/world.hpp"

namespace mprogcheck::model {
namespace {

using testing::ElementsAre;

constexpr std::string_view head = "mprogcheck 1\ncgroup c0\ncgroup c1 in c0\ncgroup c2 in c1\nprog p0..p9 cgroup_skb\n";

/// After all operations, each of which succeeds.
World after(std::string_view operations, Traits traits = {}) {
  const auto sequence = parse(std::string(head) + std::string(operations));
  EXPECT_TRUE(sequence.has_value()) << (sequence ? "" : sequence.error().to_string("text"));
  if (!sequence) return World({});
  World world = world_of(*sequence, traits);
  for (const Operation& operation : sequence->operations) EXPECT_TRUE(world.apply(operation).outcome.ok());
  return world;
}
std::vector<int> effective_at(const World& world, unsigned cgroup) {
  const Effective all = effective(world, Hook::cgroup_ingress, {static_cast<std::uint8_t>(cgroup)});
  return {all.ran().begin(), all.ran().end()};
}
std::string_view rule_of(const World& world, std::string_view operation) {
  const auto parsed = parse_operation(operation);
  EXPECT_TRUE(parsed.has_value()) << operation;
  return parsed ? name_of(world.predict(*parsed).rule) : "";
}

TEST(cgroup, runs_what_is_marked_from_the_top_and_the_rest_from_below) {
  const World world = after(
      "attach cgroup_ingress@c0 p1 flags multi|preorder\nattach cgroup_ingress@c0 p2 flags multi\n"
      "attach cgroup_ingress@c0 p4 flags multi|preorder\nattach cgroup_ingress@c1 p8 flags multi\n"
      "attach cgroup_ingress@c1 p9 flags multi\nattach cgroup_ingress@c1 p7 before flags multi|preorder\n");
  EXPECT_THAT(effective_at(world, 0), ElementsAre(1, 4, 2));
  EXPECT_THAT(effective_at(world, 1), ElementsAre(1, 4, 7, 8, 9, 2));
  EXPECT_THAT(effective_at(world, 2), ElementsAre(1, 4, 7, 8, 9, 2));
}

TEST(cgroup, a_program_that_gives_way_runs_only_where_there_is_no_nearer_one) {
  const World world = after("attach cgroup_ingress@c0 p0 flags override\nattach cgroup_ingress@c2 p1 flags multi\n");
  EXPECT_THAT(effective_at(world, 0), ElementsAre(0));
  EXPECT_THAT(effective_at(world, 1), ElementsAre(0));
  EXPECT_THAT(effective_at(world, 2), ElementsAre(1));
}

TEST(cgroup, an_older_kernel_refuses_what_it_does_not_know_and_tells_no_revision) {
  Traits older;
  older.lose(Extension::cgroup_order);
  const World world = after("attach cgroup_ingress@c0 p0 flags multi\nlink l0 cgroup_ingress@c0 p1\n", older);
  EXPECT_EQ(rule_of(world, "attach cgroup_ingress@c0 p2 before flags multi"), "cgroup.attach.no_order");
  EXPECT_EQ(rule_of(world, "attach cgroup_ingress@c0 fd 999 revision 1 flags multi"), "cgroup.attach.no_order");
  EXPECT_EQ(rule_of(world, "attach cgroup_ingress@c0 p2 revision now flags multi"), "mprog.attach");
  EXPECT_EQ(rule_of(world, "attach cgroup_ingress@c0 p2 flags multi|preorder"), "mprog.attach");
  EXPECT_EQ(rule_of(world, "link l1 cgroup_ingress@c0 p2 flags preorder"), "cgroup.link.no_order");
  EXPECT_EQ(rule_of(world, "link l1 cgroup_ingress@c0 p2 revision 999"), "mprog.link");
  EXPECT_EQ(rule_of(world, "detach cgroup_ingress@c0 p0 revision 2"), "cgroup.detach.no_order");
  EXPECT_EQ(world.shown(world.sites().find(Hook::cgroup_ingress, Target::cgroup(0))).revision, 0U);
  Traits oldest = older;
  oldest.lose(Extension::cgroup_preorder);
  EXPECT_EQ(rule_of(after("query cgroup_ingress@c0\n", oldest), "attach cgroup_ingress@c0 fd 999 flags preorder"),
            "cgroup.attach.no_preorder");
  EXPECT_EQ(
      rule_of(after("query cgroup_ingress@c0\n"), "attach cgroup_ingress@c0 p0 before revision 1 flags multi|preorder"),
      "mprog.attach");
}

TEST(cgroup, a_query_tells_programs_and_mode_but_no_links) {
  const World world = after("link l0 cgroup_ingress@c0 p1\n");
  const OrderedList shown = world.shown(world.sites().find(Hook::cgroup_ingress, Target::cgroup(0)));
  EXPECT_EQ(shown.slots[0], (Entry{.program = 1}));
  EXPECT_EQ(shown.mode, Mode::multi);
  EXPECT_EQ(shown.revision, 2U);
}

TEST(cgroup, a_sequence_names_no_more_lists_than_can_be_looked_at) {
  Sequence sequence;
  for (unsigned n = 0; n < 3; ++n)
    for (const Hook hook : {Hook::cgroup_ingress, Hook::cgroup_egress, Hook::cgroup_device, Hook::cgroup_sysctl})
      sequence.operations.emplace_back(Query{.site = {hook, Target::cgroup(n)}});
  for (unsigned n = 3; n < 7; ++n)
    sequence.operations.emplace_back(Query{.site = {Hook::cgroup_ingress, Target::cgroup(n)}});
  EXPECT_FALSE(validate(sequence).has_value());
  sequence.operations.emplace_back(Query{.site = {Hook::cgroup_ingress, Target::cgroup(7)}});
  const auto invalid = validate(sequence);
  ASSERT_TRUE(invalid.has_value());
  EXPECT_EQ(invalid->operation, 16U);
}

}  // namespace
}  // namespace mprogcheck::model
