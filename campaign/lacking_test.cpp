// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Where others make links too (--kernel here), or there are no BPF iterators, nobody knows which id comes next: what
// asks for every operation of a bound asks for the others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "campaign/explore.hpp"
#include "campaign/one_run.hpp"
#include "campaign/shortest.hpp"
#include "kernel_oracle/model_oracle.hpp"
#include "kernel_oracle/needs.hpp"
#include "kernel_oracle/planted_fault.hpp"
#include "kernel_oracle/trial_needs.hpp"
#include "model/parse.hpp"

namespace mprogcheck {
namespace {

namespace fs = std::filesystem;

/// Refuses what an oracle without the feature cannot run.
class Lacking final : public Oracle {
 public:
  explicit Lacking(std::unique_ptr<Oracle> inner) : inner_(std::move(inner)), identity_(inner_->identity()) {
    std::erase(identity_.features, feature_next_id);
  }
  [[nodiscard]] const OracleIdentity& identity() const override { return identity_; }
  Result<void> run(std::span<const Job> jobs, RunSink& sink) override {
    for (const Job& job : jobs)
      if (auto able = can_run(identity_, job.sequence); !able) return able;
    if (auto able = needs_.can_try(identity_, jobs); !able) return able;
    return inner_->run(jobs, sink);
  }

 private:
  std::unique_ptr<Oracle> inner_;
  OracleIdentity identity_;
  TrialNeeds needs_;
};

TEST(without_next_id, the_rest_of_the_bound_is_explored_and_that_is_said) {
  std::string directory = (fs::temp_directory_path() / "mprogcheck-lacking-XXXXXX").string();
  ASSERT_NE(::mkdtemp(directory.data()), nullptr);
  Reporter silent;
  const auto report = explore(
      {.bound = {.programs = 1}, .kernel = "model", .out = directory},
      [](unsigned) {
        return Result<std::unique_ptr<Oracle>>(std::make_unique<Lacking>(std::make_unique<ModelOracle>()));
      },
      silent);
  fs::remove_all(directory);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_FALSE(report->error) << report->error->message;
  EXPECT_TRUE(report->is_complete());
  EXPECT_THAT(report->silent, testing::Contains(model::Rule::relative_not_settled));
  EXPECT_THAT(properties::left_out_by(report->bound), testing::Contains(testing::HasSubstr("beside itself")));
}

TEST(without_next_id, a_shorter_sequence_is_looked_for_among_the_rest) {
  Lacking oracle(std::move(*make_faulty_oracle("exists_not_checked_for_links")));
  Finding finding;
  finding.shrunk = *model::parse(
      "mprogcheck 1\nnetdev d0\nprog p0, p1 sched_cls\nattach tcx_ingress@d0 p1\nattach tcx_ingress@d0 p0\n"
      "link l0 tcx_ingress@d0 p0\n");
  const auto judgement = run_once(oracle, {.sequence = finding.shrunk, .quirks = {}, .depth = Depth::deep});
  ASSERT_TRUE(judgement && judgement->divergence);
  finding.divergence = *judgement->divergence;
  const auto found = look_for_shorter(finding, oracle, {.most = 1'000'000});
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_TRUE(found->known && found->shorter);
  EXPECT_EQ(found->shorter->operations.size(), 2U);
}

}  // namespace
}  // namespace mprogcheck
