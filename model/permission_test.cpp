// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/permission.hpp"

#include <gtest/gtest.h>

#include "model/arbitrary.hpp"
#include "model/language/parse.hpp"
#include "model/world.hpp"

namespace mprogcheck::model {
namespace {

constexpr std::string_view attached = R"(mprogcheck 1
netdev d0
prog p0..p2 sched_cls
caller u uid 1000
attach tcx_ingress@d0 p0
link l0 tcx_ingress@d0 p1
pin b0 p2
)";

World world_of(std::string_view text) {
  const auto sequence = parse(text);
  World world = world_of(*sequence);
  for (const Operation& operation : sequence->operations) world.apply(operation);
  return world;
}

Rule rule_of(std::string_view operation) {
  return world_of(attached).predict(*parse_operation(operation)).rule;
}

TEST(permission, is_asked_for_what_nobody_handed_over) {
  const std::pair<const char*, Rule> cases[] = {
      {"as u query tcx_ingress@d0", Rule::query_permission},
      {"as u query tcx_ingress@0", Rule::query_permission},
      {"as u query tcx_ingress@d0 size 72 garbage", Rule::query_permission},
      {"as u query tcx_ingress@d0 size 2048 garbage", Rule::query_beyond_known},
      {"as u open h0 prog id(p0)", Rule::open_permission},
      {"as u open h0 link id 0", Rule::open_permission},
      {"as u load q0", Rule::load_permission},
      {"as u detach tcx_ingress@d0", Rule::detach_permission},
      {"as u detach tcx_ingress@0", Rule::detach_permission},
      {"as u detach tcx_ingress@d0 flags 0x40000", Rule::detach_unknown_flag},
      {"as u remove d0", Rule::device_permission},
      {"as u qdisc d3 none", Rule::device_permission},
      {"as u get h0 b0", Rule::pin_permission},
      {"as u unpin b1", Rule::pin_permission},
      {"as u pin b0 p0", Rule::pin_permission},
      {"as u pin b0 fd 0", Rule::pin_no_object},
  };
  for (const auto& [operation, rule] : cases) EXPECT_EQ(name_of(rule_of(operation)), name_of(rule)) << operation;
}

TEST(permission, is_not_asked_for_what_is_in_hand) {
  const std::pair<const char*, Rule> cases[] = {
      {"as u attach tcx_ingress@d0 p2 before", Rule::attach_done},
      {"as u detach tcx_ingress@d0 p0", Rule::detach_done},
      {"as u link l1 tcx_egress@d0 p0", Rule::link_done},
      {"as u update l0 p2", Rule::update_done},
      {"as u detach_link l0", Rule::detach_link_done},
      {"as u close l0", Rule::close_done},
      {"as u fill tcx_ingress@d0 9", Rule::fill_done},
  };
  for (const auto& [operation, rule] : cases) EXPECT_EQ(name_of(rule_of(operation)), name_of(rule)) << operation;
}

// Root needs none: the caller makes a difference to nothing else.
RC_GTEST_PROP(permission, a_caller_is_refused_or_told_what_root_is_told, ()) {
  const Sequence sequence = *arbitrary_sequence();
  World world = world_of(sequence);
  for (const Operation& operation : sequence.operations) {
    Operation as_root = operation, as_user = operation;
    as_root.caller = {};
    as_user.caller = Caller::declared(0);
    const Verdict root = world.predict(as_root), user = world.predict(as_user);
    if (user.rule != root.rule) {
      RC_ASSERT(is_of_permission(user.rule));
      // One call makes an errno of its own of it.
      const bool by_einval = user.rule == Rule::cgroup_attach_skb;
      const bool told = by_einval ? user.outcome == einval : user.outcome == eperm || user.outcome == eacces;
      RC_ASSERT(told);
      RC_ASSERT(user.edit.kind == Edit::Kind::nothing);
    }
    world.apply(as_root);
  }
}

}  // namespace
}  // namespace mprogcheck::model
