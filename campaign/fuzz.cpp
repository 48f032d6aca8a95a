// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/fuzz.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "base/digest.hpp"
#include "campaign/batch_queue.hpp"
#include "campaign/investigate.hpp"
#include "campaign/one_run.hpp"
#include "campaign/stopwatch.hpp"
#include "properties/generate.hpp"
#include "properties/judge.hpp"

namespace mprogcheck {

namespace {

/// Long enough that a round trip does not matter, short enough that a campaign ends soon after its time is up.
constexpr std::size_t sequences_per_batch = 256;
/// Shrinking goes on for so long after the time is up.
constexpr double shrink_grace_seconds = 60;
constexpr std::size_t console_lines = 200;

struct Batch {
  std::vector<Job> jobs;
  std::vector<std::uint64_t> index;   ///< of each job's sequence
  std::optional<std::size_t> canary;  ///< which job is one
};

/// What all workers share.
class Campaign {
 public:
  Campaign(const FuzzOptions& options, Reporter& reporter) : options_(options), reporter_(reporter) {}

  FuzzReport& report() { return report_; }
  std::mutex& mutex() { return mutex_; }
  Reporter& reporter() { return reporter_; }
  const FuzzOptions& options() const { return options_; }

  void start(const Stopwatch& since_call) {
    since_call_ = since_call;
    clock_ = Stopwatch();
  }

  /// The next numbers for a worker: [first, first + count). None are left when count is 0.
  std::pair<std::uint64_t, std::size_t> claim() {
    const std::scoped_lock lock(mutex_);
    if (over()) return {next_, 0};
    std::size_t count = sequences_per_batch;
    if (options_.sequences)
      count = static_cast<std::size_t>(std::min<std::uint64_t>(count, *options_.sequences - next_));
    const std::uint64_t first = next_;
    next_ += count;
    return {first, count};
  }

  /// No new batch shall be started.
  bool ended() {
    const std::scoped_lock lock(mutex_);
    return time_is_up() || error_;
  }
  bool stop_shrinking() const {
    return stopped() || (options_.seconds && clock_.seconds() > *options_.seconds + shrink_grace_seconds);
  }

  void fail_with(const Error& error) {
    const std::scoped_lock lock(mutex_);
    if (!error_) error_ = error;
  }
  std::optional<Error> error() const { return error_; }

  /// Adds what a worker has judged.
  void add(const Progress& part, const properties::Coverage& coverage) {
    const std::scoped_lock lock(mutex_);
    Progress& all = report_.progress;
    if (all.sequences == 0 && part.sequences != 0) report_.first_checked_seconds = since_call_.seconds();
    all.sequences += part.sequences;
    all.operations += part.operations;
    all.unjudged += part.unjudged;
    all.canaries.planted += part.canaries.planted;
    all.canaries.caught += part.canaries.caught;
    all.seconds = clock_.seconds();
    all.findings = report_.findings.size();
    report_.coverage.merge(coverage);
    if (all.seconds - last_progress_ < 1.0) return;
    last_progress_ = all.seconds;
    reporter_.progress(all);
  }

  /// Puts a divergence that nobody has met into the report, unconfirmed, and gives its place there. Nothing if it is
  /// known, or if there are enough.
  std::optional<std::size_t> enter(const Finding& finding) {
    const std::scoped_lock lock(mutex_);
    const std::string fingerprint = properties::to_string(finding.divergence.fingerprint);
    if (const auto known = places_.find(fingerprint); known != places_.end()) {
      ++report_.findings[known->second].hits;
      return std::nullopt;
    }
    if (report_.findings.size() >= options_.max_findings) {
      report_.ended_early = true;
      return std::nullopt;
    }
    report_.findings.push_back(finding);
    places_[fingerprint] = report_.findings.size() - 1;
    return report_.findings.size() - 1;
  }
  /// What became of it. If it has turned out to be one that is there already, that one takes its hits.
  void settle(std::size_t place, const Finding& finding) {
    const std::scoped_lock lock(mutex_);
    Finding& mine = report_.findings[place];
    const auto [known, is_new] = places_.try_emplace(properties::to_string(finding.divergence.fingerprint), place);
    if (!is_new && known->second != place) {
      report_.findings[known->second].hits += std::exchange(mine.hits, 0);
      places_[properties::to_string(mine.divergence.fingerprint)] = known->second;
      return;
    }
    const std::uint64_t hits = mine.hits;
    mine = finding;
    mine.hits = hits;
    reporter_.finding(mine);
  }
  void announce(std::size_t place, const Finding& finding) {
    const std::scoped_lock lock(mutex_);
    report_.findings[place].folder = finding.folder;
    reporter_.finding(finding);
  }
  /// Takes out what turned out to be the same as another.
  void drop_duplicates() {
    std::erase_if(report_.findings, [](const Finding& finding) { return finding.hits == 0; });
  }

