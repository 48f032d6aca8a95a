// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/fuzz.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <deque>
#include <future>
#include <map>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

#include "base/digest.hpp"
#include "campaign/campaign_folder.hpp"
#include "campaign/investigate.hpp"
#include "campaign/lacks.hpp"
#include "campaign/schedule.hpp"
#include "campaign/stopwatch.hpp"
#include "campaign/worker.hpp"
#include "model/print.hpp"
#include "model/words.hpp"
#include "properties/generate.hpp"
#include "properties/judge.hpp"
#include "properties/pair_space.hpp"

namespace mprogcheck {

namespace {

/// Long enough that a round trip does not matter, short enough that a campaign ends soon after its time is up.
constexpr std::size_t sequences_per_batch = 256;
/// Shrinking goes on for so long after the time is up.
constexpr double shrink_grace_seconds = 60;
/// Of a finding that has not had its turn.
constexpr std::uint64_t no_number = ~std::uint64_t{0};

/// Takes what the workers have judged, in order, and looks into what diverged, with all oracles, while they pause.
class Campaign {
 public:
  /// `folder`: null if nothing is to be kept for a next start. `state`: to begin with.
  Campaign(const FuzzOptions& options, Reporter& reporter, const CampaignFolder* folder, Pool& pool,
           const properties::Generator& generator, const properties::PairSpace& space, CampaignState state,
           bool carries_on)
      : options_(options),
        reporter_(reporter),
        folder_(folder),
        pool_(pool),
        generator_(generator),
        pairs_(space),
        state_(std::move(state)),
        carries_on_(carries_on) {
    report_.seed = state_.seed;
    report_.kernel = pool.identity();
    report_.progress = state_.progress;
    report_.carried_on = state_.progress.sequences;
    report_.pairs = {.bound = properties::text_of(space.bound()), .total = pairs_.total(), .covered = 0};
  }

  FuzzReport& report() { return report_; }

  void run(Known known, const Stopwatch& since_call) {
    since_call_ = since_call;
    clock_ = Stopwatch();
    report_.known = std::move(known);
    for (KnownState& state : report_.known.states) state.hits = state_.known_hits[state.name];
    hits_before_ = report_.known.states;
    write_state();
    if (carries_on_) read_back();
    for (auto& [sequence, divergence] : std::exchange(report_.known.unexplained, {}))
      enter(unexplained(std::move(sequence), std::move(divergence)));
    look_into_suspects();
    if (!report_.error && !report_.ended_early) judge_sequences();
    finish();
  }

 private:
  void judge_sequences() {
    const auto workers = static_cast<unsigned>(pool_.size());
    Schedule schedule({.first = state_.next,
                       .end = options_.sequences,
                       .batch = sequences_per_batch,
                       .workers = workers,
                       .over = [this] { return time_is_up(); }});
    // The workers read what is known while its hits are counted here.
    const Known known = report_.known;
    const WorkerSetting setting{.generator = generator_,
                                .known = known,
                                .seed = state_.seed,
                                .kernel = state_.kernel,
                                .shard = options_.shard,
                                .keep = [this](const Finding& finding) { return keep_at_once(finding); },
                                .forget = [this](const Finding& finding) { forget(finding); }};
    std::vector<std::unique_ptr<Worker>> crew;
    std::vector<std::thread> threads;
    for (unsigned worker = 0; worker < workers; ++worker)
      crew.push_back(std::make_unique<Worker>(setting, schedule, pool_.at(worker)));
    for (auto& worker : crew) threads.emplace_back([&worker] { worker->work(); });
    while (auto result = schedule.next()) {
      // One that came to no end is run again by the next start, and counts then; its canaries say why it ended.
      if (result->error)
        count_canaries(*result);
      else
        count(*result);
      take_in(*result);
      if (!suspects_.empty()) {
        schedule.pause();
        look_into_suspects();
        schedule.resume();
      }
      state_.next = schedule.settled();
      write_state();
      if (report_.error || report_.ended_early) break;
    }
    schedule.stop();
    for (auto& thread : threads) thread.join();
    // What was behind the last finding wanted does not count, so that it does not matter who is faster. What is behind
    // the place where the next start goes on will be run again, and counts then.
    const bool again = report_.error || stopped();
    if (!report_.ended_early)
      for (BatchResult& result : schedule.stragglers()) {
        if (!again) count(result);
        take_in(result);
      }
    if (!suspects_.empty()) look_into_suspects();
  }

