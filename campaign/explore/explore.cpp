// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/explore/explore.hpp"

#include <algorithm>
#include <iterator>
#include <mutex>
#include <utility>

#include "campaign/explore/canary.hpp"
#include "campaign/explore/rest.hpp"
#include "campaign/explore/state.hpp"
#include "campaign/explore/suspects.hpp"
#include "campaign/explore/tour_run.hpp"
#include "campaign/fuzz/campaign_folder.hpp"
#include "campaign/stopwatch.hpp"

namespace mprogcheck {

namespace {

class Exploration {
 public:
  Exploration(const ExploreOptions& options, Reporter& reporter, const ExploreSpace& space, Pool& pool, Known known,
              ExploreState state)
      : options_(options),
        reporter_(reporter),
        space_(space),
        pool_(pool),
        canaries_(space, known.traits, pool.identity().has(feature_refcnt)),
        state_(std::move(state)),
        rest_(space),
        suspects_(options, reporter, space, pool, report_, rest_,
                  [this](std::uint32_t number) -> const properties::Tour& { return tour_of(number); }) {
    report_.known = std::move(known);
    report_.start = state_.start;
    report_.tours_carried_on = state_.done.size();
    for (TourSuspect& suspect : std::exchange(state_.suspects, {})) suspects_.note(std::move(suspect));
    for (const std::uint32_t number : state_.done) {
      const auto cut = state_.cuts.find(number);
      rest_.did(space.tours()[number], cut != state_.cuts.end() ? cut->second : whole(space.tours()[number]));
    }
    for (const Pair& pair : state_.strays) rest_.strayed(pair);
  }

  ExploreReport run() {
    clock_ = Stopwatch();
    seconds_before_ = state_.seconds;
    const auto& tours = space_.tours();
    std::vector<std::uint32_t> left;
    for (std::uint32_t n = 0; n < tours.size(); ++n)
      if (!state_.done.contains(n)) left.push_back(n);
    auto ran = pool_.spread(left.size(), [&](Oracle& oracle, std::size_t n) { return tour(oracle, left[n]); });
    if (!ran) fail_with(ran.error());
    state_.seconds = seconds();
    suspects_.look_into();
    go_around();
    return finish();
  }

 private:
  /// Rounds of tours around what differs. A kernel for which so many are not enough goes its own ways.
  static constexpr unsigned most_rounds = 16;

  static TourExtent whole(const properties::Tour& tour) {
    return {static_cast<std::uint32_t>(tour.way.size()), static_cast<std::uint32_t>(tour.stops.size())};
  }

  Result<void> tour(Oracle& oracle, std::uint32_t number) {
    if (is_over()) return {};
    const properties::Tour& tour = space_.tours()[number];
    // Where many ways leave the bound there are thousands of tours of a few steps, without a stop.
    auto canaries = tour.stops.empty() ? Result<ExploreCanaries::Flown>() : canaries_.run(tour, oracle);
    if (!canaries) return tl::unexpected(canaries.error());
    auto result = run_tour(space_, tour, report_.known.traits, oracle);
    if (!result) return tl::unexpected(result.error());
    const std::scoped_lock lock(settling_);
    state_.seconds = seconds();
    state_.done.insert(number);
    state_.table.merge(result->table);
    state_.steps += result->steps;
    state_.coverage.merge(result->coverage);
    state_.canaries.planted += canaries->count.planted;
    state_.canaries.caught += canaries->count.caught;
    if (result->extent != whole(tour)) state_.cuts[number] = result->extent;
    state_.strays.insert(result->strays.begin(), result->strays.end());
    std::ranges::move(canaries->suspects, std::back_inserter(result->suspects));
    take(tour, number, *result);
    return tell();
  }

  void take(const properties::Tour& tour, std::uint32_t number, TourResult& result) {
    rest_.did(tour, result.extent);
    for (const Pair& pair : result.strays) rest_.strayed(pair);
    for (TourSuspect& suspect : result.suspects) {
      suspect.tour = number;
      suspects_.note(std::move(suspect));
    }
  }