 private:
  bool stopped() const { return options_.stop != nullptr && options_.stop->load(); }
  bool time_is_up() {
    if (stopped()) report_.ended_early = true;
    return report_.ended_early || (options_.seconds && clock_.seconds() >= *options_.seconds);
  }
  bool over() { return time_is_up() || error_ || (options_.sequences && next_ >= *options_.sequences); }

  const FuzzOptions& options_;
  Reporter& reporter_;
  FuzzReport report_;
  std::mutex mutex_;
  std::map<std::string, std::size_t> places_;  ///< by fingerprint: which finding of the report it is
  std::uint64_t next_ = 0;
  Stopwatch since_call_, clock_;
  double last_progress_ = 0;
  std::optional<Error> error_;
};

/// Judges the runs of a batch as they arrive, and remembers those that differ.
class BatchSink final : public RunSink {
 public:
  explicit BatchSink(const Batch& batch) : batch_(batch) {}

  void take(std::size_t number, Run& run) override {
    const Job& job = batch_.jobs[number];
    if (run.ending == Run::Ending::unclean && run.unchecked != 0) vague_.emplace_back(number, run.unchecked);
    if (batch_.canary == number) {
      judge_canary(job, run);
      return;
    }
    auto judgement = properties::judge(
        job, run, [this](const model::World& before, const model::Operation& operation, const model::Verdict& verdict) {
          coverage_.add(operation, verdict, before);
        });
    ++part_.sequences;
    part_.operations += judgement.judged;
    part_.unjudged += judgement.unjudged;
    if (!judgement.malformed.empty())
      malformed_ = std::move(judgement);
    else if (judgement.divergence)
      suspects_.emplace_back(number, std::move(*judgement.divergence));
  }

  [[nodiscard]] const Progress& part() const { return part_; }
  [[nodiscard]] const properties::Coverage& coverage() const { return coverage_; }
  [[nodiscard]] std::vector<std::pair<std::size_t, properties::Divergence>>& suspects() { return suspects_; }
  /// Runs that were found unclean, and how many of those before them may be the cause.
  [[nodiscard]] const std::vector<std::pair<std::size_t, std::uint32_t>>& vague() const { return vague_; }
  /// An Error if something here means that nothing the oracle says can be believed.
  [[nodiscard]] Result<void> trustworthy() const {
    if (malformed_) return malformed_run(*malformed_);
    if (missed_)
      return fail(
          "a canary was not caught: the guest was told to misreport step {} of a sequence, and the judge did not "
          "blame that step; nothing this campaign says can be relied on: report it with the seed",
          *missed_);
    return {};
  }

 private:
  void judge_canary(const Job& job, const Run& run) {
    const auto judgement = properties::judge(job, run);
    const CanaryFate fate = fate_of(job, judgement);
    if (fate == CanaryFate::spoilt) return;
    ++part_.canaries.planted;
    if (fate == CanaryFate::caught)
      ++part_.canaries.caught;
    else
      missed_ = job.lie_at;
  }