  /// What was judged.
  void count(const BatchResult& result) {
    Progress& all = report_.progress;
    const Progress& part = result.part;
    if (all.sequences == report_.carried_on && part.sequences != 0)
      report_.first_checked_seconds = since_call_.seconds();
    all.sequences += part.sequences;
    all.operations += part.operations;
    all.unjudged += part.unjudged;
    count_canaries(result);
    all.seconds = seconds();
    report_.coverage.merge(result.coverage);
    pairs_.add(result.pairs);
    report_.pairs.covered = pairs_.covered();
    for (std::size_t i = 0; i < result.known_hits.size(); ++i) report_.known.states[i].hits += result.known_hits[i];
  }

  void count_canaries(const BatchResult& result) {
    report_.progress.canaries.planted += result.part.canaries.planted;
    report_.progress.canaries.caught += result.part.canaries.caught;
  }

  /// What was found.
  void take_in(BatchResult& result) {
    Progress& all = report_.progress;
    if (result.error) fail_with(*result.error);
    if (result.believable)
      for (Finding& finding : result.suspects)
        if (!report_.ended_early) enter(std::move(finding));
    all.findings = report_.findings.size();
    if (all.seconds - last_progress_ < 1.0) return;
    last_progress_ = all.seconds;
    reporter_.progress(all);
  }

  /// Puts a divergence that nobody has met into the report, unconfirmed, and on disk.
  void enter(Finding finding) {
    const std::string fingerprint = properties::to_string(finding.divergence.fingerprint);
    if (const auto known = places_.find(fingerprint); known != places_.end()) {
      if (!finding.canary) ++report_.findings[known->second].hits;
      return;
    }
    if (report_.findings.size() >= options_.max_findings) {
      report_.ended_early = true;
      return;
    }
    finding.number = state_.findings++;
    finding.found_as = fingerprint;
    if (auto saved = keep(finding); !saved) fail_with(saved.error());
    reporter_.finding(finding);
    places_[fingerprint] = report_.findings.size();
    suspects_.push_back(report_.findings.size());
    report_.findings.push_back(std::move(finding));
  }

  /// Until none is left: shrinking one can turn up others. Those that an error leaves stay unconfirmed.
  void look_into_suspects() {
    for (; !suspects_.empty() && !report_.error; suspects_.pop_front()) {
      const std::size_t place = suspects_.front();
      auto investigated = investigate(report_.findings[place], pool_,
                                      {.directory = findings_directory(),
                                       .enough = [this] { return stop_shrinking(); },
                                       .confirmations = options_.confirmations,
                                       .before = [this, place] { return sequences_before(report_.findings[place]); },
                                       .known = &report_.known});
      if (!investigated) {
        fail_with(investigated.error());
        return;
      }
      conclude(place, std::move(investigated->finding));
      for (Finding& other : investigated->others) enter(std::move(other));
    }
  }

  /// What became of it. If it has turned out to be one that is there already, that one takes its hits.
  void conclude(std::size_t place, Finding finding) {
    Finding& mine = report_.findings[place];
    const auto [known, is_new] = places_.try_emplace(properties::to_string(finding.divergence.fingerprint), place);
    if (!is_new && known->second != place) {
      report_.findings[known->second].hits += std::exchange(mine.hits, 0);
      places_[mine.found_as] = known->second;
      drop_folder(finding, report_.findings[known->second]);
      return;
    }
    finding.hits = mine.hits;
    mine = std::move(finding);
    reporter_.finding(mine);
  }

  /// Of a finding that another one tells as well.
  static void drop_folder(const Finding& dropped, const Finding& stays) {
    std::error_code ignored;
    if (dropped.folder != stays.folder) std::filesystem::remove_all(dropped.folder, ignored);
  }

  [[nodiscard]] std::vector<model::Sequence> sequences_before(const Finding& finding) const {
    std::vector<model::Sequence> all;
    std::vector<std::uint64_t> ignored;
    for (const auto& [first, count] : finding.history)
      for (std::uint64_t i = first; i < first + count; ++i) {
        all.push_back(generator_.sequence(i));
        report_.known.leave_out(all.back(), ignored);
      }
    return all;
  }

  Finding unexplained(model::Sequence sequence, properties::Divergence divergence) const {
    Finding finding;
    finding.found = std::move(sequence);
    finding.divergence = std::move(divergence);
    finding.quirks = report_.known.quirks;
    finding.seed = state_.seed;
    finding.campaign = state_.kernel;
    finding.shard = options_.shard;
    finding.kernel = pool_.identity();
    return finding;
  }

