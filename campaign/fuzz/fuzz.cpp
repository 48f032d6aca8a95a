// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/fuzz/fuzz.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <future>
#include <random>
#include <thread>
#include <utility>

#include "base/digest.hpp"
#include "campaign/finding/investigate.hpp"
#include "campaign/fuzz/campaign_findings.hpp"
#include "campaign/fuzz/campaign_folder.hpp"
#include "campaign/fuzz/campaign_time.hpp"
#include "campaign/fuzz/schedule.hpp"
#include "campaign/fuzz/worker.hpp"
#include "campaign/kernel/hook_spec.hpp"
#include "campaign/kernel/lacks.hpp"
#include "campaign/stopwatch.hpp"
#include "model/language/print.hpp"
#include "model/language/words.hpp"
#include "properties/explore/pair_space.hpp"
#include "properties/generate/generate.hpp"
#include "properties/judge/judge.hpp"

namespace mprogcheck {

namespace {

/// Long enough that a round trip does not matter, short enough that a campaign ends soon after its time is up.
constexpr std::size_t sequences_per_batch = 256;

/// Takes what the workers have judged, in order, and looks into what diverged, with all oracles, while they pause.
class Campaign {
 public:
  /// `folder`: null if nothing is to be kept for a next start. `beginning`: all that there is of the campaign.
  Campaign(const FuzzOptions& options, Reporter& reporter, const CampaignFolder* folder, Pool& pool,
           const properties::Generator& generator, const properties::PairSpace& space, LastCampaign beginning,
           CampaignTime& time)
      : options_(options),
        reporter_(reporter),
        folder_(folder),
        pool_(pool),
        generator_(generator),
        pairs_(space),
        state_(beginning.state),
        time_(time),
        findings_(findings_directory(), options.max_findings, reporter) {
    findings_.go_on_with(std::move(beginning));
    calls_before_ = state_.calls;
    report_.seed = state_.seed;
    report_.kernel = pool.identity();
    report_.progress = state_.progress;
    report_.carried_on = state_.progress.sequences;
    report_.pairs = {.bound = properties::text_of(space.bound()), .total = pairs_.total(), .covered = 0};
  }

  FuzzReport& report() { return report_; }

