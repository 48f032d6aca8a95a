// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/world.hpp"
#include "oracle/oracle.hpp"

namespace mprogcheck::properties {

/// An operation that was tried, and was not what the model says of it: or one that by the model changes something, and
/// should not have been tried in this state. Errnos as recorded_errno() has them.
struct TrialDifference {
  std::uint32_t step = 0;
  std::uint32_t operation = TriedTrials::none;  ///< of the alphabet; none: that something changed, nobody knows when
  std::uint8_t expected = 0;
  std::uint8_t found = 0;
  bool changed = false;  ///< after it, a list was not what it had been
  friend bool operator==(const TrialDifference&, const TrialDifference&) = default;
};
/// Of one kind (call, rule, expected and found) no more than so many are collected from a block, but for what changed
/// something.
inline constexpr unsigned most_of_a_kind = 64;

/// Holds one block of trials, seen in this world, to the model; appends what differs, in order. The block must be one
/// that trials_are_malformed() has nothing to say about.
void check_trials(const model::World& world, const Alphabet& alphabet, const Trials& trials, const Run& run,
                  const TriedTrials& tried, std::vector<TrialDifference>& differences);

/// All blocks of a run, each in the world after its step. Nothing of a run that is malformed; and what differs after a
/// step that the judge finds to diverge, follows from that.
std::vector<TrialDifference> check_trials(const Job& job, const Run& run);

/// Whether a trial changed something: the run rightly ends there.
bool ends_by_a_trial(const Run& run);

/// Not empty: the run is no answer to the job's trials (a block is missing, or has not as many errnos as operations
/// that were to be tried), in one line.
std::string trials_are_malformed(const Job& job, const Run& run);

}  // namespace mprogcheck::properties
