// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// A bare kernel is a kernel: whoever asks something asks what can be asked there, and says what cannot.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/testing/scratch.hpp"
#include "campaign/bench.hpp"
#include "campaign/explore/explore.hpp"
#include "campaign/explore/json.hpp"
#include "campaign/explore/shortest.hpp"
#include "campaign/finding/one_run.hpp"
#include "campaign/fuzz/fuzz.hpp"
#include "campaign/fuzz/json_report.hpp"
#include "campaign/replay/replay.hpp"
#include "model/language/parse.hpp"
#include "model/language/print.hpp"
#include "oracle/feature.hpp"
#include "oracle/model_oracle.hpp"
#include "oracle/needs.hpp"
#include "oracle/planted/planted_fault.hpp"
#include "oracle/trial_needs.hpp"
#include "properties/generate/generate.hpp"

namespace mprogcheck {
namespace {

using mprogcheck::testing::Scratch;
using ::testing::Contains;
using ::testing::HasSubstr;

using Names = std::vector<std::string_view>;

/// Refuses what an oracle without the features cannot run.
class Lacking final : public Oracle {
 public:
  Lacking(std::unique_ptr<Oracle> inner, const Names& lacking)
      : inner_(std::move(inner)), identity_(inner_->identity()) {
    for (const std::string_view name : lacking) std::erase(identity_.features, name);
  }
  [[nodiscard]] const OracleIdentity& identity() const override { return identity_; }
  Result<void> run(std::span<const Job> jobs, RunSink& sink) override {
    for (const Job& job : jobs) {
      if (auto able = can_run(identity_, job.sequence); !able) return able;
      if (needs_counts(job.lie) && !identity_.has(feature_refcnt)) return fail("a lie about counts that are not there");
    }
    if (auto able = needs_.can_try(identity_, jobs); !able) return able;
    return inner_->run(jobs, sink);
  }

 private:
  std::unique_ptr<Oracle> inner_;
  OracleIdentity identity_;
  TrialNeeds needs_;
};

OracleFactory lacking_model(const Names& lacking, const std::string& fault = {}) {
  return [lacking, fault](unsigned) -> Result<std::unique_ptr<Oracle>> {
    std::unique_ptr<Oracle> inner = std::make_unique<ModelOracle>();
    if (!fault.empty()) inner = std::move(*make_faulty_oracle(fault));
    return std::make_unique<Lacking>(std::move(inner), lacking);
  };
}

Names all_names() {
  Names names;
  for (const Feature& feature : features()) names.push_back(feature.name);
  return names;
}

/// Each of them by itself, and all at once.
class without : public ::testing::TestWithParam<Names> {
 protected:
  Result<FuzzReport> fuzz_on(const std::string& fault, std::uint64_t sequences) {
    FuzzOptions options;
    options.hooks = {model::Hook::tcx_ingress, model::Hook::tcx_egress};
    options.kernel = "bare";
    options.seed = "bare";
    options.sequences = sequences;
    options.out = scratch_.path();
    options.keep_state = false;
    return fuzz(options, lacking_model(GetParam(), fault), silent_);
  }

