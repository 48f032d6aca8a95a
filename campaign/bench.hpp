// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "campaign/bench_jobs.hpp"
#include "campaign/kernel/kernel_spec.hpp"
#include "campaign/known.hpp"
#include "properties/generate/swarm.hpp"

namespace mprogcheck {

struct BenchOptions {
  std::string seed = "bench";
  std::uint64_t sequences = 2048;  ///< in each round
  unsigned rounds = 3;  ///< of floor and campaign in turn, so that both meet the same neighbours on the machine
  unsigned jobs = 1;    ///< more: so many VMs are compared with one
  std::string out;
  std::vector<model::Hook> hooks;
  std::vector<KnownDivergence> known{};     ///< those that are followed and present are followed here, too
  const std::atomic<bool>* stop = nullptr;  ///< set by a signal handler: an Error, soon
};

/// Of the time that all parts take for one operation, one after the other on one core, the part of each. They add up
/// to 1.
struct Shares {
  double generate = 0;  ///< making the sequence, which predicts as it goes
  double predict = 0;   ///< the model alone
  double wire = 0;      ///< encoding jobs and decoding runs, on the host
  double guest = 0;     ///< the agent, the kernel's work included
  double judge = 0;     ///< comparing, which predicts as it goes
};

struct BenchReport {
  OracleIdentity kernel;
  std::uint64_t operations = 0;  ///< of one round
  std::uint64_t judged = 0;      ///< operations, of all rounds with one VM
  CanaryCount canaries;          ///< and theirs
  double floor_operations_per_second = 0;
  double checked_operations_per_second = 0;
  double ratio = 0;  ///< checked / floor
  double floor_calls_per_operation = 0;
  std::uint64_t floor_failures = 0, checked_failures = 0;
  bool floor_agrees = true;  ///< the floor's system calls failed exactly as often as those of the checked path
  double guest_ratio = 0;    ///< the agent's own loop, nothing sent / floor
  double counting_cost = 0;  ///< what counting references adds to the agent's loop: 0.1 is a tenth more time
  Shares shares;
  double boot_seconds = 0;
  double snapshot_seconds = 0;            ///< what the snapshot adds to the boot, once
  std::optional<double> restore_seconds;  ///< until a new machine's agent answers, the median; none if that fails
  std::string restore_trouble;            ///< why it does
  double first_checked_seconds = 0;       ///< from the start of the VM to the first judged run
  std::optional<JobsBench> side_by_side;  ///< none, if nothing was to be compared
  std::uint64_t guest_bytes = 0;
  std::uint64_t harness_bytes = 0;
};

/// What the sequences of a bench do without: what its floor cannot make again, and what that kernel lacks.
properties::Lacks lacks_in_bench(const OracleIdentity& kernel);

/// Measures in one VM, in one run: the same sequences as prebuilt system calls in a tight loop in the guest, and
/// checked by the whole harness as `fuzz` does. Only a kernel in a VM has a floor.
Result<BenchReport> bench(const KernelSpec& kernel, const OracleOptions& oracle_options, const BenchOptions& options);

}  // namespace mprogcheck
