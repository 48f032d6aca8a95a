// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/explore/canary.hpp"

#include <algorithm>

#include "campaign/finding/one_run.hpp"
#include "campaign/fuzz/batch_sink.hpp"
#include "properties/trial_check.hpp"

namespace mprogcheck {

namespace {

/// Of a state's operations so many are tried around a lie.
constexpr unsigned trials_of_canary = 64;

Error uncaught(std::string_view what) {
  return {Error::Kind::infrastructure,
          fmt::format("a canary was not caught: the guest was told to misreport {}, and nothing was seen; nothing this "
                      "exploration says can be relied on: report it",
                      what)};
}

class TrialSink final : public RunSink {
 public:
  TrialSink(const Job& job, const Oracle& oracle) : job_(job), oracle_(oracle) {}
  void take(std::size_t /*job*/, Run& run) override {
    judgement = properties::judge(job_, run);
    ending = run.ending;
    if (ending != Run::Ending::complete) console = oracle_.console_tail(console_lines);
    differences = properties::check_trials(job_, run);
  }
  properties::Judgement judgement;
  std::vector<properties::TrialDifference> differences;
  Run::Ending ending = Run::Ending::complete;
  std::string console;

 private:
  const Job& job_;
  const Oracle& oracle_;
};

/// At that state, of whatever was tried there.
TourSuspect suspect_at(std::uint32_t state, properties::Divergence divergence, std::string console) {
  TourSuspect suspect;
  suspect.pair = {.state = state};
  suspect.expected = divergence.verdict.outcome.error;
  suspect.found = divergence.observed.error;
  suspect.vague = true;
  suspect.divergence = std::move(divergence);
  suspect.console = std::move(console);
  return suspect;
}

}  // namespace

ExploreCanaries::Planted ExploreCanaries::plant(const properties::Tour& tour) {
  const std::scoped_lock lock(planting_);
  std::uint32_t state = 0;
  if (!tour.stops.empty()) state = tour.stops[secret_() % tour.stops.size()].state;
  Planted planted;
  planted.state = state;
  planted.honest = {.sequence = space_.sequence_to(state), .traits = traits_};
  planted.lying = nest_.plant(planted.honest);

  planted.trial = planted.honest;
  planted.trial.alphabet = space_.machine().alphabet();
  Trials trials{.step = static_cast<std::uint32_t>(planted.honest.sequence.operations.size() - 1), .which = {}};
  const auto edges = space_.graph().edges_of(state);
  const auto operations = static_cast<std::uint32_t>(space_.machine().operations());
  for (unsigned n = 0; n < trials_of_canary; ++n) {
    const auto operation = static_cast<std::uint32_t>(secret_() % operations);
    if (std::ranges::find(edges, operation, &properties::Transition::operation) != edges.end()) continue;
    if (space_.machine().avoids(space_.graph().state(state), operation)) continue;
    trials.add(operation);
    trials.lie_at = operation;
  }
  trials.lie = secret_() % 2 == 0 ? TrialLie::outcome : TrialLie::change;
  if (!trials.which.empty()) planted.trial.trials.push_back(std::move(trials));
  return planted;
}

Result<ExploreCanaries::Flown> ExploreCanaries::run(const properties::Tour& tour, Oracle& oracle) {
  const Planted planted = plant(tour);
  Flown flown;
  if (!planted.trial.trials.empty())
    if (auto ran = run_trial(planted, oracle, flown); !ran) return tl::unexpected(ran.error());
  if (planted.lying)
    if (auto ran = run_lying(planted, oracle, flown); !ran) return tl::unexpected(ran.error());
  return flown;
}

Result<void> ExploreCanaries::run_trial(const Planted& planted, Oracle& oracle, Flown& flown) const {
  TrialSink sink(planted.trial, oracle);
  if (auto ran = oracle.run({&planted.trial, 1}, sink); !ran) return ran;
  if (!sink.judgement.malformed.empty()) return malformed_run(sink.judgement);
  const Trials& told = planted.trial.trials.front();
  const bool change = told.lie == TrialLie::change;
  const auto seen = std::ranges::find_if(sink.differences, [&](const auto& difference) {
    return difference.operation == told.lie_at && difference.changed == change;
  });
  if (seen != sink.differences.end()) {
    ++flown.count.planted;
    ++flown.count.caught;
  } else if (sink.differences.empty() && !sink.judgement.divergence) {
    return tl::unexpected(uncaught(change ? "a change of state" : "an errno"));
  }
  if (sink.ending == Run::Ending::complete || !sink.judgement.divergence) return {};
  // It ended badly. Where it does so without the lie, the tours meet it, too.
  Job honest = planted.trial;
  honest.trials.front().lie = TrialLie::none;
  TrialSink again(honest, oracle);
  if (auto ran = oracle.run({&honest, 1}, again); !ran) return ran;
  if (again.ending != sink.ending)
    flown.suspects.push_back(suspect_at(planted.state, std::move(*sink.judgement.divergence), std::move(sink.console)));
  return {};
}

Result<void> ExploreCanaries::run_lying(const Planted& planted, Oracle& oracle, Flown& flown) const {
  Batch batch;
  batch.count = 1;
  batch.jobs = {planted.honest, *planted.lying};
  batch.index = {0, 0};
  batch.canary = 1;
  // What differs without a lie is met on the tours, too.
  std::optional<TourSuspect> ended;
  BatchSink sink(batch, [&](std::size_t number, properties::Divergence divergence) {
    if (number == batch.canary)
      ended = suspect_at(planted.state, std::move(divergence), oracle.console_tail(console_lines));
  });
  if (auto ran = oracle.run(batch.jobs, sink); !ran) return ran;
  if (auto trusted = sink.trustworthy(); !trusted) return trusted;
  flown.count.planted += sink.part().canaries.planted;
  flown.count.caught += sink.part().canaries.caught;
  if (!sink.canary_is_due_again()) return {};
  std::vector<std::string> consoles;
  auto again = run_all(oracle, {planted.honest}, &consoles);
  if (!again) return tl::unexpected(again.error());
  if (auto& divergence = again->front().divergence)
    ended = suspect_at(planted.state, std::move(*divergence), std::move(consoles.front()));
  if (ended) flown.suspects.push_back(std::move(*ended));
  return {};
}

}  // namespace mprogcheck
