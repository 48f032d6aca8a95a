// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/explore.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <tuple>
#include <utility>

#include "campaign/campaign_folder.hpp"
#include "campaign/explore_canary.hpp"
#include "campaign/explore_state.hpp"
#include "campaign/investigate.hpp"
#include "campaign/one_run.hpp"
#include "campaign/pin_trial.hpp"
#include "campaign/stopwatch.hpp"
#include "campaign/tour_run.hpp"

namespace mprogcheck {

namespace {

/// Suspects that may turn out to be one finding: the rule that decides, what is expected and found.
using SuspectKey = std::tuple<std::string, int, int, bool, std::string>;

class Exploration {
 public:
  Exploration(const ExploreOptions& options, Reporter& reporter, const ExploreSpace& space, Pool& pool, Known known,
              ExploreState state)
      : options_(options),
        reporter_(reporter),
        space_(space),
        pool_(pool),
        canaries_(space, known.quirks, pool.identity().has(feature_refcnt)),
        state_(std::move(state)) {
    report_.known = std::move(known);
    report_.tours_carried_on = state_.done.size();
    for (TourSuspect& suspect : std::exchange(state_.suspects, {})) note(std::move(suspect));
  }

  ExploreReport run() {
    clock_ = Stopwatch();
    seconds_before_ = state_.seconds;
    const auto& tours = space_.tours();
    std::vector<std::uint32_t> left;
    for (std::uint32_t n = 0; n < tours.size(); ++n)
      if (!state_.done.contains(n)) left.push_back(n);
    auto ran = pool_.spread(left.size(), [&](Oracle& oracle, std::size_t n) { return tour(oracle, left[n]); });
    if (!ran) report_.error = ran.error();
    state_.seconds = seconds();
    look_into_suspects();
    return finish();
  }

 private:
  Result<void> tour(Oracle& oracle, std::uint32_t number) {
    if (is_over()) return {};
    const properties::Tour& tour = space_.tours()[number];
    // Where many ways leave the bound there are thousands of tours of a few steps, without a stop.
    auto canaries = tour.stops.empty() ? Result<CanaryCount>() : canaries_.run(tour, oracle);
    if (!canaries) return tl::unexpected(canaries.error());
    auto result = run_tour(space_, number, report_.known.quirks, oracle);
    if (!result) return tl::unexpected(result.error());
    const std::scoped_lock lock(settling_);
    state_.seconds = seconds();
    state_.done.insert(number);
    state_.table.merge(result->table);
    state_.steps += result->steps;
    state_.coverage.merge(result->coverage);
    state_.canaries.planted += canaries->planted;
    state_.canaries.caught += canaries->caught;
    for (TourSuspect& suspect : result->suspects) note(std::move(suspect));
    return tell();
  }

  /// About once a second.
  Result<void> tell() {
    if (state_.seconds - last_told_ < 1) return {};
    last_told_ = state_.seconds;
    reporter_.progress({.sequences = state_.done.size(),
                        .operations = state_.table.sum().covered,
                        .seconds = state_.seconds,
                        .findings = suspects_.size(),
                        .canaries = state_.canaries});
    return write_state();
  }

  [[nodiscard]] std::string rule_of(const TourSuspect& suspect) const {
    if (suspect.pair.operation == TriedTrials::none) return {};
    const auto& operation = space_.machine().operation(suspect.pair.operation);
    return std::string(model::call_name(operation)) + ' ' +
           std::string(model::name_of(
               space_.machine().predict(space_.graph().state(suspect.pair.state), suspect.pair.operation).rule));
  }

  /// Of those that look alike the first by the shortest way: states are numbered by it.
  void note(TourSuspect suspect) {
    const SuspectKey key{rule_of(suspect), suspect.expected, suspect.found, suspect.changed,
                         suspect.divergence ? properties::to_string(suspect.divergence->fingerprint) : ""};
    const auto at = suspects_.find(key);
    if (at == suspects_.end())
      suspects_.emplace(key, std::move(suspect));
    else if (suspect.pair < at->second.pair)
      at->second = std::move(suspect);
  }

  void look_into_suspects() {
    for (auto& [sequence, divergence] : std::exchange(report_.known.unexplained, {}))
      if (!report_.error)
        if (auto looked = investigated(finding_of(std::move(sequence), std::move(divergence), {})); !looked)
          report_.error = looked.error();
    // By the length of their ways, so that what is found first is the shortest.
    std::vector<const TourSuspect*> suspects;
    for (const auto& [key, suspect] : suspects_) suspects.push_back(&suspect);
    std::ranges::sort(suspects, {}, [](const TourSuspect* suspect) { return suspect->pair; });
    for (const TourSuspect* suspect : suspects) {
      if (report_.findings.size() >= options_.max_findings) {
        report_.ended_early = true;
        return;
      }
      // Where no oracle answers any more, what was seen is told as it was seen.
      auto looked = report_.error ? enter(unconfirmed(*suspect)) : look_into(*suspect);
      if (looked) continue;
      if (report_.error) return;
      report_.error = looked.error();
      if (auto entered = enter(unconfirmed(*suspect)); !entered) return;
    }
  }

