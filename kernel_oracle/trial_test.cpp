// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "oracle/trial.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>

#include "kernel_oracle/testing/fake_agent.hpp"
#include "kernel_oracle/testing/trial_jobs.hpp"
#include "oracle/model_oracle.hpp"
#include "oracle/needs.hpp"

namespace mprogcheck {
namespace {

using testing::Collector;
using testing::job_of;
using testing::operation_that_changes;
using testing::three_programs;
using testing::verdict_after;

RC_GTEST_PROP(TrialSet, IsASetInAscendingOrder, ()) {
  const auto wanted = *rc::gen::container<std::set<std::uint32_t>>(rc::gen::inRange<std::uint32_t>(0, 300));
  Trials trials;
  for (const std::uint32_t operation : wanted) trials.add(operation);
  std::vector<std::uint32_t> found;
  trial_set::for_each(trials.which, [&](std::uint32_t operation) {
    found.push_back(operation);
    return true;
  });
  RC_ASSERT(std::ranges::equal(found, wanted));
  RC_ASSERT(trial_set::count(trials.which) == wanted.size());
  const auto n = *rc::gen::inRange<std::uint32_t>(0, 310);
  RC_ASSERT(trial_set::has(trials.which, n) == wanted.contains(n));
  RC_ASSERT(trial_set::count_to(trials.which, n) ==
            static_cast<std::size_t>(std::distance(wanted.begin(), wanted.upper_bound(n))));
  RC_ASSERT(trial_set::is_within(trials.which, n) == (wanted.empty() || *wanted.rbegin() < n));
}

class TrialTest : public ::testing::Test {
 protected:
  static auto run_by(Oracle& oracle, const Job& job) {
    Collector collector;
    const auto ran = oracle.run(std::span(&job, 1), collector);
    EXPECT_TRUE(ran) << ran.error().message;
    collector.runs.resize(1);
    return std::move(collector.runs[0]);
  }
  static auto run_by_model(const Job& job) {
    ModelOracle oracle;
    return run_by(oracle, job);
  }

  std::shared_ptr<const Alphabet> alphabet_ = std::make_shared<const Alphabet>(testing::many_operations());
};

TEST_F(TrialTest, ModelAnswersWhatItPredicts) {
  const Job job = job_of(three_programs, alphabet_);
  const auto run = run_by_model(job);
  EXPECT_EQ(run.ending, Run::Ending::complete);
  ASSERT_EQ(run.trials.size(), 3U);
  for (std::uint32_t n = 0; n < 3; ++n) {
    EXPECT_EQ(run.trials[n].step, n);
    EXPECT_EQ(run.trials[n].changed, TriedTrials::none);
    EXPECT_FALSE(run.trials[n].changed_elsewhere);
    ASSERT_EQ(run.trials[n].length, trial_set::count(job.trials[n].which));
    const std::uint8_t* errnos = run.trial_errnos.data() + run.trials[n].first;
    std::set<int> errors;
    model::World world = world_of(job);
    for (std::uint32_t i = 0; i <= n; ++i) world.apply(job.sequence.operations[i]);
    trial_set::for_each(job.trials[n].which, [&](std::uint32_t operation) {
      errors.insert(*errnos);
      EXPECT_EQ(*errnos++, world.predict(alphabet_->operations()[operation]).outcome.error);
      return true;
    });
    EXPECT_GE(errors.size(), 5U);  // or the alphabet is no test
  }
}

TEST_F(TrialTest, WhatChangesSomethingEndsTheRun) {
  Job job = job_of(three_programs, alphabet_);
  const std::uint32_t changing = operation_that_changes(job, 1);
  job.trials[1].add(changing);
  const auto run = run_by_model(job);
  EXPECT_EQ(run.ending, Run::Ending::complete);
  EXPECT_EQ(run.steps.size(), 2U);
  ASSERT_EQ(run.trials.size(), 2U);
  EXPECT_EQ(run.trials[1].changed, changing);
  EXPECT_FALSE(run.trials[1].changed_elsewhere);
  EXPECT_EQ(run.trials[1].length, trial_set::count_to(job.trials[1].which, changing));
  EXPECT_EQ(run.trial_errnos.back(), 0);
}

TEST_F(TrialTest, LiesAreTold) {
  Job job = job_of(three_programs, alphabet_);
  const std::uint32_t at = 1000;
  job.trials[1].lie = TrialLie::outcome;
  job.trials[1].lie_at = at;
  const auto honest = run_by_model(job_of(three_programs, alphabet_));
  auto run = run_by_model(job);
  const auto place = run.trials[1].first + trial_set::count_to(job.trials[1].which, at) - 1;
  EXPECT_NE(run.trial_errnos[place], honest.trial_errnos[place]);
  run.trial_errnos[place] = honest.trial_errnos[place];
  EXPECT_EQ(run.trial_errnos, honest.trial_errnos);

  job.trials[1].lie = TrialLie::change;
  run = run_by_model(job);
  ASSERT_EQ(run.trials.size(), 2U);
  EXPECT_EQ(run.trials[1].changed, at);
  EXPECT_EQ(run.steps.size(), 2U);
}

/// Wrong in one thing at one operation.
class Wrong final : public Misbehaviour {
 public:
  enum class How { errno_, list, other_list, ending };
  Wrong(How how, model::Operation at) : how_(how), at_(std::move(at)) {}
  model::Verdict decide(const model::World&, const model::Operation& operation, const model::Verdict& honest) override {
    hit_ = operation == at_;
    model::Verdict verdict = honest;
    if (hit_ && how_ == How::errno_) verdict.outcome = model::Outcome{7};
    return verdict;
  }
  void applied(model::World& world, const model::World&, const model::Operation&, const model::Verdict&) override {
    if (hit_ && how_ == How::list) ++world.mutable_list(0).revision;
    if (hit_ && how_ == How::other_list) ++world.mutable_list(1).revision;
  }
  Run::Ending ending(std::string& note) override {
    if (!hit_ || how_ != How::ending) return Run::Ending::complete;
    note = "BUG: planted";
    return Run::Ending::splat;
  }

