// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/explore/tour_run.hpp"

#include <algorithm>

#include "campaign/finding/one_run.hpp"

namespace mprogcheck {

namespace {

/// So often a tour is begun again without a pair that spoilt it. A kernel that needs more is known to be wrong.
constexpr unsigned most_again = 16;

/// Judges the run of one tour.
class TourSink final : public RunSink {
 public:
  TourSink(const ExploreSpace& space, const properties::Tour& tour, const Job& job, const Oracle& oracle)
      : space_(space), tour_(tour), job_(job), oracle_(oracle) {}

  void take(std::size_t /*job*/, Run& run) override {
    judgement = properties::judge(job_, run);
    if (!judgement.malformed.empty()) return;
    if (judgement.divergence) console = oracle_.console_tail(console_lines);
    steps = run.steps.size();
    // After a step that differs nobody knows in which state the kernel was.
    const std::size_t good = judgement.divergence ? judgement.divergence->step : run.steps.size();
    for (; extent.steps < tour_.way.size() && space_.prelude() + extent.steps < good; ++extent.steps)
      if (const auto i = extent.steps; tour_.counts[i])
        count(tour_.way[i].from, tour_.way[i].operation, run.steps[space_.prelude() + i].outcome.error);
    for (std::size_t n = 0; n < run.trials.size() && run.trials[n].step < good; ++n) {
      const model::World& world = space_.graph().state(tour_.stops[n].state);
      properties::check_trials(world, *job_.alphabet, job_.trials[n], run, run.trials[n], differences);
      if (run.trials[n].length != trial_set::count(job_.trials[n].which)) break;
      count(tour_.stops[n].state, run, job_.trials[n], run.trials[n]);
      ++extent.stops;
    }
  }

  TourExtent extent;
  PairTable table;
  properties::Coverage coverage;
  properties::Judgement judgement;
  std::vector<properties::TrialDifference> differences;
  std::size_t steps = 0;
  std::string console;

 private:
  void count(std::uint32_t state, std::uint32_t operation, int error) {
    table.saw(space_.machine().operation(operation), error);
    coverage.add(space_.machine().operation(operation),
                 space_.machine().predict(space_.graph().state(state), operation));
  }
  void count(std::uint32_t state, const Run& run, const Trials& trials, const TriedTrials& tried) {
    std::uint32_t seen = 0;
    trial_set::for_each(trials.which, [&](std::uint32_t number) {
      count(state, number, run.trial_errnos[tried.first + seen++]);
      return true;
    });
  }

  const ExploreSpace& space_;
  const properties::Tour& tour_;
  const Job& job_;
  const Oracle& oracle_;
};

/// Where the tour stands after so many operations of its way.
std::uint32_t state_after(const properties::Tour& tour, std::size_t steps) {
  return steps == 0 ? 0 : tour.way[steps - 1].to;
}

class TourRun {
 public:
  TourRun(const ExploreSpace& space, const properties::Tour& tour, model::Traits traits, Oracle& oracle,
          const LeaveOut& leave_out)
      : space_(space), tour_(tour), traits_(traits), oracle_(oracle), leave_out_(leave_out) {}

  Result<TourResult> run() {
    for (unsigned again = 0;; ++again) {
      const auto excluded = excluded_;
      const Job job = job_of(space_, tour_, traits_, [&](std::uint32_t state, std::uint32_t operation) {
        return excluded.contains({state, operation}) || (leave_out_ && leave_out_(state, operation));
      });
      TourSink sink(space_, tour_, job, oracle_);
      if (auto ran = oracle_.run({&job, 1}, sink); !ran) return tl::unexpected(ran.error());
      if (!sink.judgement.malformed.empty()) return malformed_run(sink.judgement);
      const bool spoilt = note_trials(sink);
      // What differs later may come of that: only a run without it can tell.
      if (!spoilt) note_end(sink);
      if (spoilt && again < most_again) continue;
      result_.extent = sink.extent;
      result_.table = std::move(sink.table);
      result_.coverage = sink.coverage;
      result_.steps = sink.steps;
      for (const auto& [pair, found] : excluded) count_stray(pair, found);
      if (const auto step = sink.extent.steps; strays(sink) && tour_.counts[step])
        count_stray({tour_.way[step].from, tour_.way[step].operation}, sink.judgement.divergence->observed.error);
      return std::move(result_);
    }
  }

 private:
  /// The step after those that are as they should be led elsewhere, in a guest that lives.
  [[nodiscard]] bool strays(const TourSink& sink) const {
    const auto& divergence = sink.judgement.divergence;
    return divergence && shows_by_itself(*divergence) && sink.extent.steps < tour_.way.size() &&
           divergence->step == space_.prelude() + sink.extent.steps;
  }
  void count_stray(const Pair& pair, int found) {
    const auto& operation = space_.machine().operation(pair.operation);
    result_.table.saw(operation, found);
    result_.coverage.add(operation, space_.machine().predict(space_.graph().state(pair.state), pair.operation));
    result_.strays.push_back(pair);
  }

