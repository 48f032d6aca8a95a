// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Trials on the real kernel.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "kernel_oracle/testing/agreement.hpp"
#include "kernel_oracle/testing/fake_agent.hpp"
#include "kernel_oracle/testing/probed_kernel.hpp"
#include "kernel_oracle/testing/trial_jobs.hpp"
#include "kernel_oracle/vm_oracle.hpp"
#include "model/arbitrary.hpp"
#include "oracle/model_oracle.hpp"

namespace mprogcheck {
namespace {

using testing::Collector;
using testing::job_of;
using testing::many_operations;
using testing::operation_that_changes;
using testing::three_programs;

class VmTrialTest : public testing::ProbedKernel {
 protected:
  auto run(std::span<const Job> jobs) {
    Collector collector;
    const auto ran = oracle_->run(jobs, collector);
    EXPECT_TRUE(ran) << ran.error().message;
    EXPECT_EQ(collector.runs.size(), jobs.size());
    collector.runs.resize(jobs.size());
    return std::move(collector.runs);
  }

  std::shared_ptr<const Alphabet> alphabet_ = std::make_shared<const Alphabet>(many_operations());
};

void expect_as_predicted(const Job& job, const Run& run) {
  EXPECT_EQ(run.ending, Run::Ending::complete) << run.note;
  if (!run.trials.empty() && run.trials.back().changed != TriedTrials::none)
    ADD_FAILURE() << "changed by " << model::print(job.alphabet->operations()[run.trials.back().changed]);
  EXPECT_EQ(run.steps.size(), job.sequence.operations.size());
  ASSERT_EQ(run.trials.size(), job.trials.size());
  model::World world = world_of(job);
  for (std::size_t n = 0; n < run.trials.size(); ++n) {
    const TriedTrials& tried = run.trials[n];
    world.apply(job.sequence.operations[n]);
    EXPECT_EQ(tried.step, n);
    EXPECT_EQ(tried.changed, TriedTrials::none);
    EXPECT_FALSE(tried.changed_elsewhere);
    ASSERT_EQ(tried.length, trial_set::count(job.trials[n].which));
    const std::uint8_t* errnos = run.trial_errnos.data() + tried.first;
    unsigned wrong = 0;
    trial_set::for_each(job.trials[n].which, [&](std::uint32_t operation) {
      const auto expected = world.predict(job.alphabet->operations()[operation]).outcome.error;
      const int found = *errnos++;
      if (found != expected) ++wrong;
      EXPECT_EQ(found, expected) << model::print(job.alphabet->operations()[operation]);
      return wrong < 5;
    });
  }
}

TEST_F(VmTrialTest, KernelAndModelAgree) {
  std::vector<Job> jobs{job_of(three_programs, alphabet_, traits_), job_of(three_programs, alphabet_, traits_)};
  jobs[1].depth = Depth::deep;
  auto runs = run(jobs);
  for (std::size_t n = 0; n < jobs.size(); ++n) expect_as_predicted(jobs[n], runs[n]);
  EXPECT_GT(runs[0].trial_errnos.size(), 2 * alphabet_->size());
}

/// Whatever the sequence and whatever is tried, as long as it is to change nothing: or one thing is, and both say
/// which.
TEST_F(VmTrialTest, AnySequenceAndAnyTrials) {
  const bool held = rc::check("any trials", [&] {
    const model::Sequence path = runnable(*model::arbitrary_sequence());
    Job job = job_of(path, std::make_shared<const Alphabet>(path.operations), traits_);
    job.depth = *rc::gen::element(Depth::fast, Depth::deep);
    if (!job.trials.empty() && *rc::gen::inRange(0, 4) == 0)
      job.trials[*rc::gen::inRange<std::size_t>(0, job.trials.size())].add(
          *rc::gen::inRange(0U, static_cast<std::uint32_t>(path.operations.size())));
    ModelOracle model(traits_);
    Collector expected, found;
    RC_ASSERT(model.run(std::span(&job, 1), expected).has_value());
    RC_ASSERT(oracle_->run(std::span(&job, 1), found).has_value());
    const auto& wanted = expected.runs.at(0);
    const auto& run = found.runs.at(0);
    RC_LOG() << model::print(path) << run.note;
    RC_ASSERT(run.ending == Run::Ending::complete);
    RC_ASSERT(run.steps.size() == wanted.steps.size());
    RC_ASSERT(run.trials.size() == wanted.trials.size());
    for (std::size_t n = 0; n < run.trials.size(); ++n) {
      RC_LOG() << "after step " << run.trials[n].step << " (from 0): changed " << run.trials[n].changed << '\n';
      RC_ASSERT(run.trials[n].changed == wanted.trials[n].changed);
      RC_ASSERT(run.trials[n].changed_elsewhere == wanted.trials[n].changed_elsewhere);
      const auto errnos_of = [n](const auto& of) {
        return std::span(of.trial_errnos).subspan(of.trials[n].first, of.trials[n].length);
      };
      std::uint32_t at = 0;
      trial_set::for_each(job.trials[n].which, [&](std::uint32_t operation) {
        if (at >= run.trials[n].length) return false;
        RC_LOG() << (errnos_of(run)[at] != errnos_of(wanted)[at] ? model::print(path.operations[operation]) : "");
        return ++at != 0;
      });
      RC_ASSERT(std::ranges::equal(errnos_of(run), errnos_of(wanted)));
    }
  });
  EXPECT_TRUE(held);
}

/// A guest that is new does not have it, and one that has another gets this one.
TEST_F(VmTrialTest, AGuestHasTheAlphabetOfTheJob) {
  const std::vector<model::Operation> few{*model::parse_operation("attach tcx_ingress@d0 fd 901"),
                                          *model::parse_operation("detach tcx_ingress@d0 p3")};
  const auto other = std::make_shared<const Alphabet>(few);
  std::vector<Job> jobs{job_of(three_programs, other, traits_), job_of(three_programs, alphabet_, traits_),
                        job_of(three_programs, other, traits_), job_of(three_programs, other, traits_)};
  for (int round = 0; round < 2; ++round) {
    auto runs = run(jobs);
    for (std::size_t n = 0; n < jobs.size(); ++n) expect_as_predicted(jobs[n], runs[n]);
    const auto renewed = oracle_->renew(Start::quick);
    ASSERT_TRUE(renewed) << renewed.error().message;
  }
}

TEST_F(VmTrialTest, WhatChangesSomethingEndsTheRun) {
  std::vector<Job> jobs{job_of(three_programs, alphabet_, traits_), job_of(three_programs, alphabet_, traits_),
                        job_of(three_programs, alphabet_, traits_)};
  const std::uint32_t attach = operation_that_changes(jobs[0], 1);
  jobs[0].trials[1].add(attach);
  // A link, whose name the reset lets go, and a detach.
  const auto find = [&](auto is) {
    const auto operations = alphabet_->operations();
    for (std::uint32_t n = 0; n < operations.size(); ++n)
      if (is(operations[n]) && !trial_set::has(jobs[1].trials[1].which, n)) return n;
    return TriedTrials::none;
  };
  const auto link = find([](const auto& operation) { return std::holds_alternative<model::CreateLink>(operation); });
  const auto detach = find([](const auto& operation) { return std::holds_alternative<model::Detach>(operation); });
  jobs[1].trials[1].add(link);
  jobs[2].trials[1].add(detach);
  const std::vector<std::uint32_t> changing{attach, link, detach};
  auto runs = run(jobs);
  for (std::size_t n = 0; n < jobs.size(); ++n) {
    ASSERT_EQ(runs[n].trials.size(), 2U);
    EXPECT_EQ(runs[n].ending, Run::Ending::complete) << runs[n].note;
    EXPECT_EQ(runs[n].steps.size(), 2U);
    EXPECT_EQ(runs[n].trials[1].changed, changing[n]);
    EXPECT_FALSE(runs[n].trials[1].changed_elsewhere);
    EXPECT_EQ(runs[n].trials[1].length, trial_set::count_to(jobs[n].trials[1].which, changing[n]));
    EXPECT_EQ(runs[n].trial_errnos.back(), 0);
  }
  EXPECT_EQ(oracle_->guests(), 1U);  // the world was empty again
}

TEST_F(VmTrialTest, LiesAreTold) {
  std::vector<Job> jobs{job_of(three_programs, alphabet_, traits_), job_of(three_programs, alphabet_, traits_)};
  const std::uint32_t at = 1000;
  ASSERT_TRUE(trial_set::has(jobs[0].trials[1].which, at));
  jobs[0].trials[1].lie = TrialLie::outcome;
  jobs[1].trials[1].lie = TrialLie::change;
  for (Job& job : jobs) job.trials[1].lie_at = at;
  auto runs = run(jobs);
  ASSERT_EQ(runs[0].trials.size(), 3U);
  const auto place = runs[0].trials[1].first + trial_set::count_to(jobs[0].trials[1].which, at) - 1;
  const auto truth = testing::verdict_after(jobs[0], 1, at).outcome.error;
  EXPECT_EQ(runs[0].trial_errnos[place], lied_errno(truth));
  runs[0].trial_errnos[place] = static_cast<std::uint8_t>(truth);
  expect_as_predicted(jobs[0], runs[0]);

  ASSERT_EQ(runs[1].trials.size(), 2U);
  EXPECT_EQ(runs[1].trials[1].changed, at);
  EXPECT_FALSE(runs[1].trials[1].changed_elsewhere);
  EXPECT_EQ(runs[1].steps.size(), 2U);
  EXPECT_EQ(runs[1].trial_errnos.back(), truth);
}

/// The floor is the same system calls, each with its query, in a tight loop. Of the whole alphabet its recording would
/// not fit the caches, and be slow for that.
TEST_F(VmTrialTest, CanBeMeasured) {
  std::vector<model::Operation> some;
  for (std::size_t n = 0; n < alphabet_->size(); n += 20) some.push_back(alphabet_->operations()[n]);
  const Job job = job_of(three_programs, std::make_shared<const Alphabet>(some), traits_);
  const auto bench = oracle_->bench(std::span(&job, 1));
  ASSERT_TRUE(bench) << bench.error().message;
  EXPECT_GT(bench->operations, 2 * some.size());
  EXPECT_GE(bench->system_calls, 2 * bench->operations);
  EXPECT_EQ(bench->floor_failures, bench->checked_failures);
  const auto microseconds = [&](std::uint64_t ns) {
    return std::to_string(static_cast<double>(ns) / 1000.0 / static_cast<double>(bench->rounds * bench->operations));
  };
  RecordProperty("floor_us_per_operation", microseconds(bench->floor_ns));
  RecordProperty("checked_us_per_operation", microseconds(bench->checked_ns));
}

/// More than is held in the guest at once.
TEST_F(VmTrialTest, ALongRunComesInParts) {
  std::string path =
      "mprogcheck 1\nnetdev d0\ncaller u uid 1000\nprog p0..p3 sched_cls returns next\nattach tcx_ingress@d0 p0\n";
  for (int n = 0; n < 15; ++n) path += "query tcx_ingress@d0\n";
  const Job job = job_of(path, alphabet_, traits_);
  const auto runs = run(std::span(&job, 1));
  ASSERT_GT(runs[0].trial_errnos.size(), 512UL << 10);
  expect_as_predicted(job, runs[0]);
}

}  // namespace
}  // namespace mprogcheck
