// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/trial_check.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "properties/generate/generate.hpp"
#include "properties/judge/judge.hpp"
#include "properties/testing/tampering_oracle.hpp"

namespace mprogcheck::properties {
namespace {

/// A sequence; after some of its steps, what of its own operations would change nothing there; and the run as the model
/// has it.
struct Tried {
  Job job;
  Run run;
};
Tried any_tried() {
  const Generator generator({.seed = 5,
                             .shard = 0,
                             .hooks = {model::Hook::tcx_ingress, model::Hook::tcx_egress},
                             .max_operations = 40,
                             .nonsense_ppm = std::nullopt});
  Tried tried;
  tried.job.sequence = *generator.gen();
  const auto& operations = tried.job.sequence.operations;
  tried.job.alphabet = std::make_shared<const Alphabet>(operations);
  tried.run = TamperingOracle::record(tried.job);
  model::World world = world_of(tried.job);
  for (std::uint32_t step = 0; step < operations.size(); ++step) {
    world.apply(operations[step]);
    if (*rc::gen::arbitrary<bool>()) continue;
    Trials trials;
    trials.step = step;
    TriedTrials seen{.step = step, .first = static_cast<std::uint32_t>(tried.run.trial_errnos.size())};
    for (std::uint32_t n = 0; n < operations.size(); ++n) {
      const model::Verdict verdict = world.predict(operations[n]);
      if (verdict.edit.kind != model::Edit::Kind::nothing) continue;
      trials.add(n);
      tried.run.trial_errnos.push_back(recorded_errno(verdict.outcome.error));
      ++seen.length;
    }
    tried.job.trials.push_back(trials);
    tried.run.trials.push_back(seen);
  }
  return tried;
}

/// Some block in which something was tried, and which operation of it was the nth.
std::size_t any_block(const Tried& tried) {
  std::vector<std::size_t> blocks;
  for (std::size_t n = 0; n < tried.run.trials.size(); ++n)
    if (tried.run.trials[n].length != 0) blocks.push_back(n);
  RC_PRE(!blocks.empty());
  return *rc::gen::elementOf(blocks);
}
std::uint32_t nth(const Trials& trials, std::uint32_t n) {
  std::uint32_t found = 0;
  trial_set::for_each(trials.which, [&](std::uint32_t operation) {
    found = operation;
    return n-- != 0;
  });
  return found;
}

RC_GTEST_PROP(TrialCheck, NothingDiffersFromTheModel, ()) {
  const Tried tried = any_tried();
  RC_ASSERT(check_trials(tried.job, tried.run).empty());
  RC_ASSERT(trials_are_malformed(tried.job, tried.run).empty());
  const Judgement judgement = judge(tried.job, tried.run);
  RC_ASSERT(judgement.malformed.empty() && !judgement.divergence);
}

RC_GTEST_PROP(TrialCheck, AWrongErrnoIsFound, ()) {
  Tried tried = any_tried();
  const auto block = any_block(tried);
  const auto n = *rc::gen::inRange<std::uint32_t>(0, tried.run.trials[block].length);
  std::uint8_t& found = tried.run.trial_errnos[tried.run.trials[block].first + n];
  const std::uint8_t expected = found;
  found = static_cast<std::uint8_t>(found + *rc::gen::inRange(1, 256));
  const TrialDifference wanted{tried.run.trials[block].step, nth(tried.job.trials[block], n), expected, found, false};
  RC_ASSERT(check_trials(tried.job, tried.run) == std::vector{wanted});
}

RC_GTEST_PROP(TrialCheck, AChangeIsFoundAndEndsTheRun, ()) {
  Tried tried = any_tried();
  const auto block = any_block(tried);
  TriedTrials& seen = tried.run.trials[block];
  seen.length = *rc::gen::inRange<std::uint32_t>(1, seen.length + 1);
  seen.changed = nth(tried.job.trials[block], seen.length - 1);
  const TriedTrials last = seen;
  tried.run.trials.resize(block + 1);
  tried.run.steps.resize(last.step + 1);
  const std::uint8_t errno_ = tried.run.trial_errnos[last.first + last.length - 1];
  const TrialDifference wanted{last.step, last.changed, errno_, errno_, true};
  RC_ASSERT(check_trials(tried.job, tried.run) == std::vector{wanted});
  const Judgement judgement = judge(tried.job, tried.run);
  RC_ASSERT(judgement.malformed.empty() && !judgement.divergence);
  RC_ASSERT(judgement.judged == last.step + 1);
  RC_ASSERT(judgement.unjudged == tried.job.sequence.operations.size() - judgement.judged);
}

RC_GTEST_PROP(TrialCheck, AChangeElsewhereIsFound, ()) {
  Tried tried = any_tried();
  const auto block = any_block(tried);
  tried.run.trials[block].changed_elsewhere = true;
  const auto differences = check_trials(tried.job, tried.run);
  RC_ASSERT(differences.size() == 1U);
  RC_ASSERT(differences[0].changed && differences[0].operation == TriedTrials::none);
}

/// What changes something by the model is no trial, whatever came of it.
RC_GTEST_PROP(TrialCheck, WhatShouldNotHaveBeenTriedIsFound, ()) {
  Tried tried = any_tried();
  RC_PRE(!tried.job.trials.empty());
  Trials& last = tried.job.trials.back();
  std::vector<std::uint32_t> changing;
  for (std::uint32_t n = 0; n < tried.job.alphabet->size(); ++n)
    if (!trial_set::has(last.which, n)) changing.push_back(n);
  RC_PRE(!changing.empty());
  const auto operation = *rc::gen::elementOf(changing);
  last.add(operation);
  TriedTrials& seen = tried.run.trials.back();
  const auto at = seen.first + trial_set::count_to(last.which, operation) - 1;
  tried.run.trial_errnos.insert(tried.run.trial_errnos.begin() + static_cast<std::ptrdiff_t>(at), 0);
  ++seen.length;
  const auto differences = check_trials(tried.job, tried.run);
  RC_ASSERT(differences.size() == 1U && differences[0].operation == operation);
}

/// An oracle that tries less than it was told would pass whatever it did not try.
RC_GTEST_PROP(TrialCheck, WhatIsMissingIsMalformed, ()) {
  Tried tried = any_tried();
  const auto block = any_block(tried);
  TriedTrials& seen = tried.run.trials[block];
  switch (*rc::gen::inRange(0, 8)) {
    case 0:
      --seen.length;
      break;
    case 1:
      ++seen.length;
      break;
    case 2:
      tried.run.trials.erase(tried.run.trials.begin() + static_cast<std::ptrdiff_t>(block));
      break;
    case 3:
      ++seen.step;
      break;
    case 4:
      seen.first = static_cast<std::uint32_t>(tried.run.trial_errnos.size());
      break;
    case 5:  // one that was not tried
      seen.changed = static_cast<std::uint32_t>(tried.job.alphabet->size());
      break;
    case 6:  // and yet it went on
      RC_PRE(seen.step + 1 != tried.run.steps.size());
      seen.changed = nth(tried.job.trials[block], seen.length - 1);
      break;
    default:  // and it ended, and nothing had changed
      RC_PRE(seen.step + 1 != tried.run.steps.size());
      tried.run.trials.resize(block + 1);
      tried.run.steps.resize(seen.step + 1);
  }
  const Judgement judgement = judge(tried.job, tried.run);
  RC_ASSERT(!judgement.malformed.empty());
}

TEST(TrialCheck, DifferencesAreBounded) {
  Job job;
  job.sequence.declarations.devices = 1;
  const model::Query query{{model::Hook::tcx_ingress, model::Target::device(0)}};
  job.sequence.operations = {query};
  const std::vector<model::Operation> operations(1000, query);
  job.alphabet = std::make_shared<const Alphabet>(operations);
  job.trials.emplace_back();
  for (std::uint32_t n = 0; n < 1000; ++n) job.trials[0].add(n);
  auto run = TamperingOracle::record(job);
  run.trials.clear();
  run.trial_errnos.assign(1000, 22);
  run.trials.push_back({.step = 0, .first = 0, .length = 1000});
  EXPECT_EQ(trials_are_malformed(job, run), "");
  const auto differences = check_trials(job, run);
  ASSERT_EQ(differences.size(), most_of_a_kind);
  EXPECT_EQ(differences.back().operation, most_of_a_kind - 1);
}

}  // namespace
}  // namespace mprogcheck::properties