  /// On disk, whatever workers keep at the same time.
  Result<void> keep(Finding& finding) {
    const std::scoped_lock lock(keeping_);
    kept_[folder_of(finding, findings_directory()).string()] = true;
    return save(finding, findings_directory());
  }
  /// A worker has found it, and it may be long until it is its turn: what happens until then must not lose it.
  Result<void> keep_at_once(const Finding& finding) {
    const std::scoped_lock lock(keeping_);
    std::error_code error;
    const auto folder = folder_of(finding, findings_directory());
    if (kept_.size() >= 4 * options_.max_findings || kept_.contains(folder.string())) return {};
    if (kept_[folder.string()] = std::filesystem::exists(folder / "divergence.json", error); kept_[folder.string()])
      return {};
    Finding copy = finding;
    copy.number = no_number;
    return save(copy, findings_directory());
  }
  void forget(const Finding& finding) {
    const std::scoped_lock lock(keeping_);
    std::error_code ignored;
    const auto kept = kept_.find(folder_of(finding, findings_directory()).string());
    if (kept == kept_.end() || kept->second) return;
    std::filesystem::remove_all(kept->first, ignored);
    kept_.erase(kept);
  }

  /// The findings of an earlier start of this campaign. Those that are not finished come first.
  void read_back() {
    for (Finding& finding : folder_->findings_of(state_, [this](std::string_view line) { reporter_.note(line); })) {
      const std::string fingerprint = properties::to_string(finding.divergence.fingerprint);
      if (finding.number >= state_.findings) finding.number = state_.findings++;
      if (finding.found_as.empty()) finding.found_as = fingerprint;
      if (const auto known = places_.find(fingerprint); known != places_.end()) {
        // One of the two was about to be dropped: the one that has become what it was not found as.
        Finding& other = report_.findings[known->second];
        if (finding.found_as == fingerprint) std::swap(other, finding);
        places_[finding.found_as] = known->second;
        drop_folder(finding, other);
        continue;
      }
      places_[fingerprint] = places_[finding.found_as] = report_.findings.size();
      report_.findings.push_back(std::move(finding));
    }
    for (std::size_t place = 0; place < report_.findings.size(); ++place)
      if (report_.findings[place].label == Label::unconfirmed) suspects_.push_back(place);
    reporter_.note(fmt::format(
        "carries on with the campaign of seed {} in {}: {} sequences judged, {} findings of "
        "which {} are to be finished",
        state_.seed, options_.out.string(), state_.progress.sequences, report_.findings.size(), suspects_.size()));
  }

  void write_state() {
    if (folder_ == nullptr) return;
    state_.progress = report_.progress;
    for (const KnownState& state : known_now().states) state_.known_hits[state.name] = state.hits;
    if (auto written = folder_->write(state_); !written) fail_with(written.error());
  }

  /// With all hits: those that are followed are counted by the rule that the model uses then.
  [[nodiscard]] Known known_now() const {
    Known known = report_.known;
    count_hits(known, report_.coverage);
    for (std::size_t i = 0; i < known.states.size(); ++i)
      if (known.states[i].rule) known.states[i].hits += hits_before_[i].hits;
    return known;
  }

  void finish() {
    if (stopped()) report_.ended_early = true;
    std::erase_if(report_.findings, [](const Finding& finding) { return finding.hits == 0; });
    for (Finding& finding : report_.findings)
      if (finding.hits > 1 && !report_.error)
        if (auto saved = save(finding, findings_directory()); !saved) fail_with(saved.error());
    report_.progress.findings = report_.findings.size();
    report_.progress.seconds = seconds();
    state_.finished = !report_.error && !stopped();
    write_state();
    report_.known = known_now();
    reporter_.progress(report_.progress);
  }

  void fail_with(const Error& error) {
    if (!report_.error) report_.error = error;
  }

  [[nodiscard]] std::filesystem::path findings_directory() const { return options_.out / "findings"; }
  [[nodiscard]] double seconds() const { return seconds_before_ + clock_.seconds(); }
  [[nodiscard]] bool stopped() const { return options_.stop != nullptr && options_.stop->load(); }
  [[nodiscard]] bool time_is_up() const { return stopped() || (options_.seconds && seconds() >= *options_.seconds); }
  [[nodiscard]] bool stop_shrinking() const {
    return stopped() || (options_.seconds && seconds() > *options_.seconds + shrink_grace_seconds);
  }

