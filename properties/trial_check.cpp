// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/trial_check.hpp"

#include <fmt/format.h>

namespace mprogcheck::properties {

namespace {

/// Whether a block is an answer to what was to be tried.
bool answers(const Trials& trials, const TriedTrials& tried, const Run& run, bool whole) {
  const std::size_t size = run.trial_errnos.size();
  if (tried.step != trials.step || tried.first > size || tried.length > size - tried.first) return false;
  if (tried.changed != TriedTrials::none)
    return trial_set::has(trials.which, tried.changed) &&
           tried.length == trial_set::count_to(trials.which, tried.changed) && tried.step + 1 == run.steps.size();
  const std::uint32_t due = trial_set::count(trials.which);
  return whole ? tried.length == due : tried.length <= due;
}

/// What makes two differences of a block alike: of each kind a few are kept, so that a frequent one hides no other.
struct Kind {
  std::size_t call;
  model::Rule rule;
  std::uint8_t expected, found;
  unsigned times = 0;
};

bool is_new(std::vector<Kind>& kinds, const Kind& kind) {
  for (Kind& known : kinds)
    if (known.call == kind.call && known.rule == kind.rule && known.expected == kind.expected &&
        known.found == kind.found)
      return ++known.times <= most_of_a_kind;
  kinds.push_back(kind);
  kinds.back().times = 1;
  return true;
}

}  // namespace

bool ends_by_a_trial(const Run& run) {
  return !run.trials.empty() && run.trials.back().changed != TriedTrials::none;
}

std::string trials_are_malformed(const Job& job, const Run& run) {
  const bool whole = run.ending == Run::Ending::complete || run.ending == Run::Ending::unclean;
  std::size_t found = 0;
  for (const Trials& trials : job.trials) {
    if (trials.step >= run.steps.size()) break;
    const bool last = trials.step + 1 == run.steps.size();
    if (found == run.trials.size() || run.trials[found].step != trials.step) {
      if (!whole && last) break;  // the run ended before, or during them
      return fmt::format("step {}: no word of what was tried after it", trials.step + 1);
    }
    if (!answers(trials, run.trials[found], run, whole || !last))
      return fmt::format("step {}: {} errnos are no answer to {} operations that were to be tried after it",
                         trials.step + 1, run.trials[found].length, trial_set::count(trials.which));
    ++found;
  }
  if (found != run.trials.size())
    return fmt::format("step {}: nothing was to be tried after it", run.trials[found].step + 1);
  return {};
}

void check_trials(const model::World& world, const Alphabet& alphabet, const Trials& trials, const Run& run,
                  const TriedTrials& tried, std::vector<TrialDifference>& differences) {
  const auto operations = alphabet.operations();
  const std::uint8_t* errnos = run.trial_errnos.data() + tried.first;
  const std::uint8_t* const end = errnos + tried.length;
  std::vector<Kind> kinds;
  trial_set::for_each(trials.which, [&](std::uint32_t number) {
    if (errnos == end) return false;
    const model::Verdict verdict = world.predict(operations[number]);
    const std::uint8_t expected = recorded_errno(verdict.outcome.error);
    const std::uint8_t found = *errnos++;
    const bool changed = number == tried.changed;
    const bool predicted_to = verdict.edit.kind != model::Edit::Kind::nothing;
    if (expected == found && !changed && !predicted_to) [[likely]]
      return true;
    if (!changed && !is_new(kinds, {operations[number].index(), verdict.rule, expected, found})) return true;
    differences.push_back({trials.step, number, expected, found, changed});
    return true;
  });
  if (tried.changed_elsewhere) differences.push_back({.step = trials.step, .changed = true});
}

std::vector<TrialDifference> check_trials(const Job& job, const Run& run) {
  std::vector<TrialDifference> differences;
  if (job.alphabet == nullptr || !trials_are_malformed(job, run).empty()) return differences;
  model::World world = world_of(job);
  std::size_t next = 0;
  for (std::size_t n = 0; n < run.trials.size(); ++n) {
    for (; next <= job.trials[n].step; ++next) world.apply(job.sequence.operations[next]);
    check_trials(world, *job.alphabet, job.trials[n], run, run.trials[n], differences);
  }
  return differences;
}

}  // namespace mprogcheck::properties