  struct Candidate {
    model::Sequence sequence;
    Depth depth;
  };

  /// What may show it, the shortest first.
  [[nodiscard]] std::vector<Candidate> candidates_for(const TourSuspect& suspect) const {
    std::vector<Candidate> candidates;
    const Pair& pair = suspect.pair;
    candidates.push_back({pair.operation == TriedTrials::none ? space_.sequence_to(pair.state)
                                                              : space_.sequence_to(pair.state, pair.operation),
                          Depth::deep});
    candidates.push_back({past_of(space_, suspect), Depth::fast});
    return candidates;
  }

  Result<void> look_into(const TourSuspect& suspect) {
    auto candidates = candidates_for(suspect);
    if (suspect.vague) {
      if (auto renewed = pool_.at(0).renew(Start::quick); !renewed) return renewed;
      const auto stops = stops_before(space_, suspect);
      const auto pinned = pin_trial(space_, stops, report_.known.quirks, pool_.at(0));
      if (!pinned) return tl::unexpected(pinned.error());
      if (*pinned && (*pinned)->operation != TriedTrials::none)
        candidates.insert(candidates.begin(),
                          {space_.sequence_to((*pinned)->state, (*pinned)->operation), Depth::deep});
    }
    for (const Candidate& candidate : candidates) {
      if (auto renewed = pool_.at(0).renew(Start::quick); !renewed) return renewed;
      const auto judgement = run_once(
          pool_.at(0), {.sequence = candidate.sequence, .quirks = report_.known.quirks, .depth = candidate.depth});
      if (!judgement) return tl::unexpected(judgement.error());
      if (!judgement->divergence) continue;
      if (const auto known = report_.known.that_is(candidate.sequence, *judgement->divergence)) {
        ++report_.known.states[*known].hits;
        return {};
      }
      return investigated(finding_of(candidate.sequence, *judgement->divergence, suspect));
    }
    Finding finding = unconfirmed(suspect);
    finding.label = Label::flaky;
    finding.runs = static_cast<unsigned>(candidates.size());
    return enter(std::move(finding));
  }

  Result<void> investigated(Finding finding) {
    auto result = investigate(std::move(finding), pool_,
                              {.directory = options_.out / "findings",
                               .enough = [this] { return is_stopped(); },
                               .confirmations = options_.confirmations,
                               .known = &report_.known});
    if (!result) return tl::unexpected(result.error());
    return enter(std::move(result->finding));
  }

  Finding finding_of(model::Sequence sequence, properties::Divergence divergence, const TourSuspect& suspect) const {
    Finding finding;
    finding.found = std::move(sequence);
    finding.divergence = std::move(divergence);
    finding.quirks = report_.known.quirks;
    finding.campaign = options_.kernel;
    finding.number = report_.findings.size();
    finding.kernel = pool_.identity();
    finding.console = suspect.console;
    return finding;
  }

  /// It was seen once.
  [[nodiscard]] Finding unconfirmed(const TourSuspect& suspect) const {
    auto candidates = candidates_for(suspect);
    properties::Divergence divergence;
    if (suspect.divergence) {
      divergence = *suspect.divergence;
    } else {
      const bool known = suspect.pair.operation != TriedTrials::none;
      const auto property = suspect.changed ? properties::Property::atomic : properties::Property::outcome;
      if (known) divergence.operation = space_.machine().operation(suspect.pair.operation);
      divergence.verdict = space_.graph().state(suspect.pair.state).predict(divergence.operation);
      divergence.observed = {suspect.found};
      divergence.broken.add(property);
      divergence.primary = property;
      divergence.fingerprint = {.property = property,
                                .call = std::string(known ? model::call_name(divergence.operation) : ""),
                                .rule = divergence.verdict.rule,
                                .expected = {suspect.expected},
                                .observed = {suspect.found},
                                .ending = {}};
    }
    divergence.step = candidates.back().sequence.operations.size() - 1;
    Finding finding = finding_of(std::move(candidates.back().sequence), std::move(divergence), suspect);
    finding.shrunk = finding.found;
    return finding;
  }

  Result<void> enter(Finding finding) {
    const std::string fingerprint = properties::to_string(finding.divergence.fingerprint);
    for (Finding& other : report_.findings)
      if (properties::to_string(other.divergence.fingerprint) == fingerprint) {
        ++other.hits;
        return {};
      }
    if (auto saved = save(finding, options_.out / "findings"); !saved) return saved;
    reporter_.finding(finding);
    report_.findings.push_back(std::move(finding));
    return {};
  }