  const Batch& batch_;
  Progress part_;
  properties::Coverage coverage_;
  std::vector<std::pair<std::size_t, properties::Divergence>> suspects_;
  std::vector<std::pair<std::size_t, std::uint32_t>> vague_;
  std::optional<properties::Judgement> malformed_;
  std::optional<std::uint32_t> missed_;
};

/// One oracle, the thread that drives it, and the thread that makes its batches.
class Worker {
 public:
  Worker(Campaign& campaign, const properties::Generator& generator, model::Quirks quirks,
         std::unique_ptr<Oracle> oracle)
      : campaign_(campaign),
        generator_(generator),
        quirks_(quirks),
        oracle_(std::move(oracle)),
        nest_(oracle_->identity().has(feature_refcnt)) {}

  /// A divergence, to be looked into if it is a new one.
  void suspect(model::Sequence sequence, properties::Divergence divergence, std::uint64_t index) {
    Finding finding;
    finding.found = std::move(sequence);
    finding.divergence = std::move(divergence);
    finding.index = index;
    finding.quirks = quirks_;
    finding.seed = campaign_.options().seed;
    finding.shard = campaign_.options().shard;
    finding.kernel = oracle_->identity();
    if (const auto place = campaign_.enter(finding)) suspects_.emplace_back(*place, std::move(finding));
  }

  void work() {
    if (auto looked = look_into_suspects(); !looked) return campaign_.fail_with(looked.error());
    std::thread maker([this] { make_batches(); });
    while (auto batch = queue_.take()) {
      if (auto ran = run(*batch); !ran) campaign_.fail_with(ran.error());
      if (campaign_.ended()) break;
    }
    queue_.close();
    maker.join();
  }

 private:
  void make_batches() {
    for (;;) {
      const auto [first, count] = campaign_.claim();
      if (count == 0) break;
      if (!queue_.put(make_batch(first, count))) break;
    }
    queue_.close();
  }

  Batch make_batch(std::uint64_t first, std::size_t count) {
    Batch batch;
    for (std::uint64_t i = first; i < first + count; ++i) {
      batch.jobs.push_back({.sequence = generator_.sequence(i), .quirks = quirks_});
      batch.index.push_back(i);
    }
    plant_canary(batch);
    return batch;
  }

  /// One in every batch, if any of its sequences has a place for the lie whose turn it is.
  void plant_canary(Batch& batch) {
    const std::size_t place = nest_.place(batch.jobs.size());
    for (std::size_t i = 0; i < batch.jobs.size(); ++i) {
      auto canary = nest_.plant(batch.jobs[(place + i) % batch.jobs.size()]);
      if (!canary) continue;
      const auto at = static_cast<std::ptrdiff_t>(place);
      batch.jobs.insert(batch.jobs.begin() + at, std::move(*canary));
      batch.index.insert(batch.index.begin() + at, 0);
      batch.canary = place;
      return;
    }
  }

  Result<void> run(const Batch& batch) {
    BatchSink sink(batch);
    auto ran = oracle_->run(batch.jobs, sink);
    campaign_.add(sink.part(), sink.coverage());
    if (auto trust = sink.trustworthy(); !trust) return trust;
    for (const auto& [number, unchecked] : sink.vague())
      if (auto pinned = pin(batch, number, unchecked, sink.suspects()); !pinned) return pinned;
    for (auto& [number, divergence] : sink.suspects())
      suspect(batch.jobs[number].sequence, std::move(divergence), batch.index[number]);
    if (auto looked = look_into_suspects(); !looked) return looked;
    return ran;
  }

  /// A leaked reference was found after several runs. In deep depth it is seen after the step that leaks it, so they
  /// are run again: the first that diverges is the suspect. If none does, it stays the run after which it was found.
  Result<void> pin(const Batch& batch, std::size_t number, std::uint32_t unchecked,
                   std::vector<std::pair<std::size_t, properties::Divergence>>& suspects) {
    const std::size_t first = number - std::min<std::size_t>(unchecked, number);
    std::vector<Job> jobs(batch.jobs.begin() + static_cast<std::ptrdiff_t>(first),
                          batch.jobs.begin() + static_cast<std::ptrdiff_t>(number) + 1);
    for (Job& job : jobs) {
      job.depth = Depth::deep;
      job.lie = Lie::none;
    }
    auto judgements = run_all(*oracle_, jobs);
    if (!judgements) return tl::unexpected(judgements.error());
    const auto culprit =
        std::ranges::find_if(*judgements, [](const auto& judgement) { return judgement.divergence.has_value(); });
    if (culprit == judgements->end()) return {};
    std::erase_if(suspects, [number = number](const auto& suspect) { return suspect.first == number; });
    suspects.emplace_back(first + static_cast<std::size_t>(culprit - judgements->begin()),
                          std::move(*culprit->divergence));
    return {};
  }

