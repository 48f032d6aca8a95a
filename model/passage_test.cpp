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
  for (const Operation& operation : sequence.operations)  // no packet goes through a cgroup
    if (const auto site = site_of(operation); !site || !site->target.is_cgroup()) world.apply(operation);
  // What an arbitrary sequence attaches is little: more, of whatever there is.
  for (unsigned left = *rc::gen::inRange(0U, 12U); left != 0; --left)
    world.apply(Attach{.site = {static_cast<Hook>(*rc::gen::inRange(0U, static_cast<unsigned>(Hook::cgroup_ingress))),
                                Target::device(0)},
                       .program = Argument::of(Name::pool(*rc::gen::inRange(0U, Name::pool_count)))});
  return world;
}

/// The lists that a packet comes through which is sent to that one, in order, as the devices are.
std::vector<ListIndex> lists_on_the_way(const World& world, const Site& site) {
  const bool netkit = world.device({static_cast<std::uint8_t>(site.target.value)}).made_as.kind == DeviceKind::usual;
  const auto of = [&](Hook hook) { return world.sites().find(hook, site.target); };
  if (!netkit)
    return site.hook == Hook::tcx_ingress || site.hook == Hook::tcx_egress ? std::vector{of(site.hook)}
                                                                           : std::vector<ListIndex>{};
  switch (site.hook) {
    case Hook::tcx_egress:
      return {of(Hook::tcx_egress), of(Hook::netkit_primary)};
    case Hook::netkit_primary:
      return {of(Hook::netkit_primary)};
    default:
      return {of(Hook::netkit_peer), of(Hook::tcx_ingress)};
  }
}

/// The rules in other words: on the way nobody but the last of a list says anything but next, and the next list is come
/// to only if that passes.
RC_GTEST_PROP(passage, is_each_list_up_to_the_first_that_does_not_say_next, ()) {
  const World world = any_world();
  for (ListIndex list = 0; list < world.sites().size(); ++list) {
    const Site site = world.sites()[list];
    const DeviceClass made_as = world.device({static_cast<std::uint8_t>(site.target.value)}).made_as;
    if (made_as != DeviceClass() && made_as.kind == DeviceKind::usual)
      continue;  // a policy: see cases/netkit/policy.mpc
    std::vector<ProgramIndex> expected;
    Fate fate = Fate::passed;
    for (const ListIndex on_the_way : lists_on_the_way(world, site)) {
      const bool netkit = family_of(world.sites().hook(on_the_way)) == Family::netkit;
      Returns last = Returns::next;
      for (const Entry& entry : world.list(on_the_way).entries()) {
        if (last != Returns::next) break;
        expected.push_back(entry.program);
        last = world.program(entry.program).returns;
      }
      if (last == Returns::drop || (netkit && last == Returns::unknown)) fate = Fate::dropped;
      if (last == Returns::redirect) fate = Fate::redirected;
      if (fate != Fate::passed) break;
    }
    const Passage way = passage(world, site);
    RC_ASSERT(std::vector(way.ran().begin(), way.ran().end()) == expected);
    RC_ASSERT(fate_of(way.rule) == fate);
    RC_ASSERT(way.rule == rule_of_passage(world, site));
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
  const Site egress{Hook::tcx_egress, Target::device(0)};
  const World world = after(attached);
  EXPECT_EQ(passage(world, egress).rule, Rule::run_unknown);
  EXPECT_EQ(passage(world, egress).count, 2);
  EXPECT_EQ(passage(world, {Hook::tcx_ingress, Target::device(0)}).rule, Rule::run_nothing);
  EXPECT_EQ(passage(after(std::string(attached) + "detach tcx_egress@d0 p1\n"), egress).rule, Rule::run_dropped);
}

TEST(passage, meets_a_mortal_by_what_it_was_loaded_to_return) {
  const World world = after(
      "mprogcheck 1\nnetdev d0\nload q0 returns redirect\nlink l0 tcx_ingress@d0 q0\nclose q0\nload q1\n"
      "attach tcx_ingress@d0 q1 before\n");
  const Passage way = passage(world, {Hook::tcx_ingress, Target::device(0)});
  EXPECT_EQ(way.rule, Rule::run_redirected);
  EXPECT_EQ(way.count, 2);
}

TEST(passage, fates_have_names) {
  for (unsigned i = 0; i < fates; ++i) EXPECT_NE(name_of(static_cast<Fate>(i)), "?");
}

}  // namespace
}  // namespace mprogcheck::model
