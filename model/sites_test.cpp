// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/sites.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "model/arbitrary.hpp"
#include "model/language/parse.hpp"
#include "model/language/print.hpp"
#include "model/world.hpp"

namespace mprogcheck::model {
namespace {

std::vector<std::string> names_of(const Sites& sites) {
  std::vector<std::string> names;
  for (ListIndex list = 0; list < sites.size(); ++list) names.push_back(print(sites[list]));
  return names;
}
std::vector<std::string> looked_at(std::string_view text) {
  return names_of(sites_of(*parse(text)));
}

TEST(sites, are_those_that_are_named_and_their_neighbours) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(looked_at("mprogcheck 1\nnetdev d0\nprog p0 sched_cls\nattach tcx_egress@d0 p0\n"),
            (Names{"tcx_ingress@d0", "tcx_egress@d0"}));
  EXPECT_EQ(looked_at("mprogcheck 1\nnetdev d0, d2\nprog p0 sched_cls\nattach tcx_ingress@d2 p0\n"),
            (Names{"tcx_ingress@d0", "tcx_egress@d0", "tcx_ingress@d2", "tcx_egress@d2"}));
  // A device that is not declared can be made.
  EXPECT_EQ(looked_at("mprogcheck 1\nnetdev d0\nmake d1\nquery netkit_peer@d0\n"),
            (Names{"netkit_primary@d0", "netkit_peer@d0", "netkit_primary@d1", "netkit_peer@d1"}));
  EXPECT_EQ(looked_at("mprogcheck 1\nnetdev d0\ncgroup c0\ncgroup c2 in c0\nquery cgroup_egress@c2\n"),
            (Names{"cgroup_ingress@c0", "cgroup_egress@c0", "cgroup_device@c0", "cgroup_sysctl@c0", "cgroup_ingress@c2",
                   "cgroup_egress@c2", "cgroup_device@c2", "cgroup_sysctl@c2"}));
  EXPECT_EQ(looked_at("mprogcheck 1\nnetdev d0\nprog p0 sched_cls\nclose p0\n"), Names{});
}

TEST(sites, a_literal_or_a_peer_has_no_list) {
  Sites sites;
  EXPECT_TRUE(sites.add({Hook::tcx_ingress, Target::literal(0)}));
  EXPECT_TRUE(sites.add({Hook::netkit_peer, Target::peer(1)}));
  EXPECT_EQ(sites.size(), 0U);
  EXPECT_EQ(sites.find({Hook::netkit_peer, Target::peer(1)}), no_list);
}

RC_GTEST_PROP(sites, are_in_order_and_found, ()) {
  const Sequence sequence = *arbitrary_sequence();
  const Sites sites = sites_of(sequence);
  for (ListIndex list = 0; list < sites.size(); ++list) {
    RC_ASSERT(sites.find(sites[list]) == list);
    if (list == 0) continue;
    const auto before = static_cast<ListIndex>(list - 1);
    RC_ASSERT(std::pair(sites.target(before).place(), sites.hook(before)) <
              std::pair(sites.target(list).place(), sites.hook(list)));
  }
  for (const Operation& operation : sequence.operations)
    if (const auto site = site_of(operation); site && site->target.place() < Target::places)
      RC_ASSERT(sites.find(*site) != no_list);
}

/// What is not spoken of makes no difference.
RC_GTEST_PROP(sites, of_others_nothing_can_be_told, ()) {
  Sequence sequence = *arbitrary_sequence();
  std::erase_if(sequence.operations, [](const Operation& operation) {  // of cgroups there are more than fit
    const auto site = site_of(operation);
    return site && site->target.is_cgroup();
  });
  World few = world_of(sequence), every(sequence.declarations);
  for (const Operation& operation : sequence.operations) {
    const Verdict one = few.apply(operation), other = every.apply(operation);
    RC_ASSERT(one.rule == other.rule && one.outcome == other.outcome);
  }
  for (ListIndex list = 0; list < few.sites().size(); ++list)
    RC_ASSERT(few.list(list) == every.list(every.sites().find(few.sites()[list])));
}

}  // namespace
}  // namespace mprogcheck::model