  void run(Known known, const Stopwatch& since_call) {
    since_call_ = since_call;
    time_.begin();
    report_.known = std::move(known);
    for (KnownState& state : report_.known.states) state.hits = state_.known_hits[state.name];
    hits_before_ = report_.known.states;
    write_state();
    for (auto& [sequence, divergence] : std::exchange(report_.known.unexplained, {}))
      enter(unexplained(std::move(sequence), std::move(divergence)), false);
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
                       .over = [this] { return time_.is_up(); }});
    // The workers read what is known while its hits are counted here.
    const Known known = report_.known;
    const WorkerSetting setting{.generator = generator_,
                                .known = known,
                                .start = state_.start,
                                .seed = state_.seed,
                                .kernel = state_.kernel,
                                .shard = options_.shard,
                                .keep = [this](const Finding& finding) { return findings_.keep_at_once(finding); },
                                .forget = [this](const Finding& finding) { findings_.forget(finding); }};
    std::vector<std::unique_ptr<Worker>> crew;
    std::vector<std::thread> threads;
    for (unsigned worker = 0; worker < workers; ++worker)
      crew.push_back(std::make_unique<Worker>(setting, schedule, pool_.at(worker)));
    for (auto& worker : crew) threads.emplace_back([&worker] { worker->work(); });
    while (auto result = schedule.next()) {
      // One that came to no end is run again by the next start, and counts then; its canaries say why it ended.
      const bool ran = !result->error;
      if (ran)
        count(*result);
      else
        cut(*result);
      take_in(*result, ran ? Meets::what_counts : Meets::what_is_due_again);
      if (findings_.suspect()) {
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
    if (report_.ended_early) return;
    const bool again = report_.error || time_.stopped() || was_cut_;
    before_stragglers_ = now();
    for (BatchResult& result : schedule.stragglers()) {
      if (again)
        cut(result);
      else
        count(result);
      take_in(result, again ? Meets::what_comes_later : Meets::what_counts);
    }
    if (!again)
      for (Finding& finding : findings_.not_met_again()) enter(std::move(finding), false);
    look_into_suspects();
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
    all.seconds = time_.seconds();
    report_.coverage.merge(result.coverage);
    pairs_.add(result.pairs);
    report_.pairs.covered = pairs_.covered();
    for (std::size_t i = 0; i < result.known_hits.size(); ++i) report_.known.states[i].hits += result.known_hits[i];
  }

  /// What ran and does not count.
  void cut(const BatchResult& result) {
    if (result.error) count_canaries(result);
    ++report_.cut.batches;
    report_.cut.sequences += result.part.sequences;
    report_.cut.operations += result.part.operations + result.part.unjudged;
  }

  void count_canaries(const BatchResult& result) {
    report_.progress.canaries.planted += result.part.canaries.planted;
    report_.progress.canaries.caught += result.part.canaries.caught;
  }

  /// What a batch's findings are to this start.
  enum class Meets {
    what_counts,
    what_is_due_again,  ///< its sequences are the first that the next start runs
    what_comes_later,   ///< others are run before them
  };

  /// What was found.
  void take_in(BatchResult& result, Meets meets) {
    Progress& all = report_.progress;
    if (result.error) fail_with(*result.error);
    was_cut_ = was_cut_ || result.error;
    if (!result.believable) result.suspects.clear();
    for (Finding& finding : result.suspects) {
      // A canary's sequence is run besides, and counts there.
      const bool counts = meets == Meets::what_counts && !finding.canary;
      if (meets == Meets::what_comes_later)
        show(std::move(finding));
      else if (!report_.ended_early)
        enter(std::move(finding), counts);
    }
    all.findings = findings_.size();
    if (all.seconds - last_progress_ < 1.0) return;
    last_progress_ = all.seconds;
    reporter_.progress(all);
  }

  void show(Finding finding) {
    if (auto saved = findings_.show(std::move(finding)); !saved) fail_with(saved.error());
  }

  void enter(Finding finding, bool counts) {
    if (!findings_.know(finding) && findings_.are_enough()) {
      report_.ended_early = true;
      return;
    }
    if (auto saved = findings_.enter(std::move(finding), counts); !saved) fail_with(saved.error());
  }

  /// Until none is left: shrinking one can turn up others. Those that an error or a signal leaves stay unconfirmed, and
  /// the next start looks into them.
  void look_into_suspects() {
    time_.guests_shrink();
    shrink_suspects();
    time_.guests_judge();
  }
  void shrink_suspects() {
    while (!report_.error && !time_.stopped()) {
      const auto place = findings_.suspect();
      if (!place) return;
      auto investigated =
          investigate(findings_.at(*place), pool_,
                      {.directory = findings_directory(),
                       .enough = [this] { return time_.is_up_for_shrinking(); },
                       .stopped = [this] { return time_.stopped(); },
                       .confirmations = options_.confirmations,
                       .before = [this, &finding = findings_.at(*place)] { return sequences_before(finding); },
                       .known = &report_.known});
      if (!investigated) {
        fail_with(investigated.error());
        left_suspects_ = true;
        return;
      }
      if (investigated->cut_short) return;
      findings_.conclude(*place, std::move(investigated->finding));
      for (Finding& other : investigated->others) enter(std::move(other), false);
    }
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
    finding.origin = {.start = state_.start,
                      .campaign = state_.kernel,
                      .seed = state_.seed,
                      .shard = options_.shard,
                      .traits = report_.known.traits,
                      .kernel = pool_.identity()};
    return finding;
  }

  [[nodiscard]] CampaignState now() const {
    CampaignState state = state_;
    state.progress = report_.progress;
    state.findings = findings_.counted();
    state.numbers = findings_.numbers();
    for (const KnownState& known : known_now().states) state.known_hits[known.name] = known.hits;
    state.calls = calls_now();
    return state;
  }

  void write_state() {
    if (folder_ == nullptr) return;
    state_ = now();
    if (before_stragglers_ && !state_.finished) {
      // The next start judges them again. What was found there only is there, and nobody has met it.
      state_.progress = before_stragglers_->progress;
      state_.known_hits = before_stragglers_->known_hits;
      state_.calls = before_stragglers_->calls;
      for (CountedFinding& finding : state_.findings) {
        const auto before = std::ranges::find(before_stragglers_->findings, finding.number, &CountedFinding::number);
        finding.hits = before != before_stragglers_->findings.end() ? before->hits : 0;
      }
    }
    if (auto written = folder_->write(state_); !written)
      fail_with(written.error());
    else
      findings_.state_is_written();
  }

  [[nodiscard]] std::map<std::string, std::uint64_t> calls_now() const {
    auto calls = calls_before_;
    for (const auto& [name, count] : report_.coverage.calls()) calls[name] += count;
    return calls;
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
    if (time_.stopped()) report_.ended_early = true;
    for (Finding& finding : findings_.not_met_again()) show(std::move(finding));
    report_.findings = findings_.report();
    for (Finding& finding : report_.findings)
      if (finding.hits > 1 && !report_.error)
        if (auto saved = save(finding, findings_directory()); !saved) fail_with(saved.error());
    report_.progress.findings = report_.findings.size();
    report_.progress.seconds = time_.seconds();
    state_.finished = !report_.error && !time_.stopped() && !left_suspects_;
    write_state();
    report_.known = known_now();
    report_.calls = calls_now();
    report_.knows_calls = state_.knows_calls;
    reporter_.progress(report_.progress);
  }

  void fail_with(const Error& error) {
    if (!report_.error && !time_.is_why(error)) report_.error = error;
  }

  [[nodiscard]] std::filesystem::path findings_directory() const { return options_.out / "findings"; }

  const FuzzOptions& options_;
  Reporter& reporter_;
  const CampaignFolder* folder_;
  Pool& pool_;
  const properties::Generator& generator_;
  properties::PairCoverage pairs_;
  CampaignState state_;
  std::optional<CampaignState> before_stragglers_;
  CampaignTime& time_;
  bool was_cut_ = false;        ///< a batch came to no end
  bool left_suspects_ = false;  ///< nor did shrinking
  CampaignFindings findings_;
  FuzzReport report_;
  std::vector<KnownState> hits_before_;                ///< of earlier starts
  std::map<std::string, std::uint64_t> calls_before_;  ///< likewise
  Stopwatch since_call_;
  double last_progress_ = 0;
};

/// What a campaign with these options is, at its beginning.
CampaignState beginning(const FuzzOptions& options, const properties::Generator& generator, const std::string& seed) {
  CampaignState state;
  state.start = start_id("fuzz");
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
  std::optional<LastCampaign> last;
  const auto note = [&](std::string_view line) { reporter.note(line); };
  if (options.keep_state) {
    auto opened = CampaignFolder::open(options.out);
    if (!opened) return tl::unexpected(opened.error());
    folder = std::move(*opened);
    last = folder->last(options.kernel, note);
  }
  std::string seed = options.seed;
  if (seed.empty()) seed = last ? last->state.seed : options.fresh_seed;
  if (seed.empty()) seed = std::to_string(std::random_device{}());
  // What a campaign is does not depend on what its kernel lacks.
  CampaignState state = beginning(options, generator_for(options, seed, {}), seed);
  if (last && !last->state.is_same_campaign(state))
    return fail(Error::Kind::usage,
                "{}: a campaign with seed {}, shard {} and hooks {} was not finished here; go on with the same "
                "options and the same mprogcheck, or choose another folder with --out",
                options.out.string(), last->state.seed, last->state.shard, fmt::join(last->state.hooks, ", "));

  if (options.curfew != nullptr) options.curfew->lift();
  // While the guests boot.
  auto space = std::async(std::launch::async, [] { return &properties::usual_pair_space(); });
  auto pool = Pool::start(options.jobs, make_oracle);
  if (!pool) return tl::unexpected(pool.error());
  CampaignTime time(options, last ? last->state.progress.seconds : 0);
  const KernelIdentity found = identity_of((*pool)->identity());
  if (last && last->state.identity != found)
    return fail(Error::Kind::usage,
                "{}: expected the kernel of the campaign that was not finished here ({}), found {}; go on with that "
                "kernel, or choose another folder with --out",
                options.out.string(), to_string(last->state.identity, last->state.kernel),
                to_string(found, options.kernel));
  state.identity = found;
  if (last)
    reporter.note(fmt::format(
        "carries on with the campaign of seed {} in {}: {} sequences judged, {} findings of which {} are to "
        "be finished",
        seed, options.out.string(), last->state.progress.sequences, last->findings.size(),
        std::ranges::count(last->findings, Label::unconfirmed, &Finding::label)));
  else if (folder)
    if (auto aside = folder->set_aside("fuzz", options.kernel, note); !aside) return tl::unexpected(aside.error());
  Known known;
  if (!options.known.empty()) {
    auto probed = probe_known(**pool, options.known);
    if (!probed) return tl::unexpected(probed.error());
    known = std::move(*probed);
  }
  known.traits.add(traits_of((*pool)->identity()));
  known.traits.add(options.traits);

  if (options.hooks_are_named)
    if (auto able = has_hooks((*pool)->identity(), options.hooks); !able) return tl::unexpected(able.error());
  const properties::Generator generator =
      generator_for(options, seed, options.lacks ? *options.lacks : lacks_of((*pool)->identity()));
  Campaign campaign(options, reporter, folder ? &*folder : nullptr, **pool, generator, *space.get(),
                    last ? std::move(*last) : LastCampaign{.state = std::move(state), .findings = {}, .others = {}},
                    time);
  campaign.run(std::move(known), since_call);
  return std::move(campaign.report());
}

}  // namespace mprogcheck
