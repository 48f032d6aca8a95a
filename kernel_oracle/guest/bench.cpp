// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/guest/bench.hpp"

#include <algorithm>

#include "kernel_oracle/guest/clock.hpp"
#include "kernel_oracle/guest/hooks/guest_hook.hpp"

namespace mprogcheck::guest {

namespace {

constexpr std::uint64_t measured_ns = 1'000'000'000;  ///< each side, about
constexpr std::uint64_t max_rounds = 1000;
constexpr std::uint64_t most_ns = 10'000'000'000;  ///< all rounds, where what is between them takes long

bool run_all(SequenceRunner& runner, std::span<const wire::JobRecord> jobs, RunFrames& scratch) {
  for (const auto& job : jobs) {
    if (!runner.run(job, scratch, &job == &jobs.back())) return false;
    if (scratch.size() > (32U << 10)) scratch.flush();  // where the checked path would send it
  }
  scratch.flush();
  return true;
}

std::uint64_t tried_in(const wire::JobRecord& job) {
  std::uint64_t tried = 0;
  wire::Reader reader(job.trials);
  wire::TrialsRecord trials;
  while (reader.left() != 0 && wire::get_trials(reader, trials)) tried += trial_set::count(trials.which);
  return tried;
}

/// The recorded calls expect the revisions of the round that was recorded: where devices remember what earlier rounds
/// did, each round needs new ones.
bool needs_new_devices(const model::Sites& sites) {
  for (model::ListIndex list = 0; list < sites.size(); ++list)
    if (guest_family(sites.hook(list)).hides_revision) return true;
  return false;
}

/// In pieces that are long for the machine and short for the host. An adopt belongs to the call before it.
std::uint64_t replay_all(std::span<const RecordedCall> trace, Heartbeat& heartbeat) {
  constexpr std::size_t piece = 4096;
  std::uint64_t failures = 0;
  while (!trace.empty()) {
    std::size_t end = std::min(piece, trace.size());
    while (end < trace.size() && trace[end].kind == RecordedCall::Kind::adopt) ++end;
    failures += replay(trace.first(end));
    trace = trace.subspan(end);
    heartbeat.did(Heartbeat::units_per_clock);
  }
  return failures;
}

}  // namespace

bool measure(SequenceRunner& runner, std::span<const wire::JobRecord> jobs, wire::Bench& bench) {
  RunFrames scratch(nullptr);
  bool renews = false;
  std::uint8_t devices = 0;
  for (const auto& job : jobs) {
    renews = renews || needs_new_devices(job.sites);
    devices |= job.devices;
  }
  const std::uint64_t end = now() + most_ns;
  const auto begin_round = [&] {
    runner.heartbeat().did(Heartbeat::units_per_clock);
    return !renews || runner.forget_the_past(devices);
  };
  // Once for nothing: now the world is as it is after the last job, which is how each later round finds it.
  if (!run_all(runner, jobs, scratch)) return false;
  // Now and then a run has to look twice, or to send a packet after its packet. A round without that is the same as the
  // one before it.
  Syscalls::Trace trace;
  constexpr unsigned most_recordings = 8;
  for (unsigned n = 0; n < most_recordings; ++n) {
    const std::size_t before = trace.size();
    free_trace(trace);
    if (!begin_round()) return false;
    runner.calls().record(&trace);
    const bool recorded = run_all(runner, jobs, scratch);
    runner.calls().record(nullptr);
    if (!recorded) return false;
    if (trace.size() == before) break;
  }

  for (const auto& job : jobs) bench.operations += job.step_count + tried_in(job);
  for (const auto& call : trace)
    bench.system_calls += call.kind == RecordedCall::Kind::learn ? 0 : call.kind == RecordedCall::Kind::adopt ? 2 : 1;
  // The two sides take turns, so that what disturbs the machine disturbs both.
  while (bench.rounds < max_rounds && (bench.floor_ns < measured_ns || bench.checked_ns < measured_ns) &&
         (!renews || bench.rounds == 0 || now() < end)) {
    if (!begin_round()) return false;
    std::uint64_t begin = now();
    bench.floor_failures += replay_all(trace, runner.heartbeat());
    bench.floor_ns += now() - begin;

    if (!begin_round()) return false;
    const std::uint64_t failures = runner.calls().failures();
    begin = now();
    if (!run_all(runner, jobs, scratch)) return false;
    bench.checked_ns += now() - begin;
    bench.checked_failures += runner.calls().failures() - failures;

    if (!begin_round()) return false;
    runner.count_references(false);
    begin = now();
    const bool ran = run_all(runner, jobs, scratch);
    bench.uncounted_ns += now() - begin;
    runner.count_references(true);
    if (!ran) return false;
    ++bench.rounds;
  }
  free_trace(trace);
  return true;
}

}  // namespace mprogcheck::guest