  /// True if one of them changed something, and was not known to: it is excluded from now on.
  bool note_trials(const TourSink& sink) {
    const std::size_t before = excluded_.size();
    for (const auto& difference : sink.differences) {
      TourSuspect suspect;
      suspect.steps = difference.step + 1 - space_.prelude();
      suspect.pair = {state_after(tour_, suspect.steps), difference.operation};
      suspect.expected = difference.expected;
      suspect.found = difference.found;
      suspect.changed = difference.changed;
      suspect.console = sink.console;
      suspect.tried = difference.operation != TriedTrials::none;
      suspect.vague = !suspect.tried;
      // What succeeds where it should not has done something, whether it shows or not.
      const bool stays = !difference.changed && (difference.found != 0 || difference.expected == 0);
      if (!stays && suspect.tried) excluded_.try_emplace(suspect.pair, difference.found);
      add(std::move(suspect));
    }
    return excluded_.size() != before;
  }

  void note_end(const TourSink& sink) {
    if (!sink.judgement.divergence) return;
    const properties::Divergence& divergence = *sink.judgement.divergence;
    TourSuspect suspect;
    suspect.expected = divergence.verdict.outcome.error;
    suspect.found = divergence.observed.error;
    suspect.divergence = divergence;
    suspect.console = sink.console;
    suspect.vague = !shows_by_itself(divergence) || divergence.broken.contains(properties::Property::refcount);
    if (divergence.step >= space_.prelude() && divergence.step - space_.prelude() < tour_.way.size()) {
      const std::size_t step = divergence.step - space_.prelude();
      suspect.pair = {tour_.way[step].from, tour_.way[step].operation};
      suspect.steps = static_cast<std::uint32_t>(step + 1);
    }
    add(std::move(suspect));
  }

  void add(TourSuspect suspect) {
    const auto same = [&](const TourSuspect& other) { return other.pair == suspect.pair; };
    if (std::ranges::none_of(result_.suspects, same)) result_.suspects.push_back(std::move(suspect));
  }

  const ExploreSpace& space_;
  const properties::Tour& tour_;
  model::Traits traits_;
  Oracle& oracle_;
  const LeaveOut& leave_out_;
  TourResult result_;
  std::map<Pair, int> excluded_;  ///< and the errno that it gave
};

}  // namespace

bool shows_by_itself(const properties::Divergence& divergence) {
  return divergence.ending == Run::Ending::complete ||
         (divergence.ending == Run::Ending::unclean && divergence.fingerprint.ending.empty());
}

Job job_of(const ExploreSpace& space, const properties::Tour& tour, model::Traits traits, const LeaveOut& leave_out) {
  Job job{.sequence = {properties::declarations_of(space.bound()), properties::prelude_of(space.bound())},
          .traits = traits};
  job.alphabet = space.machine().alphabet();
  for (const properties::Transition& edge : tour.way)
    job.sequence.operations.push_back(space.machine().operation(edge.operation));
  const auto operations = static_cast<std::uint32_t>(space.machine().operations());
  for (const properties::Tour::Stop& stop : tour.stops) {
    Trials trials{.step = space.prelude() - 1 + stop.steps,
                  .which = std::vector<std::uint8_t>(trial_set::bytes_for(operations), 0xff)};
    const auto exclude = [&](std::uint32_t operation) {
      trials.which[operation / 8] = static_cast<std::uint8_t>(trials.which[operation / 8] & ~(1U << operation % 8));
    };
    for (std::uint32_t beyond = operations; beyond % 8 != 0; ++beyond) exclude(beyond);
    for (const properties::Transition& edge : space.graph().edges_of(stop.state)) exclude(edge.operation);
    for (const std::uint32_t query : space.queries()) exclude(query);
    if (space.machine().avoids() || leave_out)
      for (std::uint32_t n = 0; n < operations; ++n)
        if (space.is_avoided(stop.state, n) || (leave_out && leave_out(stop.state, n))) exclude(n);
    job.trials.push_back(std::move(trials));
  }
  return job;
}

Result<TourResult> run_tour(const ExploreSpace& space, const properties::Tour& tour, model::Traits traits,
                            Oracle& oracle, const LeaveOut& leave_out) {
  return TourRun(space, tour, traits, oracle, leave_out).run();
}

model::Sequence past_of(const ExploreSpace& space, const properties::Tour& tour, const TourSuspect& suspect) {
  model::Sequence past{properties::declarations_of(space.bound()), properties::prelude_of(space.bound())};
  for (std::uint32_t n = 0; n < suspect.steps; ++n)
    past.operations.push_back(space.machine().operation(tour.way[n].operation));
  if (suspect.tried) past.operations.push_back(space.machine().operation(suspect.pair.operation));
  return past;
}

std::vector<std::uint32_t> stops_before(const properties::Tour& tour, const TourSuspect& suspect) {
  std::vector<std::uint32_t> stops;
  for (const properties::Tour::Stop& stop : tour.stops)
    if (stop.steps <= suspect.steps) stops.insert(stops.begin(), stop.state);
  return stops;
}

}  // namespace mprogcheck
