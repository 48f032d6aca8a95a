// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/bench.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "base/digest.hpp"
#include "campaign/bench_jobs.hpp"
#include "campaign/fuzz/fuzz.hpp"
#include "campaign/kernel/hook_spec.hpp"
#include "campaign/kernel/lacks.hpp"
#include "campaign/stopwatch.hpp"
#include "kernel_oracle/vm_oracle.hpp"
#include "properties/explore/pair_space.hpp"
#include "properties/generate/generate.hpp"
#include "properties/judge/judge.hpp"
#include "vm/kernel.hpp"

namespace mprogcheck {

namespace {

/// Judges and counts as a campaign does, and knows how long that took.
class TimingSink final : public RunSink {
 public:
  explicit TimingSink(std::span<const Job> jobs) : jobs_(jobs) {}
  void take(std::size_t job, Run& run) override {
    const Stopwatch clock;
    const auto judgement = properties::judge(
        jobs_[job], run,
        [this](const model::World& before, const model::Operation& operation, const model::Verdict& verdict) {
          coverage_.add(operation, verdict, before);
          pairs_.add(before, operation);
        });
    differs_ |= judgement.divergence.has_value();
    seconds_ += clock.seconds();
  }
  [[nodiscard]] double seconds() const { return seconds_; }
  [[nodiscard]] bool differs() const { return differs_; }

