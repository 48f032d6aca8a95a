// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/fuzz/earned.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mprogcheck {
namespace {

using testing::HasSubstr;

/// Refused, as skipped, in one line with these words.
void expect_not_enough(const Judged& judged, std::string_view words, std::string_view over = {}) {
  const auto enough = is_enough(judged, over);
  ASSERT_FALSE(enough) << words;
  EXPECT_EQ(enough.error().kind, Error::Kind::skipped);
  EXPECT_THAT(enough.error().message, HasSubstr(words));
  EXPECT_THAT(enough.error().message, testing::Not(HasSubstr("\n")));
}

TEST(earned, nothing_judged_is_nothing_that_held_and_the_reason_is_said) {
  expect_not_enough({}, "nothing was judged");
  expect_not_enough({}, "its time was over", "its time was over");
  expect_not_enough({.left_out = 12}, "all 12 operations are left out");
  expect_not_enough({.unjudged = 12}, "all 12 operations are behind known divergences");
}

TEST(earned, what_was_not_judged_may_not_outweigh_what_was) {
  EXPECT_TRUE(is_enough({.operations = 10, .unjudged = 5, .left_out = 5}));
  expect_not_enough({.operations = 10, .unjudged = 5, .left_out = 6}, "52 %");
  EXPECT_DOUBLE_EQ((Judged{.operations = 30, .unjudged = 5, .left_out = 5}.unjudged_share()), 0.25);
  EXPECT_EQ(Judged{}.unjudged_share(), 0.0);
}

TEST(earned, a_long_campaign_without_a_canary_is_vouched_for_by_nobody) {
  EXPECT_TRUE(is_enough({.operations = 1}));
  EXPECT_TRUE(is_enough({.operations = 1, .canaries = {.planted = 1, .caught = 1}, .canary_due = true}));
  expect_not_enough({.operations = 1, .canary_due = true}, "canary");
}

KnownState state(KnownAction action, std::uint64_t hits) {
  KnownState state;
  state.action = action;
  state.hits = hits;
  return state;
}

TEST(earned, a_campaign_counts_what_was_left_out_and_not_what_was_followed) {
  FuzzReport report;
  report.progress.operations = 10;
  report.progress.unjudged = 3;
  report.known.states = {state(KnownAction::follow, 100), state(KnownAction::stop, 2), state(KnownAction::avoid, 4)};
  EXPECT_EQ(judged(report).left_out, 4U);
  EXPECT_EQ(judged(report).unjudged, 3U);
  EXPECT_FALSE(judged(report).canary_due);
  report.progress.sequences = most_sequences_without_canary;
  EXPECT_TRUE(judged(report).canary_due);
}

/// What is left out is known of the whole bound.
TEST(earned, a_shard_has_its_part_of_what_is_left_out) {
  ExploreReport report;
  report.pairs = 100;
  report.own_pairs = 25;
  report.covered = 20;
  report.avoided = 40;
  EXPECT_EQ(judged(report).operations, 20U);
  EXPECT_EQ(judged(report).unjudged, 5U);
  EXPECT_EQ(judged(report).left_out, 10U);
  report = {};
  expect_not_enough(judged(report), "no pair", "this shard has no pair of the bound");
}

}  // namespace
}  // namespace mprogcheck