  Scratch scratch_;
  Reporter silent_;
};

TEST_P(without, a_campaign_judges_the_rest_and_names_what_it_did_not) {
  const auto report = fuzz_on("", 512);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_FALSE(report->error) << report->error->message;
  EXPECT_TRUE(report->findings.empty());
  EXPECT_EQ(report->progress.sequences, 512U);
  EXPECT_GT(report->progress.canaries.planted, 0U);
  const auto json = to_json(*report, {});
  ASSERT_EQ(json["unchecked"].size(), GetParam().size());
  for (std::size_t n = 0; n < GetParam().size(); ++n) {
    EXPECT_EQ(json["unchecked"][n]["name"], GetParam()[n]);
    EXPECT_FALSE(json["unchecked"][n]["why"].get<std::string>().empty());
    EXPECT_FALSE(json["unchecked"][n]["cure"].get<std::string>().empty());
    EXPECT_EQ(json["skipped"][n], GetParam()[n]);
  }
}

TEST_P(without, a_fault_is_found_shrunk_and_confirmed) {
  const auto report = fuzz_on("before_nothing_appends", 256);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_FALSE(report->error) << report->error->message;
  ASSERT_FALSE(report->findings.empty());
  EXPECT_EQ(report->findings.front().label, Label::reproducible);
  EXPECT_LE(report->findings.front().shrunk.operations.size(), 6U);
}

TEST_P(without, an_exploration_is_complete_and_names_what_it_did_not_ask) {
  const auto report =
      explore({.bound = {.programs = 1}, .kernel = "bare", .out = scratch_.path()}, lacking_model(GetParam()), silent_);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_FALSE(report->error) << report->error->message;
  EXPECT_TRUE(report->is_complete());
  const auto json = to_json(*report);
  std::size_t asked = 0;
  for (const std::string_view name : GetParam()) asked += is_asked_by_explore(*feature_named(name)) ? 1 : 0;
  EXPECT_EQ(json["unchecked"].size(), asked);
}

TEST_P(without, what_a_bench_measures_can_be_run) {
  const auto oracle = lacking_model(GetParam())(0);
  const properties::Generator generator({.seed = 1,
                                         .hooks = {model::Hook::tcx_ingress, model::Hook::tcx_egress},
                                         .lacks = lacks_in_bench((*oracle)->identity())});
  for (std::uint64_t i = 0; i < 2 * properties::Generator::block; ++i) {
    const auto able = can_run((*oracle)->identity(), generator.sequence(i));
    ASSERT_TRUE(able) << able.error().message;
  }
}

/// The others have their results, and this one says what it lacks.
TEST_P(without, a_sequence_that_needs_it_is_skipped_by_name_and_no_other) {
  const auto oracle = std::move(*lacking_model(GetParam())(0));
  const std::string head = "mprogcheck 1\nnetdev d0\nprog p0 sched_cls\n";
  const auto judge = [&](const std::string& operations) {
    return can_judge(*model::parse(head + operations), oracle->identity());
  };
  EXPECT_TRUE(judge("attach tcx_ingress@d0 p0\n"));
  const std::vector<std::pair<std::string_view, std::string>> users{
      {feature_run, "run tcx_ingress@d0\n"},       {feature_device, "remove d0\n"},
      {feature_qdisc, "qdisc d0 clsact\n"},        {feature_pin, "pin b0 p0\n"},
      {feature_next_id, "open h0 link id next\n"}, {"raw_tp_prog", "attach tcx_ingress@d0 o15\n"}};
  for (const auto& [feature, operations] : users) {
    const auto able = judge(operations);
    const bool lacks = std::ranges::find(GetParam(), feature) != GetParam().end();
    EXPECT_EQ(!able, lacks) << feature;
    if (able) continue;
    EXPECT_EQ(able.error().kind, Error::Kind::skipped);
    EXPECT_THAT(able.error().message, HasSubstr(std::string(feature)));
  }
}

std::vector<Names> each_and_all() {
  std::vector<Names> sets;
  for (const std::string_view name : all_names()) sets.push_back({name});
  sets.push_back(all_names());
  return sets;
}

INSTANTIATE_TEST_SUITE_P(lacking, without, ::testing::ValuesIn(each_and_all()), [](const auto& tested) {
  return tested.param.size() == 1 ? std::string(tested.param.front()) : std::string("all");
});

TEST(judged_at_all, a_sequence_without_operations_is_skipped) {
  const auto able = can_judge(*model::parse("mprogcheck 1\nnetdev d0\n"), ModelOracle().identity());
  ASSERT_FALSE(able);
  EXPECT_EQ(able.error().kind, Error::Kind::skipped);
  EXPECT_THAT(able.error().message, HasSubstr("nothing to judge"));
}

TEST(without_next_id, the_rest_of_the_bound_is_explored_and_that_is_said) {
  const Scratch scratch;
  Reporter silent;
  const auto report = explore({.bound = {.programs = 1}, .kernel = "model", .out = scratch.path()},
                              lacking_model({feature_next_id}), silent);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_TRUE(report->is_complete());
  EXPECT_THAT(report->silent, Contains(model::Rule::relative_not_settled));
  EXPECT_THAT(properties::left_out_by(report->bound), Contains(HasSubstr("beside itself")));
}

TEST(without_next_id, a_shorter_sequence_is_looked_for_among_the_rest) {
  Lacking oracle(std::move(*make_faulty_oracle("exists_not_checked_for_links")), {feature_next_id});
  Finding finding;
  finding.shrunk = *model::parse(
      "mprogcheck 1\nnetdev d0\nprog p0, p1 sched_cls\nattach tcx_ingress@d0 p1\nattach tcx_ingress@d0 p0\n"
      "link l0 tcx_ingress@d0 p0\n");
  const auto judgement = run_once(oracle, {.sequence = finding.shrunk, .traits = {}, .depth = Depth::deep});
  ASSERT_TRUE(judgement && judgement->divergence);
  finding.divergence = *judgement->divergence;
  const auto found = look_for_shorter(finding, oracle, {.most = 1'000'000});
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_TRUE(found->known && found->shorter);
  EXPECT_EQ(found->shorter->operations.size(), 2U);
}

}  // namespace
}  // namespace mprogcheck
