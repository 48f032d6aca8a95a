// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/curfew.hpp"
#include "base/result.hpp"
#include "campaign/finding/finding.hpp"
#include "campaign/fuzz/canary.hpp"
#include "campaign/fuzz/pool.hpp"
#include "campaign/fuzz/reporter.hpp"
#include "campaign/known.hpp"
#include "oracle/oracle.hpp"
#include "properties/coverage.hpp"
#include "properties/generate/generate.hpp"

namespace mprogcheck {

struct FuzzOptions {
  std::vector<model::Hook> hooks;
  bool hooks_are_named = true;  ///< by the user: a kernel that lacks one is skipped. Else it does without
  std::string kernel;           ///< as the user named it
  std::string seed;        ///< any text; the same text, the same sequences. Empty: that of the campaign to go on with,
  std::string fresh_seed;  ///< or this one, or a random one
  std::uint64_t shard = 0;
  std::optional<double> seconds;             ///< stop after so long, earlier starts of the campaign included,
  std::optional<std::uint64_t> sequences;    ///< or after so many, whatever comes first
  unsigned jobs = 1;                         ///< oracles that work side by side
  std::filesystem::path out;                 ///< findings go to out/findings
  bool keep_state = true;                    ///< go on with a campaign that was killed, and let others go on with this
  std::size_t max_findings = 10;             ///< different ones; then the campaign ends early
  std::vector<KnownDivergence> known{};      ///< find out first which of them the kernel has
  unsigned confirmations = 4;                ///< runs to confirm each finding
  model::Traits traits{};                    ///< followed without asking
  std::optional<properties::Lacks> lacks{};  ///< instead of what the kernel lacks
  const std::atomic<bool>* stop = nullptr;   ///< set by a signal handler: end soon, lose nothing
  Curfew* curfew = nullptr;                  ///< of the oracles: set so that `seconds` are kept whatever a guest does
};

/// How many of the (state, operation) pairs of a small world were judged.
struct PairCount {
  std::string bound;  ///< in words
  std::size_t total = 0, covered = 0;
};

/// What ran and was not judged, or does not count, as a batch was cut: its time was over, or it was interrupted.
struct Cut {
  std::uint64_t batches = 0, sequences = 0, operations = 0;
};

struct FuzzReport {
  OracleIdentity kernel;
  Progress progress;
  Known known;
  std::vector<Finding> findings;
  properties::Coverage coverage;  ///< of this start, and
  PairCount pairs;
  std::map<std::string, std::uint64_t> calls;  ///< of the campaign: that were judged, by name
  bool knows_calls = true;                     ///< false: what earlier starts asked is not among them
  Cut cut;
  std::string seed;
  std::uint64_t carried_on = 0;      ///< sequences that earlier starts had judged
  double first_checked_seconds = 0;  ///< from the call to the first judged run
  bool ended_early = false;          ///< max_findings, or a signal
  std::optional<Error> error;        ///< what ended it before its time: infrastructure, an uncaught canary among it
};

/// The main job: generate, run, judge, shrink, keep. An Error means that nothing could be started; what goes wrong
/// later is in the report, beside what was found until then. The report does not depend on the number of jobs, but for
/// what the clock decides.
Result<FuzzReport> fuzz(const FuzzOptions& options, const OracleFactory& make_oracle, Reporter& reporter);

}  // namespace mprogcheck
