// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// A kernel without BPF iterators: no reference can be counted, and a leak is told by ids that live on.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "kernel_oracle/testing/agreement.hpp"
#include "kernel_oracle/testing/probed_kernel.hpp"
#include "model/language/print.hpp"
#include "oracle/accident.hpp"

namespace mprogcheck {
namespace {

struct Last {
  Run::Ending ending;
  std::string note;
  bool miscounted, counted;
  std::uint32_t unchecked;
};

class Lasts final : public RunSink {
 public:
  explicit Lasts(std::span<const Job> jobs) : jobs_(jobs) {}
  void take(std::size_t job, Run& run) override {
    runs.push_back({run.ending, run.note, run.miscounted, run.counted, run.unchecked});
    if (run.ending == Run::Ending::complete) {
      EXPECT_EQ(testing::difference(jobs_[job], run), "") << model::print(jobs_[job].sequence);
    }
  }
  std::vector<Last> runs;

 private:
  std::span<const Job> jobs_;
};

class WithoutCounts : public testing::ProbedKernel {
 protected:
  WithoutCounts() { config_.command_line = std::string(no_counts_switch) + " " + std::string(accident_switch); }
  std::vector<Last> run(const std::vector<Job>& jobs) {
    Lasts lasts(jobs);
    const auto ran = oracle_->run(jobs, lasts);
    EXPECT_TRUE(ran) << ran.error().message;
    return std::move(lasts.runs);
  }
};

/// Of p0, which is declared; with the accident before its step.
Job query_with(Accident accident, Depth depth) {
  Job job;
  job.sequence.declarations = {.devices = 1, .programs = 1};
  job.sequence.operations = {model::Attach{.program = model::Argument::of(model::Name::pool(0))}};
  job.depth = depth;
  job.accident = accident;
  return job;
}

/// The programs that are there all the time are let go and loaded again, and nobody notices.
TEST_F(WithoutCounts, HonestKernelsAgreeAllTheSame) {
  if (!oracle_) return;
  EXPECT_FALSE(oracle_->identity().has(feature_refcnt));
  const auto guests = oracle_->guests();
  for (unsigned round = 0; round < 3; ++round)
    for (const Depth depth : {Depth::fast, Depth::deep}) {
      std::vector<Job> jobs = testing::hand_made(depth, traits_);
      for (Job& job : runnable(testing::hand_made_lifetimes(depth, traits_))) jobs.push_back(std::move(job));
      for (const Last& last : run(jobs)) {
        EXPECT_EQ(last.ending, Run::Ending::complete) << last.note;
        EXPECT_FALSE(last.counted);
      }
    }
  EXPECT_EQ(oracle_->guests(), guests) << "no guest was thrown away";
}

TEST_F(WithoutCounts, FloorAndCheckedPathMakeTheSameCalls) {
  if (!oracle_) return;
  const auto bench = oracle_->bench(testing::hand_made(Depth::fast, traits_));
  ASSERT_TRUE(bench) << bench.error().message;
  EXPECT_GT(bench->floor_failures, 0U);
  EXPECT_EQ(bench->floor_failures, bench->checked_failures);
}

TEST_F(WithoutCounts, AProgramThatNobodyGivesBackIsTold) {
  if (!oracle_) return;
  const auto runs = run({query_with(Accident::leak, Depth::fast)});
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(runs[0].ending, Run::Ending::unclean);
  EXPECT_TRUE(runs[0].miscounted);
  EXPECT_NE(runs[0].note.find("which no sequence should have left, lives on"), std::string::npos) << runs[0].note;
}

/// It has an id that is known, and its own file keeps it alive: only without that file it shows.
TEST_F(WithoutCounts, AProgramThatIsHeldOnceMoreIsTold) {
  if (!oracle_) return;
  for (const Depth depth : {Depth::deep, Depth::fast}) {
    std::vector<Job> jobs(3, query_with(Accident::none, depth));
    jobs[1] = query_with(Accident::hold, depth);
    const auto runs = run(jobs);
    ASSERT_EQ(runs.size(), 3U);
    const auto told = std::ranges::find(runs, Run::Ending::unclean, &Last::ending);
    ASSERT_NE(told, runs.end());
    EXPECT_TRUE(told->miscounted);
    EXPECT_NE(told->note.find("program p0"), std::string::npos) << told->note;
    EXPECT_NE(told->note.find("lives on when its last file is closed"), std::string::npos) << told->note;
    // In deep depth after each run; otherwise when there is nothing more to do, and one of those before may be it.
    if (depth == Depth::deep) {
      EXPECT_EQ(told - runs.begin(), 1);
    }
    EXPECT_EQ(told->unchecked, depth == Depth::deep ? 0U : 2U);
  }
}

}  // namespace
}  // namespace mprogcheck