  /// To what no tour has come to, because an operation led elsewhere or killed a guest. Nothing of it is kept for
  /// another start before it is done: it is begun again then.
  void go_around() {
    std::size_t progress = ~std::size_t{0};
    while (around_.rounds < most_rounds && !report_.error && !is_over() && progress != rest_.progress()) {
      progress = rest_.progress();
      auto tours = rest_.plan();
      if (tours.empty()) return;
      const auto first = static_cast<std::uint32_t>(space_.tours().size() + ways_around_.size());
      const std::size_t count = tours.size();
      ways_around_.insert(ways_around_.end(), std::make_move_iterator(tours.begin()),
                          std::make_move_iterator(tours.end()));
      ++around_.rounds;
      auto ran = pool_.spread(count, [&](Oracle& oracle, std::size_t n) {
        return tour_around(oracle, first + static_cast<std::uint32_t>(n));
      });
      if (!ran) fail_with(ran.error());
      state_.seconds = seconds();
      suspects_.look_into();
    }
  }

  Result<void> tour_around(Oracle& oracle, std::uint32_t number) {
    if (is_over()) return {};
    const properties::Tour& tour = tour_of(number);
    auto result = run_tour(space_, tour, report_.known.traits, oracle,
                           [this](auto state, auto operation) { return rest_.leaves_out(state, operation); });
    if (!result) return tl::unexpected(result.error());
    const std::scoped_lock lock(settling_);
    state_.seconds = seconds();
    ++around_.tours;
    around_.table.merge(result->table);
    around_.coverage.merge(result->coverage);
    around_.steps += result->steps;
    take(tour, number, *result);
    return tell();
  }

  [[nodiscard]] const properties::Tour& tour_of(std::uint32_t number) const {
    const auto& tours = space_.tours();
    return number < tours.size() ? tours[number] : ways_around_[number - tours.size()];
  }

  /// About once a second.
  Result<void> tell() {
    if (state_.seconds - last_told_ < 1) return {};
    last_told_ = state_.seconds;
    reporter_.progress({.sequences = state_.done.size(),
                        .operations = state_.table.sum().covered + around_.table.sum().covered,
                        .seconds = state_.seconds,
                        .findings = suspects_.size(),
                        .canaries = state_.canaries});
    return write_state();
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
    if (is_stopped()) report_.ended_early = true;
    state_.finished = !report_.error && !report_.ended_early && state_.done.size() == space_.tours().size();
    report_.around = {.strays = rest_.strays(), .rounds = around_.rounds, .tours = around_.tours};
    report_.table = space_.own_table();
    report_.table.merge(state_.table);
    report_.table.merge(around_.table);
    report_.covered = state_.table.sum().covered + around_.table.sum().covered;
    report_.coverage = state_.coverage;
    report_.coverage.merge(around_.coverage);
    report_.canaries = state_.canaries;
    report_.unchecked = features_of(state_.unchecked);
    report_.steps = state_.steps + around_.steps;
    if (state_.finished) {
      state_.table.merge(around_.table);
      state_.coverage = report_.coverage;
      state_.steps = report_.steps;
    }
    report_.tours = space_.tours().size();
    report_.tours_done = state_.done.size();
    report_.silent = unseen_rules(space_.coverage(), report_.known);
    report_.avoided = space_.avoided();
    // Where nothing is a finding, all that leads elsewhere is known.
    if (report_.findings.empty() && !report_.is_complete()) report_.behind = rest_.behind(report_.known);
    count_hits(report_.known, report_.coverage);
    for (const auto& [what, pairs] : space_.avoided_pairs())
      if (const auto place = report_.known.avoided_for(space_.machine().operation(what.first), what.second))
        report_.known.states[*place].hits += pairs;
    report_.digest = state_.digest;
    report_.seconds = state_.seconds;
    state_.findings = report_.findings.size();
    state_.behind = report_.behind;
    if (auto written = write_state(); !written && !report_.error) report_.error = written.error();
    if (state_.finished) suspects_.drop_unfinished();
    return std::move(report_);
  }

