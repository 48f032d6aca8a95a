// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The time of a campaign, where its guest does not come to an end.
#include "base/curfew.hpp"

#include <gtest/gtest.h>

#include "base/testing/scratch.hpp"
#include "campaign/fuzz/earned.hpp"
#include "campaign/fuzz/fuzz.hpp"
#include "oracle/model_oracle.hpp"

namespace mprogcheck {
namespace {

using namespace std::chrono_literals;

/// After so many calls of run() its guest is at work until the curfew: which is looked up, not waited for.
class Endless final : public Oracle {
 public:
  Endless(unsigned calls, Error::Kind kind, Curfew& curfew) : left_(calls), kind_(kind), curfew_(curfew) {}
  [[nodiscard]] const OracleIdentity& identity() const override { return model_.identity(); }
  Result<void> run(std::span<const Job> jobs, RunSink& sink) override {
    if (left_-- != 0) return model_.run(jobs, sink);
    const auto now = Curfew::Clock::now();
    EXPECT_FALSE(curfew_.is_over(now));
    EXPECT_TRUE(curfew_.is_over(now + 1h + 10s)) << "--seconds, and ten of grace";
    EXPECT_FALSE(curfew_.is_over(now + 30min)) << "not of another kernel, nor of what came before";
    // Now it is over, and the time of the campaign is, too.
    curfew_.set(now);
    EXPECT_TRUE(model_.run(jobs.first(10), sink)) << "so many runs of the batch came in time";
    return fail(kind_, "the time was up");
  }

 private:
  ModelOracle model_;
  unsigned left_;
  Error::Kind kind_;
  Curfew& curfew_;
};

FuzzReport report_with(unsigned calls, Error::Kind kind) {
  const testing::Scratch scratch;
  Curfew curfew;
  curfew.set(Curfew::Clock::now() - 1h);  // left over from another kernel
  FuzzOptions options;
  options.hooks = {model::Hook::tcx_ingress};
  options.seed = "curfew";
  options.seconds = 3600;
  options.out = scratch.path();
  options.curfew = &curfew;
  Reporter silent;
  auto report = fuzz(
      options,
      [&](unsigned) -> Result<std::unique_ptr<Oracle>> {
        EXPECT_FALSE(curfew.is_over()) << "booting has a deadline of its own";
        return std::make_unique<Endless>(calls, kind, curfew);
      },
      silent);
  EXPECT_TRUE(report) << report.error().message;
  return report ? *report : FuzzReport{};
}

TEST(campaign_curfew, what_was_cut_is_not_judged) {
  const auto report = report_with(3, Error::Kind::interrupted);
  EXPECT_FALSE(report.error) << report.error->message;
  EXPECT_EQ(report.progress.sequences, 3U * 256);
  EXPECT_TRUE(report.findings.empty());
  EXPECT_EQ(report.cut.batches, 1U);
  EXPECT_GE(report.cut.sequences, 9U) << "one may be a canary";
  EXPECT_GT(report.cut.operations, 0U);
  EXPECT_EQ(judged(report).unjudged, report.cut.operations) << "they ran, and nothing was made of them";
}

TEST(campaign_curfew, a_guest_that_may_hang_is_an_error) {
  const auto report = report_with(3, Error::Kind::infrastructure);
  ASSERT_TRUE(report.error);
  EXPECT_EQ(report.error->kind, Error::Kind::infrastructure);
  EXPECT_EQ(report.progress.sequences, 3U * 256);
}

}  // namespace
}  // namespace mprogcheck
