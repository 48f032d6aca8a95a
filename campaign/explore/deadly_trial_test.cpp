// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// A released kernel that dies of a relative without a program (docs/findings/relative_without_program.md), met by one
// of thousands of operations that are tried in place: the pair to blame is found, and the others have their outcomes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "campaign/explore/pin_trial.hpp"
#include "campaign/explore/tour_run.hpp"
#include "campaign/finding/one_run.hpp"
#include "campaign/known.hpp"
#include "kernel_oracle/testing/stock_kernel.hpp"
#include "model/language/parse.hpp"

namespace mprogcheck {
namespace {

constexpr const char* fatal = "attach tcx_ingress@d0 p0 before link fd(o17)";

/// Keeps the one run.
class Keeping final : public RunSink {
 public:
  void take(std::size_t /*job*/, Run& last) override { run = std::move(last); }
  Run run;
};

class deadly_trial : public testing::StockKernel {
 protected:
  void SetUp() override {
    StockKernel::SetUp();
    if (oracle_ == nullptr) return;
    if (!oracle_->identity().has("struct_ops_link")) GTEST_SKIP() << "the kernel has no such link";
    auto entries = known_divergences();
    ASSERT_TRUE(entries);
    const auto known = probe_known(*oracle_, *entries);
    ASSERT_TRUE(known) << known.error().message;
    if (!known->avoids(*model::parse_operation(fatal), model::Rule::relative_no_program))
      GTEST_SKIP() << "the kernel is mended";
    traits_ = known->traits;
    space_ = std::make_unique<ExploreSpace>(properties::Bound{.programs = 1, .links = 0}, traits_, Shard{},
                                            properties::WorldMachine::Avoid(), nullptr,
                                            std::vector<model::Operation>{*model::parse_operation(fatal)});
    ASSERT_TRUE(space_->can_be_explored());
    fatal_ = static_cast<std::uint32_t>(space_->machine().operations() - 1);
  }
  /// Where the program is attached already another rule decides, and nobody dies.
  [[nodiscard]] bool kills_in(std::uint32_t state) const {
    return space_->machine().predict(space_->graph().state(state), fatal_).rule == model::Rule::relative_no_program;
  }

  model::Traits traits_;
  std::unique_ptr<ExploreSpace> space_;
  std::uint32_t fatal_ = 0;
};

TEST_F(deadly_trial, is_pinned_and_the_others_have_their_outcomes) {
  unsigned deaths = 0, pairs = 0;
  for (std::uint32_t number = 0; number < space_->tours().size(); ++number) {
    const properties::Tour& tour = space_->tours()[number];
    SCOPED_TRACE(number);
    const auto deadly = std::ranges::find_if(tour.stops, [this](const auto& stop) { return kills_in(stop.state); });
    const auto ran = run_tour(*space_, tour, traits_, *oracle_);
    ASSERT_TRUE(ran) << ran.error().message;
    std::set<Pair> excluded;
    if (deadly == tour.stops.end()) {
      EXPECT_TRUE(ran->suspects.empty());
    } else {
      ++deaths;
      ASSERT_EQ(ran->suspects.size(), 1U);
      const TourSuspect& suspect = ran->suspects.front();
      EXPECT_TRUE(suspect.vague) << "any of those that were tried may be to blame";
      ASSERT_TRUE(suspect.divergence);
      EXPECT_EQ(suspect.divergence->ending, Run::Ending::splat);
      EXPECT_THAT(suspect.console, ::testing::HasSubstr("RIP: 0010:bpf_mprog_tuple_relative"));
      const Pair blamed{deadly->state, fatal_};
      const auto pinned = pin_trial(*space_, stops_before(tour, suspect), traits_, *oracle_);
      ASSERT_TRUE(pinned) << pinned.error().message;
      ASSERT_TRUE(*pinned) << "nothing went wrong";
      EXPECT_EQ(**pinned, blamed);
      excluded.insert(**pinned);
    }
    const Job job = job_of(*space_, tour, traits_, [&](std::uint32_t state, std::uint32_t operation) {
      return excluded.contains({state, operation});
    });
    Keeping sink;
    ASSERT_TRUE(oracle_->run({&job, 1}, sink));
    const auto judgement = properties::judge(job, sink.run);
    EXPECT_EQ(judgement.malformed, "");
    EXPECT_FALSE(judgement.divergence);
    ASSERT_EQ(sink.run.trials.size(), tour.stops.size());
    std::vector<properties::TrialDifference> differences;
    for (std::size_t n = 0; n < tour.stops.size(); ++n) {
      properties::check_trials(space_->graph().state(tour.stops[n].state), *job.alphabet, job.trials[n], sink.run,
                               sink.run.trials[n], differences);
      EXPECT_EQ(sink.run.trials[n].length, trial_set::count(job.trials[n].which));
      pairs += sink.run.trials[n].length;
    }
    EXPECT_TRUE(differences.empty());
    pairs += static_cast<unsigned>(std::ranges::count(tour.counts, true));
  }
  EXPECT_EQ(deaths, 1U);
  EXPECT_EQ(pairs + deaths, space_->pairs());
}

}  // namespace
}  // namespace mprogcheck
