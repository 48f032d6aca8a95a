// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "campaign/explore/space.hpp"
#include "campaign/finding/finding.hpp"
#include "campaign/fuzz/pool.hpp"
#include "campaign/fuzz/reporter.hpp"
#include "campaign/kernel/kernel_identity.hpp"
#include "campaign/known.hpp"
#include "oracle/feature.hpp"

namespace mprogcheck {

struct ExploreOptions {
  properties::Bound bound{};
  Shard shard{};
  std::string kernel{};  ///< as the user named it
  unsigned jobs = 1;     ///< oracles that work side by side
  std::filesystem::path out{};
  bool keep_state = true;                   ///< go on where a killed start of the same exploration was
  std::size_t max_findings = 10;            ///< different ones; then no new tour is begun
  unsigned confirmations = 4;               ///< runs to confirm each finding
  std::vector<KnownDivergence> known{};     ///< find out first which of them the kernel has
  const std::atomic<bool>* stop = nullptr;  ///< set by a signal handler: end soon, lose nothing
};

struct ExploreReport {
  OracleIdentity kernel;
  std::string start;  ///< start_id()
  properties::Bound bound;
  Shard shard;
  std::uint32_t states = 0, own_states = 0;
  std::uint64_t transitions = 0, operations = 0;
  std::uint64_t pairs = 0;      ///< of the bound
  std::uint64_t own_pairs = 0;  ///< of this shard
  std::uint64_t covered = 0;    ///< of this shard: the kernel's outcome was recorded
  std::uint64_t behind = 0;     ///< of the others, those that lie behind a known divergence that is to be stopped at
  std::uint64_t steps = 0;      ///< of the ways
  std::size_t tours = 0, tours_done = 0, tours_carried_on = 0;
  struct Around {
    std::size_t strays = 0;  ///< pairs that led elsewhere than the model says
    unsigned rounds = 0;     ///< of tours around them
    std::size_t tours = 0;
  } around;
  PairTable table;                        ///< of this shard
  properties::Coverage coverage;          ///< what decided the pairs that were executed; earlier starts included, as in
  std::vector<model::Rule> silent;        ///< rules that decide no pair of the bound
  std::uint64_t avoided = 0;              ///< pairs of the bound that are known to be better not run
  std::uint64_t digest = 0;               ///< of the bound: shards with another one do not belong together
  CanaryCount canaries;                   ///< and here
  std::vector<const Feature*> unchecked;  ///< that it would have asked about, and a kernel of its starts lacked
  Known known;
  std::vector<Finding> findings;
  double seconds = 0;  ///< of the tours, without boot; earlier starts included
  bool ended_early = false;
  std::optional<Error> error;

  /// Every pair has a recorded outcome.
  [[nodiscard]] bool is_complete() const { return covered == own_pairs; }
  /// Pairs without an outcome that no known divergence explains.
  [[nodiscard]] std::uint64_t missing() const { return own_pairs - std::min(own_pairs, covered + behind); }
};

/// Whether an exploration asks about it.
bool is_asked_by_explore(const Feature& feature);

/// Executes every pair of the bound that is this shard's on the kernel, and holds it to the model. Findings are as
/// short as a way through the model's states can be. An Error means that nothing could be started.
Result<ExploreReport> explore(const ExploreOptions& options, const OracleFactory& make_oracle, Reporter& reporter);

/// What shards left in their folders, put together: an Error of kind usage names what is missing, double or does not
/// fit.
struct MergedShards {
  std::string bound, kernel;
  KernelIdentity identity;
  unsigned shards = 0;
  std::uint64_t pairs = 0, uncovered = 0, findings = 0;
  std::uint64_t avoided = 0;                ///< besides: pairs that known divergences say to avoid
  CanaryCount canaries{};                   ///< of all of them
  std::vector<const Feature*> unchecked{};  ///< what any of them could not ask
};
Result<MergedShards> merge_shards(const std::vector<std::filesystem::path>& folders);

}  // namespace mprogcheck