 private:
  How how_;
  model::Operation at_;
  bool hit_ = false;
};

TEST_F(TrialTest, FaultsAreSeenAtTheirOperation) {
  Job job = job_of(three_programs, alphabet_);
  for (Trials& trials : job.trials) trials.which.resize(200);  // calls that name the list
  const std::uint32_t at = 1000;
  ASSERT_TRUE(trial_set::has(job.trials[0].which, at));
  ASSERT_EQ(model::site_of(alphabet_->operations()[at])->hook, model::Hook::tcx_ingress);
  const auto run_wrong = [&](Wrong::How how) {
    ModelOracle oracle("wrong", std::make_unique<Wrong>(how, alphabet_->operations()[at]));
    return run_by(oracle, job);
  };
  const auto place = trial_set::count_to(job.trials[0].which, at) - 1;
  auto run = run_wrong(Wrong::How::errno_);
  EXPECT_EQ(run.trials.size(), 3U);
  EXPECT_EQ(run.trial_errnos[place], 7);

  run = run_wrong(Wrong::How::list);
  ASSERT_EQ(run.trials.size(), 1U);
  EXPECT_EQ(run.trials[0].changed, at);
  EXPECT_FALSE(run.trials[0].changed_elsewhere);
  EXPECT_EQ(run.steps.size(), 1U);

  // Nobody looked at the other list until the end of the block.
  run = run_wrong(Wrong::How::other_list);
  ASSERT_EQ(run.trials.size(), 3U);
  EXPECT_EQ(run.trials[0].changed, TriedTrials::none);
  EXPECT_TRUE(run.trials[0].changed_elsewhere);

  run = run_wrong(Wrong::How::ending);
  EXPECT_EQ(run.ending, Run::Ending::splat);
  EXPECT_EQ(run.at, 0U);
  EXPECT_EQ(run.note, "BUG: planted");
  EXPECT_EQ(run.trials[0].length, place + 1);
}

TEST_F(TrialTest, TrialsThatMakeNoSenseAreRefused) {
  const auto refused = [&](auto spoil) {
    Job job = job_of(three_programs, alphabet_);
    spoil(job);
    ModelOracle oracle;
    Collector collector;
    const auto ran = oracle.run(std::span(&job, 1), collector);
    return !ran && ran.error().kind == Error::Kind::usage;
  };
  EXPECT_FALSE(refused([](Job&) {}));
  EXPECT_TRUE(refused([](Job& job) { job.alphabet.reset(); }));
  EXPECT_TRUE(refused([](Job& job) { job.trials[1].step = 0; }));
  EXPECT_TRUE(refused([](Job& job) { job.trials[2].step = 3; }));
  EXPECT_TRUE(refused([&](Job& job) { job.trials[0].add(static_cast<std::uint32_t>(alphabet_->size())); }));
  EXPECT_TRUE(refused([](Job& job) {  // attach to an interface index that may be somebody's
    job.alphabet = std::make_shared<const Alphabet>(std::vector<model::Operation>{
        model::Attach{{model::Hook::tcx_ingress, model::Target::literal(1)}, {}, 0, {}, {}, {}}});
    for (Trials& trials : job.trials) trials.which = {1};
  }));
}

TEST(TrialNeeds, AreTheFeaturesOfTheAlphabet) {
  const OracleIdentity without{"test", "1.0", "none", {"tcx"}};
  Job job = job_of(
      "mprogcheck 1\nnetdev d0\nquery tcx_ingress@d0\n",
      std::make_shared<const Alphabet>(std::vector<model::Operation>{*model::parse_operation("run tcx_ingress@d1")}));
  TrialNeeds needs;
  const auto able = needs.can_try(without, std::span(&job, 1));
  ASSERT_FALSE(able);
  EXPECT_EQ(able.error().kind, Error::Kind::skipped);
  const OracleIdentity with{"test", "1.0", "none", {"tcx", std::string(feature_run)}};
  EXPECT_TRUE(needs.can_try(with, std::span(&job, 1)));
}

}  // namespace
}  // namespace mprogcheck
