// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/explore/shortest.hpp"

#include <gtest/gtest.h>

#include "campaign/finding/one_run.hpp"
#include "model/language/parse.hpp"
#include "model/language/print.hpp"
#include "oracle/model_oracle.hpp"
#include "oracle/planted/planted_fault.hpp"

namespace mprogcheck {
namespace {

/// A finding on an oracle with a fault, as a shrinker may have left it.
struct Left {
  Left(const std::string& fault, const std::string& operations) : oracle(std::move(*make_faulty_oracle(fault))) {
    finding.shrunk = *model::parse("mprogcheck 1\nnetdev d0\nprog p0..p2 sched_cls\n" + operations);
    const auto judgement = run_once(*oracle, {.sequence = finding.shrunk, .traits = {}, .depth = Depth::deep});
    EXPECT_TRUE(judgement && judgement->divergence);
    finding.divergence = *judgement->divergence;
  }
  [[nodiscard]] Shortest look() const {
    auto looked = look_for_shorter(finding, *oracle);
    EXPECT_TRUE(looked);
    return std::move(*looked);
  }
  std::unique_ptr<Oracle> oracle;
  Finding finding;
};

TEST(shortest, finds_what_is_shorter) {
  const Left left("before_nothing_appends",
                  "attach tcx_ingress@d0 p0\nattach tcx_ingress@d0 p2\nattach tcx_ingress@d0 p1 before\n");
  const auto found = left.look();
  ASSERT_TRUE(found.known && found.shorter);
  EXPECT_EQ(found.shorter->operations.size(), 2U) << model::print(*found.shorter);
  const auto judgement = run_once(*left.oracle, {.sequence = *found.shorter, .traits = {}, .depth = Depth::deep});
  ASSERT_TRUE(judgement && judgement->divergence);
  EXPECT_EQ(judgement->divergence->fingerprint, left.finding.divergence.fingerprint);
}

TEST(shortest, says_when_nothing_is) {
  const auto found =
      Left("before_nothing_appends", "attach tcx_ingress@d0 p0\nattach tcx_ingress@d0 p1 before\n").look();
  EXPECT_TRUE(found.known);
  EXPECT_FALSE(found.shorter);
  EXPECT_GT(found.tried, 0U);
}

TEST(shortest, says_nothing_of_what_no_bound_has) {
  for (const char* const operations : {"load q0\nattach tcx_ingress@d0 q0\n", "attach tcx_ingress@d0 p9\n",
                                       "attach tcx_ingress@d0 p0\nattach tcx_egress@d0 p0\n", "close l0\n",
                                       "attach tcx_ingress@d1 p0\n", "dup h0 p0\nattach tcx_ingress@d0 h0\n"}) {
    const auto sequence =
        model::parse(std::string("mprogcheck 1\nnetdev d0, d1\nprog p0..p9 sched_cls\n") + operations);
    ASSERT_TRUE(sequence) << operations;
    EXPECT_FALSE(bound_of(*sequence)) << operations;
  }
  const auto other = model::parse("mprogcheck 1\nnetdev d0\nprog p0 xdp\nattach tcx_ingress@d0 p0\n");
  EXPECT_FALSE(bound_of(*other));
}

TEST(shortest, tries_no_more_than_it_may) {
  const Left left("before_nothing_appends",
                  "attach tcx_ingress@d0 p0\nattach tcx_ingress@d0 p2\nattach tcx_ingress@d0 p1 before\n");
  const auto few = look_for_shorter(left.finding, *left.oracle, {.most = 3});
  ASSERT_TRUE(few);
  EXPECT_FALSE(few->known);
  EXPECT_EQ(few->tried, 0U);
}

}  // namespace
}  // namespace mprogcheck
