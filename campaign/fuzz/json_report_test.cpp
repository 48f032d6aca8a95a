// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/fuzz/json_report.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "campaign/explore/json.hpp"

namespace mprogcheck {
namespace {

using json = nlohmann::ordered_json;

/// What whoever reads a report may ask without looking which verb wrote it, and how it came out.
void expect_common_keys(const json& report) {
  EXPECT_TRUE(report["kernel"].contains("source")) << report;
  EXPECT_TRUE(report["operations"].is_number()) << report;
  for (const char* const list : {"findings", "skipped", "unchecked"}) EXPECT_TRUE(report[list].is_array()) << list;
  EXPECT_TRUE(report["ended_early"].is_boolean()) << report;
  EXPECT_TRUE(!report.contains("error") || report["error"].is_string()) << report;
}

TEST(json_report, has_the_same_keys_whatever_came_about) {
  expect_common_keys(to_json(FuzzReport{}, FuzzOptions{}));
  expect_common_keys(to_json(ExploreReport{}));
  for (const auto kind : {Error::Kind::infrastructure, Error::Kind::skipped}) {
    expect_common_keys(nothing_run("debian:trixie", {kind, "no"}, true));
    expect_common_keys(not_explored("debian:trixie", {}, {kind, "no"}, false));
  }
  EXPECT_EQ(nothing_run("k", {Error::Kind::skipped, "no"}, false)["skipped"][0], "no");
  EXPECT_EQ(nothing_run("k", {Error::Kind::infrastructure, "no"}, false)["error"], "no");
  EXPECT_EQ(nothing_run("k", {Error::Kind::infrastructure, "no"}, true)["ended_early"], true);
}

TEST(json_report, a_campaign_says_that_it_ended_early_and_how_much_it_did_not_judge) {
  FuzzReport report;
  report.ended_early = true;
  report.progress.operations = 6;
  report.progress.unjudged = 1;
  KnownState avoided;
  avoided.action = KnownAction::avoid;
  avoided.hits = 1;
  report.known.states = {avoided};
  const json told = to_json(report, {});
  EXPECT_EQ(told["ended_early"], true);
  EXPECT_EQ(told["left_out"], 1);
  EXPECT_EQ(told["unjudged_share"], 0.25);
}

TEST(json_report, of_several_kernels_one_that_ended_early_is_seen_from_the_top) {
  json one = nothing_run("a", {Error::Kind::skipped, "no"}, false);
  const json two = nothing_run("b", {Error::Kind::infrastructure, "no"}, true);
  EXPECT_FALSE(side_by_side({one}).contains("runs"));
  const json both = side_by_side({one, two});
  EXPECT_EQ(both["kernel"], one["kernel"]);
  EXPECT_EQ(both["ended_early"], true);
  EXPECT_EQ(both["runs"].size(), 2U);
  EXPECT_EQ(both["runs"][0]["ended_early"], false);
}

TEST(json_report, what_two_explorations_did_not_check_is_told_once) {
  ExploreReport bare;
  bare.unchecked = {feature_named(feature_refcnt), feature_named(feature_next_id)};
  const json one = to_json(bare);
  EXPECT_EQ(one["unchecked"].size(), 2U);
  EXPECT_EQ(together({one, one})["unchecked"], one["unchecked"]);
}

}  // namespace
}  // namespace mprogcheck
