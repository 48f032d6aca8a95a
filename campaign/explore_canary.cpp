// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/explore_canary.hpp"

#include <algorithm>

#include "campaign/batch_sink.hpp"
#include "campaign/one_run.hpp"
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
  explicit TrialSink(const Job& job) : job_(job) {}
  void take(std::size_t /*job*/, Run& run) override {
    judgement = properties::judge(job_, run);
    differences = properties::check_trials(job_, run);
  }
  properties::Judgement judgement;
  std::vector<properties::TrialDifference> differences;

 private:
  const Job& job_;
};

}  // namespace

ExploreCanaries::Planted ExploreCanaries::plant(const properties::Tour& tour) {
  const std::scoped_lock lock(planting_);
  std::uint32_t state = 0;
  if (!tour.stops.empty()) state = tour.stops[secret_() % tour.stops.size()].state;
  Planted planted;
  planted.honest = {.sequence = space_.sequence_to(state), .quirks = quirks_};
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

Result<CanaryCount> ExploreCanaries::run(const properties::Tour& tour, Oracle& oracle) {
  const Planted planted = plant(tour);
  CanaryCount count;
  if (!planted.trial.trials.empty()) {
    TrialSink sink(planted.trial);
    if (auto ran = oracle.run({&planted.trial, 1}, sink); !ran) return tl::unexpected(ran.error());
    if (!sink.judgement.malformed.empty()) return malformed_run(sink.judgement);
    const Trials& told = planted.trial.trials.front();
    const bool change = told.lie == TrialLie::change;
    const auto seen = std::ranges::find_if(sink.differences, [&](const auto& difference) {
      return difference.operation == told.lie_at && difference.changed == change;
    });
    if (seen != sink.differences.end()) {
      ++count.planted;
      ++count.caught;
    } else if (sink.differences.empty() && !sink.judgement.divergence) {
      return tl::unexpected(uncaught(change ? "a change of state" : "an errno"));
    }
  }
  if (!planted.lying) return count;
  Batch batch;
  batch.count = 1;
  batch.jobs = {planted.honest, *planted.lying};
  batch.index = {0, 0};
  batch.canary = 1;
  // What differs without a lie is met on the tours, too.
  BatchSink sink(batch, [](std::size_t, const auto&) {});
  if (auto ran = oracle.run(batch.jobs, sink); !ran) return tl::unexpected(ran.error());
  if (auto trusted = sink.trustworthy(); !trusted) return tl::unexpected(trusted.error());
  count.planted += sink.part().canaries.planted;
  count.caught += sink.part().canaries.caught;
  return count;
}

}  // namespace mprogcheck