  ExploreReport finish() {
    const auto& graph = space_.graph();
    report_.kernel = pool_.identity();
    report_.bound = space_.bound();
    report_.shard = options_.shard;
    report_.states = graph.size();
    report_.own_states = space_.own_states();
    report_.transitions = graph.edges().size();
    report_.operations = space_.machine().operations();
    report_.pairs = space_.pairs();
    report_.own_pairs = space_.own_pairs();
    report_.table = space_.own_table();
    report_.table.merge(state_.table);
    report_.covered = state_.table.sum().covered;
    report_.coverage = state_.coverage;
    report_.canaries = state_.canaries;
    report_.steps = state_.steps;
    report_.tours = space_.tours().size();
    report_.tours_done = state_.done.size();
    report_.silent = unseen_rules(space_.coverage(), report_.known);
    report_.avoided = space_.avoided();
    count_hits(report_.known, report_.coverage);
    for (const auto& [what, pairs] : space_.avoided_pairs())
      if (const auto place = report_.known.avoided_for(space_.machine().operation(what.first), what.second))
        report_.known.states[*place].hits += pairs;
    report_.digest = state_.digest;
    report_.seconds = state_.seconds;
    if (is_stopped()) report_.ended_early = true;
    state_.findings = report_.findings.size();
    state_.finished = !report_.error && !report_.ended_early && state_.done.size() == space_.tours().size();
    if (auto written = write_state(); !written && !report_.error) report_.error = written.error();
    return std::move(report_);
  }

  Result<void> write_state() {
    state_.suspects.clear();
    for (const auto& [key, suspect] : suspects_) state_.suspects.push_back(suspect);
    return options_.keep_state ? write_explore_state(state_, options_.out) : Result<void>();
  }
  [[nodiscard]] bool is_stopped() const { return options_.stop != nullptr && options_.stop->load(); }
  bool is_over() {
    const std::scoped_lock lock(settling_);
    if (suspects_.size() >= 4 * options_.max_findings) report_.ended_early = true;
    return is_stopped() || report_.ended_early;
  }
  [[nodiscard]] double seconds() const { return seconds_before_ + clock_.seconds(); }

  const ExploreOptions& options_;
  Reporter& reporter_;
  const ExploreSpace& space_;
  Pool& pool_;
  ExploreCanaries canaries_;
  std::mutex settling_;
  ExploreState state_;
  ExploreReport report_;
  std::map<SuspectKey, TourSuspect> suspects_;
  Stopwatch clock_;
  double seconds_before_ = 0, last_told_ = 0;
};

}  // namespace

Result<ExploreReport> explore(const ExploreOptions& options, const OracleFactory& make_oracle, Reporter& reporter) {
  std::optional<CampaignFolder> folder;
  if (options.keep_state) {
    auto opened = CampaignFolder::open(options.out);
    if (!opened) return tl::unexpected(opened.error());
    folder = std::move(*opened);
  }
  auto pool = Pool::start(options.jobs, make_oracle);
  if (!pool) return tl::unexpected(pool.error());
  auto known = probe_known(**pool, options.known);
  if (!known) return tl::unexpected(known.error());

  properties::WorldMachine::Avoid avoid;
  if (known->avoids())
    avoid = [known = *known](const model::Operation& operation, model::Rule rule) {
      return known.avoids(operation, rule);
    };
  properties::Bound bound = options.bound;
  bound.next_id = bound.next_id && (*pool)->identity().has(feature_next_id);
  const ExploreSpace space(bound, known->quirks, options.shard, std::move(avoid), options.stop);
  if (space.graph().was_stopped())
    return fail("{}: it was interrupted when {} states were known, and nothing was run; run it again",
                properties::text_of(options.bound), space.graph().size());
  if (!space.can_be_explored())
    return fail(Error::Kind::usage,
                "{}: expected at most {} states and {} operations, found {} and {}; choose fewer --progs or --links",
                properties::text_of(options.bound), ExploreSpace::most_states, trial_set::most_operations,
                space.graph().is_complete() ? std::to_string(space.graph().size()) : "more",
                space.machine().operations());
  ExploreState state;
  state.kernel = options.kernel;
  state.identity = identity_of((*pool)->identity());
  state.bound = properties::text_of(options.bound);
  state.shard = options.shard;
  state.digest = space.digest();
  state.pairs = space.pairs();
  state.own_pairs = space.own_pairs();
  if (options.keep_state) {
    auto last = read_explore_state(options.out);
    if (!last) return tl::unexpected(last.error());
    if (*last && !(*last)->finished && (*last)->is_old) return refuse_old(options.out);
    if (*last && !(*last)->finished && (*last)->identity != state.identity)
      return fail(Error::Kind::usage,
                  "{}: expected the kernel of the exploration that was not finished here ({}), found {}; go on with "
                  "that kernel, or choose another folder with --out",
                  options.out.string(), (*last)->kernel_text(), state.kernel_text());
    if (*last && !(*last)->finished && !(*last)->is_same(state))
      return fail(
          Error::Kind::usage,
          "{}: an exploration of {} (shard {}, {}) was not finished here; go on with the same options and the same "
          "mprogcheck, or choose another folder with --out",
          options.out.string(), (*last)->bound, to_string((*last)->shard), (*last)->kernel_text());
    if (*last && !(*last)->finished) {
      state = std::move(**last);
      reporter.note(fmt::format("goes on in {}: {} of {} tours are done", options.out.string(), state.done.size(),
                                space.tours().size()));
    }
  }
  return Exploration(options, reporter, space, **pool, std::move(*known), std::move(state)).run();
}

}  // namespace mprogcheck
