// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/passage.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "model/arbitrary.hpp"
#include "model/language/parse.hpp"

namespace mprogcheck::model {
namespace {

World after(std::string_view text) {
  const auto sequence = parse(text);
  EXPECT_TRUE(sequence.has_value()) << (sequence ? "" : sequence.error().to_string("text"));
  World world(sequence ? sequence->declarations : Declarations{});
  if (!sequence) return world;
  for (const Operation& operation : sequence->operations) EXPECT_TRUE(world.apply(operation).outcome.ok());
  return world;
}

World any_world() {
  const Sequence sequence = *arbitrary_sequence();
  World world(sequence.declarations);
  for (const Operation& operation : sequence.operations) world.apply(operation);
  // What an arbitrary sequence attaches is little: more, of whatever there is.
  for (unsigned left = *rc::gen::inRange(0U, 12U); left != 0; --left)
    world.apply(Attach{.site = {Hook::tcx_ingress, Target::device(0)},
                       .program = Argument::of(Name::pool(*rc::gen::inRange(0U, Name::pool_count)))});
  return world;
}

/// The rules in other words: nobody but the last says anything but next, and if the last says next, nobody is left.
RC_GTEST_PROP(passage, is_the_list_up_to_the_first_that_does_not_say_next, ()) {
  const World world = any_world();
  for (ListIndex list = 0; list < list_count; ++list) {
    const Passage way = passage(world, list);
    const auto entries = world.list(list).entries();
    RC_ASSERT(way.count <= entries.size());
    for (unsigned i = 0; i < way.count; ++i) RC_ASSERT(way.programs[i] == entries[i].program);
    const auto says_next = [&](ProgramIndex program) { return world.program(program).returns == Returns::next; };
    const auto ran = way.ran();
    RC_ASSERT(ran.empty() || std::all_of(ran.begin(), ran.end() - 1, says_next));
    if (ran.empty() || says_next(ran.back())) RC_ASSERT(way.count == entries.size());
    RC_ASSERT(way.rule == rule_of_passage(world, list));
    const Returns last = ran.empty() ? Returns::next : world.program(ran.back()).returns;
    RC_ASSERT((fate_of(way.rule) == Fate::dropped) == (last == Returns::drop));
    RC_ASSERT((fate_of(way.rule) == Fate::redirected) == (last == Returns::redirect));
    RC_ASSERT(fate_of(way.rule) != Fate::none);
    RC_CLASSIFY(way.count > 1, "several programs");
  }
}

RC_GTEST_PROP(passage, changes_nothing, ()) {
  World world = any_world();
  const auto verdict = world.apply(SendPacket{{Hook::tcx_ingress, Target::device(0)}});
  RC_ASSERT(verdict.edit.kind == Edit::Kind::nothing);
  RC_ASSERT(verdict.outcome == (world.is_at_home(0) ? success : enxio));
  RC_ASSERT((fate_of(verdict.rule) == Fate::none) == !world.is_at_home(0));
}

TEST(passage, ends_as_the_last_program_says) {
  constexpr std::string_view attached = R"(mprogcheck 1
netdev d0
prog p0 sched_cls returns next
prog p1 sched_cls returns unknown
prog p2 sched_cls returns drop
attach tcx_egress@d0 p0
attach tcx_egress@d0 p1
attach tcx_egress@d0 p2
)";
  const ListIndex egress = list_of(Hook::tcx_egress, 0);
  const World world = after(attached);
  EXPECT_EQ(passage(world, egress).rule, Rule::run_unknown);
  EXPECT_EQ(passage(world, egress).count, 2);
  EXPECT_EQ(passage(world, list_of(Hook::tcx_ingress, 0)).rule, Rule::run_nothing);
  EXPECT_EQ(passage(after(std::string(attached) + "detach tcx_egress@d0 p1\n"), egress).rule, Rule::run_dropped);
}

TEST(passage, meets_a_mortal_by_what_it_was_loaded_to_return) {
  const World world = after(
      "mprogcheck 1\nnetdev d0\nload q0 returns redirect\nlink l0 tcx_ingress@d0 q0\nclose q0\nload q1\n"
      "attach tcx_ingress@d0 q1 before\n");
  const Passage way = passage(world, 0);
  EXPECT_EQ(way.rule, Rule::run_redirected);
  EXPECT_EQ(way.count, 2);
}

TEST(passage, fates_have_names) {
  for (unsigned i = 0; i < fates; ++i) EXPECT_NE(name_of(static_cast<Fate>(i)), "?");
}

}  // namespace
}  // namespace mprogcheck::model