 private:
  std::span<const Job> jobs_;
  properties::Coverage coverage_;
  properties::ShapeSet pairs_;
  double seconds_ = 0;
  bool differs_ = false;
};

double predict_all(std::span<const Job> jobs) {
  const Stopwatch clock;
  for (const Job& job : jobs) {
    model::World world = model::world_of(job.sequence);
    for (const auto& operation : job.sequence.operations) world.apply(operation);
  }
  return clock.seconds();
}

/// The seconds that one round takes in each part, each measured alone.
Result<Shares> measure_shares(VmOracle& oracle, std::span<const Job> jobs, double generate_seconds,
                              const wire::Bench& floor) {
  Shares seconds;
  seconds.generate = generate_seconds;
  seconds.predict = predict_all(jobs);
  TimingSink sink(jobs);
  const auto before = oracle.times();
  if (auto ran = oracle.run(jobs, sink); !ran) return tl::unexpected(ran.error());
  const auto after = oracle.times();
  if (sink.differs()) return fail("the sequences of this bench diverge on this kernel: run mprogcheck fuzz first");
  seconds.judge = sink.seconds();
  seconds.wire = after.encoding - before.encoding + after.decoding - before.decoding;
  seconds.guest = static_cast<double>(floor.checked_ns) / static_cast<double>(floor.rounds) / 1e9;
  return seconds;
}

/// Throws machines away as after a crash. The middle one counts: what else the machine does comes in bursts.
Result<void> measure_restore(VmOracle& oracle, BenchReport& report) {
  std::array<double, 5> seconds{};
  for (double& one : seconds) {
    if (auto replaced = oracle.replace(); !replaced) return replaced;
    report.restore_trouble = oracle.snapshot_trouble();
    if (!report.restore_trouble.empty()) return {};
    one = oracle.restore_seconds();
  }
  std::sort(seconds.begin(), seconds.end());
  report.restore_seconds = seconds[seconds.size() / 2];
  return {};
}

Shares normalized(const Shares& seconds) {
  const double all = seconds.generate + seconds.predict + seconds.wire + seconds.guest + seconds.judge;
  return {seconds.generate / all, seconds.predict / all, seconds.wire / all, seconds.guest / all, seconds.judge / all};
}

tl::unexpected<Error> interrupted_bench(unsigned round, unsigned rounds) {
  return fail("it was interrupted in round {} of {}; run it again", round + 1, rounds);
}

}  // namespace

/// The floor cannot make netlink's calls again; and the object that kernels die of is not named.
properties::Lacks lacks_in_bench(const OracleIdentity& kernel) {
  return both(lacks_of(kernel),
              {.devices = true, .qdiscs = true, .pins = true, .objects = 1U << model::struct_ops_link_object});
}

Result<BenchReport> bench(const KernelSpec& kernel, const OracleOptions& oracle_options, const BenchOptions& options) {
  if (kernel.kind != KernelSpec::Kind::image)
    return fail(Error::Kind::usage,
                "bench: expected debian:SUITE or a path, found \"{}\": only a kernel in a VM has a floor", kernel.text);
  auto image = vm::find_kernel(kernel.text);
  if (!image) return tl::unexpected(image.error());
  const Stopwatch since_start;
  VmOracleConfig config{.kernel = std::move(*image)};
  config.directory = oracle_options.directory;
  config.accelerator = oracle_options.accelerator;
  config.curfew = oracle_options.curfew;
  // The guest measures several rounds before it says anything: on a busy machine that is half a minute of silence.
  config.answer_deadline = std::chrono::minutes(3);
  auto started = VmOracle::start(config);
  if (!started) return tl::unexpected(started.error());
  VmOracle& oracle = **started;
  const double started_seconds = since_start.seconds();
  if (oracle_options.note) oracle_options.note(oracle.accelerator_line());
  if (auto met = meets(oracle.identity(), oracle_options.needs); !met) return tl::unexpected(met.error());
  auto known = probe_known(oracle, options.known);
  if (!known) return tl::unexpected(known.error());

  const std::vector<model::Hook>& hooks = options.hooks;
  if (auto able = has_hooks(oracle.identity(), hooks); !able) return tl::unexpected(able.error());
  const properties::Lacks lacks = lacks_in_bench(oracle.identity());
  const properties::Generator generator(
      {.seed = Digest().add(options.seed).value(), .hooks = hooks, .nonsense_ppm = {}, .lacks = lacks});
  std::vector<Job> jobs(options.sequences);
  const Stopwatch generating;
  for (std::uint64_t i = 0; i < options.sequences; ++i)
    jobs[i] = {.sequence = generator.sequence(i), .traits = known->traits};
  const double generate_seconds = generating.seconds();

  auto several = JobsMeter::start(oracle, options.jobs, oracle_options.directory);
  if (!several) return tl::unexpected(several.error());

  BenchReport report;
  report.kernel = oracle.identity();
  report.boot_seconds = oracle.boot_seconds();
  report.snapshot_seconds = oracle.snapshot_seconds();
  double floor_ns = 0, floor_operations = 0, checked_ns = 0, uncounted_ns = 0, checked_seconds = 0,
         checked_operations = 0;
  wire::Bench floor;
  Reporter silent;
  const auto is_stopped = [&options] { return options.stop != nullptr && options.stop->load(); };
  for (unsigned round = 0; round < options.rounds; ++round) {
    if (is_stopped()) return interrupted_bench(round, options.rounds);
    auto measured = oracle.bench(jobs);
    if (!measured) return tl::unexpected(measured.error());
    floor = *measured;
    floor_ns += static_cast<double>(floor.floor_ns);
    checked_ns += static_cast<double>(floor.checked_ns);
    uncounted_ns += static_cast<double>(floor.uncounted_ns);
    floor_operations += static_cast<double>(floor.operations * floor.rounds);
    report.floor_failures += floor.floor_failures;
    report.checked_failures += floor.checked_failures;
    report.floor_agrees = report.floor_agrees && floor.floor_failures == floor.checked_failures;

    FuzzOptions campaign;
    campaign.hooks = hooks;
    campaign.lacks = lacks;
    campaign.seed = options.seed;
    campaign.sequences = options.sequences;
    campaign.out = options.out;
    campaign.keep_state = false;
    campaign.traits = known->traits;
    campaign.stop = options.stop;
    auto checked = fuzz(
        campaign, [&oracle](unsigned) -> Result<std::unique_ptr<Oracle>> { return std::make_unique<Lent>(oracle); },
        silent);
    if (!checked) return tl::unexpected(checked.error());
    if (checked->error) return tl::unexpected(*checked->error);
    if (is_stopped()) return interrupted_bench(round, options.rounds);
    report.judged += checked->progress.operations;
    report.canaries.planted += checked->progress.canaries.planted;
    report.canaries.caught += checked->progress.canaries.caught;
    checked_seconds += checked->progress.seconds;
    checked_operations += static_cast<double>(checked->progress.operations);
    if (options.jobs > 1) {
      campaign.sequences = options.sequences * options.jobs;
      if (auto compared = several->measure(campaign); !compared) return tl::unexpected(compared.error());
      if (is_stopped()) return interrupted_bench(round, options.rounds);
    }
    if (round == 0) report.first_checked_seconds = started_seconds + checked->first_checked_seconds;
  }

  if (options.jobs > 1) report.side_by_side = several->result();
  report.operations = floor.operations;
  report.floor_operations_per_second = floor_operations / floor_ns * 1e9;
  report.checked_operations_per_second = checked_operations / checked_seconds;
  report.ratio = report.checked_operations_per_second / report.floor_operations_per_second;
  report.guest_ratio = floor_ns / checked_ns;
  report.counting_cost = checked_ns / uncounted_ns - 1;
  report.floor_calls_per_operation = static_cast<double>(floor.system_calls) / static_cast<double>(floor.operations);
  auto seconds = measure_shares(oracle, jobs, generate_seconds, floor);
  if (!seconds) return tl::unexpected(seconds.error());
  report.shares = normalized(*seconds);
  report.guest_bytes = oracle.guest_bytes();
  if (auto restored = measure_restore(oracle, report); !restored) return tl::unexpected(restored.error());
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  report.harness_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
  return report;
}

}  // namespace mprogcheck