  Result<void> write_state() {
    state_.suspects = suspects_.of_first(space_.tours().size());
    return options_.keep_state ? write_explore_state(state_, options_.out) : Result<void>();
  }
  void fail_with(const Error& error) {
    // What a guest was at when we were interrupted is done again by the next start.
    if (error.kind != Error::Kind::interrupted || !is_stopped()) report_.error = error;
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
  ExploreRest rest_;
  ExploreSuspects suspects_;
  std::vector<properties::Tour> ways_around_;
  struct {
    unsigned rounds = 0;
    std::size_t tours = 0;
    PairTable table;
    properties::Coverage coverage;
    std::uint64_t steps = 0;
  } around_;  ///< what they saw
  Stopwatch clock_;
  double seconds_before_ = 0, last_told_ = 0;
};

/// It speaks of nothing that is not there.
bool fits(const ExploreState& state, const ExploreSpace& space) {
  const auto is_tour = [&](std::uint32_t number) { return number < space.tours().size(); };
  const auto is_pair = [&](const Pair& pair) {
    return pair.state < space.graph().size() && pair.operation < space.machine().operations();
  };
  const auto is_within = [&](const auto& cut) {
    if (!is_tour(cut.first)) return false;
    const properties::Tour& tour = space.tours()[cut.first];
    return cut.second.steps <= tour.way.size() && cut.second.stops <= tour.stops.size();
  };
  const auto is_suspect = [&](const TourSuspect& suspect) {
    if (!is_tour(suspect.tour) || suspect.steps > space.tours()[suspect.tour].way.size()) return false;
    return suspect.pair.operation == TriedTrials::none ? suspect.pair.state < space.graph().size()
                                                       : is_pair(suspect.pair);
  };
  return std::ranges::all_of(state.done, is_tour) && std::ranges::all_of(state.cuts, is_within) &&
         std::ranges::all_of(state.strays, is_pair) && std::ranges::all_of(state.suspects, is_suspect);
}

}  // namespace

/// A bound sends no packets, names no object of another kind, and lets devices be.
bool is_asked_by_explore(const Feature& feature) {
  return feature.name == feature_refcnt || feature.name == feature_next_id;
}

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
  const ExploreSpace space(bound, known->traits, options.shard, std::move(avoid), options.stop);
  if (space.graph().was_stopped())
    return fail("{}: it was interrupted when {} states were known, and nothing was run; run it again",
                properties::text_of(bound), space.graph().size());
  if (!space.can_be_explored())
    return fail(Error::Kind::usage,
                "{}: expected at most {} states and {} operations, found {} and {}; choose fewer --progs or --links",
                properties::text_of(bound), ExploreSpace::most_states, trial_set::most_operations,
                space.graph().is_complete() ? std::to_string(space.graph().size()) : "more",
                space.machine().operations());
  ExploreState state;
  state.start = start_id("explore");
  state.kernel = options.kernel;
  state.identity = identity_of((*pool)->identity());
  state.bound = properties::text_of(bound);
  state.shard = options.shard;
  state.digest = space.digest();
  state.pairs = space.pairs();
  state.own_pairs = space.own_pairs();
  state.avoided = space.avoided();
  for (const Feature* const feature : lacking_features((*pool)->identity()))
    if (is_asked_by_explore(*feature)) state.unchecked.emplace(feature->name);
  if (options.keep_state) {
    auto last = read_explore_state(options.out);
    if (!last) return tl::unexpected(last.error());
    const bool goes_on = *last && !(*last)->finished;
    if (goes_on && (*last)->is_old) return refuse_old(options.out);
    if (goes_on && (*last)->identity != state.identity)
      return fail(Error::Kind::usage,
                  "{}: expected the kernel of the exploration that was not finished here ({}), found {}; go on with "
                  "that kernel, or choose another folder with --out",
                  options.out.string(), (*last)->kernel_text(), state.kernel_text());
    if (goes_on && !(*last)->is_same(state))
      return fail(
          Error::Kind::usage,
          "{}: an exploration of {} (shard {}, {}) was not finished here; go on with the same options and the same "
          "mprogcheck, or choose another folder with --out",
          options.out.string(), (*last)->bound, to_string((*last)->shard), (*last)->kernel_text());
    if (goes_on && !fits(**last, space)) return torn_state(options.out);
    if (goes_on) {
      (*last)->unchecked.merge(state.unchecked);
      state = std::move(**last);
      reporter.note(fmt::format("goes on in {}: {} of {} tours are done", options.out.string(), state.done.size(),
                                space.tours().size()));
    } else if (auto aside =
                   folder->set_aside("explore", options.kernel, [&](std::string_view line) { reporter.note(line); });
               !aside) {
      return tl::unexpected(aside.error());
    }
  }
  return Exploration(options, reporter, space, **pool, std::move(*known), std::move(state)).run();
}

}  // namespace mprogcheck