  const FuzzOptions& options_;
  Reporter& reporter_;
  const CampaignFolder* folder_;
  Pool& pool_;
  const properties::Generator& generator_;
  properties::PairCoverage pairs_;
  CampaignState state_;
  double seconds_before_ = state_.progress.seconds;
  bool carries_on_;
  FuzzReport report_;
  std::map<std::string, std::size_t> places_;  ///< by fingerprint: which finding of the report it is
  std::deque<std::size_t> suspects_;           ///< findings that nobody has looked into yet
  std::vector<KnownState> hits_before_;        ///< of earlier starts
  std::mutex keeping_;                         ///< of kept_ and what is on disk, while workers work
  std::map<std::string, bool> kept_;           ///< folders, and whether they are more than a worker's suspect
  Stopwatch since_call_, clock_;
  double last_progress_ = 0;
};

/// What a campaign with these options is, at its beginning.
CampaignState beginning(const FuzzOptions& options, const properties::Generator& generator, const std::string& seed) {
  CampaignState state;
  state.kernel = options.kernel;
  state.seed = seed;
  state.shard = options.shard;
  for (const auto hook : options.hooks) state.hooks.emplace_back(model::name_of(hook));
  Digest digest;
  for (std::uint64_t i = 0; i < 8; ++i) digest.add(model::print(generator.sequence(i)));
  state.generator = digest.value();
  return state;
}

properties::Generator generator_for(const FuzzOptions& options, const std::string& seed, properties::Lacks lacks) {
  return properties::Generator({.seed = Digest().add(seed).value(),
                                .shard = options.shard,
                                .hooks = options.hooks,
                                .nonsense_ppm = {},
                                .lacks = lacks});
}

}  // namespace

Result<FuzzReport> fuzz(const FuzzOptions& options, const OracleFactory& make_oracle, Reporter& reporter) {
  const Stopwatch since_call;
  std::optional<CampaignFolder> folder;
  std::optional<CampaignState> last;
  if (options.keep_state) {
    auto opened = CampaignFolder::open(options.out);
    if (!opened) return tl::unexpected(opened.error());
    folder = std::move(*opened);
    last = folder->state(options.kernel, [&](std::string_view line) { reporter.note(line); });
    if (last && last->finished) last.reset();
  }
  std::string seed = options.seed;
  if (seed.empty()) seed = last ? last->seed : options.fresh_seed;
  if (seed.empty()) seed = std::to_string(std::random_device{}());
  // What a campaign is does not depend on what its kernel lacks.
  CampaignState state = beginning(options, generator_for(options, seed, {}), seed);
  if (last && !last->is_same_campaign(state))
    return fail(Error::Kind::usage,
                "{}: a campaign with seed {}, shard {} and hooks {} was not finished here; go on with the same "
                "options and the same mprogcheck, or choose another folder with --out",
                options.out.string(), last->seed, last->shard, fmt::join(last->hooks, ", "));
  if (last) state = *last;

  // While the guests boot.
  auto space = std::async(std::launch::async, [] { return &properties::usual_pair_space(); });
  auto pool = Pool::start(options.jobs, make_oracle);
  if (!pool) return tl::unexpected(pool.error());
  const KernelIdentity found = identity_of((*pool)->identity());
  if (last && last->identity != found)
    return fail(Error::Kind::usage,
                "{}: expected the kernel of the campaign that was not finished here ({}), found {}; go on with that "
                "kernel, or choose another folder with --out",
                options.out.string(), to_string(last->identity, last->kernel), to_string(found, options.kernel));
  state.identity = found;
  Known known;
  if (!options.known.empty()) {
    auto probed = probe_known(**pool, options.known);
    if (!probed) return tl::unexpected(probed.error());
    known = std::move(*probed);
  }
  known.quirks.bits = static_cast<std::uint8_t>(known.quirks.bits | options.quirks.bits);

  const properties::Generator generator =
      generator_for(options, seed, options.lacks ? *options.lacks : lacks_of((*pool)->identity()));
  Campaign campaign(options, reporter, folder ? &*folder : nullptr, **pool, generator, *space.get(), std::move(state),
                    last.has_value());
  campaign.run(std::move(known), since_call);
  return std::move(campaign.report());
}

}  // namespace mprogcheck