  /// Until none is left: shrinking one can turn up others.
  Result<void> look_into_suspects() {
    const auto directory = campaign_.options().out / "findings";
    for (; !suspects_.empty(); suspects_.pop_front()) {
      auto& [place, finding] = suspects_.front();
      finding.console = oracle_->console_tail(console_lines);
      if (auto saved = save(finding, directory); !saved) return saved;
      campaign_.announce(place, finding);
      auto investigated = investigate(
          finding, *oracle_, {.directory = directory, .enough = [this] { return campaign_.stop_shrinking(); }});
      if (!investigated) return tl::unexpected(investigated.error());
      campaign_.settle(place, investigated->finding);
      for (Finding& other : investigated->others)
        suspect(std::move(other.found), std::move(other.divergence), finding.index);
    }
    return {};
  }

  Campaign& campaign_;
  const properties::Generator& generator_;
  model::Quirks quirks_;
  std::unique_ptr<Oracle> oracle_;
  CanaryNest nest_;
  BatchQueue<Batch> queue_;
  /// New divergences that nobody has looked into yet, and their places in the report.
  std::deque<std::pair<std::size_t, Finding>> suspects_;
};

properties::Lacks lacks_of(const OracleIdentity& kernel) {
  return {.devices = !kernel.has(feature_device),
          .qdiscs = !kernel.has(feature_qdisc),
          .pins = !kernel.has(feature_pin),
          .packets = !kernel.has(feature_run)};
}

}  // namespace

Result<FuzzReport> fuzz(const FuzzOptions& options, const OracleFactory& make_oracle, Reporter& reporter) {
  const Stopwatch since_call;
  std::error_code error;
  std::filesystem::create_directories(options.out / "findings", error);
  if (error)
    return fail("{}: cannot be made: {}; choose another folder with --out", (options.out / "findings").string(),
                error.message());
  Campaign campaign(options, reporter);

  std::vector<std::unique_ptr<Oracle>> oracles;
  for (unsigned worker = 0; worker < std::max(options.jobs, 1U); ++worker) {
    auto oracle = make_oracle(worker);
    if (!oracle) return tl::unexpected(oracle.error());
    oracles.push_back(std::move(*oracle));
  }
  FuzzReport& report = campaign.report();
  report.known.quirks = options.quirks;
  report.kernel = oracles.front()->identity();
  if (options.probe_known) {
    auto known = probe_known(*oracles.front());
    if (!known) return tl::unexpected(known.error());
    report.known = std::move(*known);
  }

  const properties::Generator generator({.seed = Digest().add(options.seed).value(),
                                         .shard = options.shard,
                                         .hooks = options.hooks,
                                         .nonsense_ppm = {},
                                         .lacks = lacks_of(report.kernel)});
  campaign.start(since_call);
  std::vector<std::unique_ptr<Worker>> workers;
  for (auto& oracle : oracles)
    workers.push_back(std::make_unique<Worker>(campaign, generator, report.known.quirks, std::move(oracle)));
  for (auto& [sequence, divergence] : report.known.unexplained)
    workers.front()->suspect(std::move(sequence), std::move(divergence), 0);
  std::vector<std::thread> threads;
  for (auto& worker : workers) threads.emplace_back([&worker] { worker->work(); });
  for (auto& thread : threads) thread.join();

  reporter.progress(report.progress);
  campaign.drop_duplicates();
  report.error = campaign.error();
  count_hits(report.known, report.coverage);
  return std::move(report);
}

}  // namespace mprogcheck
