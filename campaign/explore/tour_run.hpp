// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "campaign/explore/space.hpp"
#include "campaign/fuzz/reporter.hpp"
#include "oracle/oracle.hpp"
#include "properties/judge/judge.hpp"
#include "properties/trial_check.hpp"

namespace mprogcheck {

/// A (state, operation) pair of a space.
struct Pair {
  std::uint32_t state = 0;
  std::uint32_t operation = TriedTrials::none;                  ///< none: nobody knows which of the state's
  friend auto operator<=>(const Pair&, const Pair&) = default;  // NOLINT(modernize-use-nullptr): there is no pointer
};

/// The step differs, in a guest that lives: that the world was unclean in the end, too, comes of it.
bool shows_by_itself(const properties::Divergence& divergence);

/// Something that a kernel did otherwise than the model, on a tour.
struct TourSuspect {
  Pair pair;
  std::uint32_t tour = 0;       ///< which one: the caller's number
  std::uint32_t steps = 0;      ///< so many operations of its way were taken,
  bool tried = false;           ///< and then the pair's, which is none of the way
  int expected = 0, found = 0;  ///< errnos
  bool changed = false;         ///< an operation that should change nothing did
  /// How the run ended, or what was counted: it may come of anything that was tried before.
  bool vague = false;
  std::optional<properties::Divergence> divergence;  ///< of a step of the way, or of how the run ended
  std::string console;
};

/// How far a tour came as the model says.
struct TourExtent {
  std::uint32_t steps = 0;  ///< so many operations of its way
  std::uint32_t stops = 0;  ///< at so many stops all was tried
  friend bool operator==(const TourExtent&, const TourExtent&) = default;
};

/// Which pairs a tour does not try where it stops; none, if empty.
using LeaveOut = std::function<bool(std::uint32_t state, std::uint32_t operation)>;

struct TourResult {
  TourExtent extent;
  std::vector<Pair> strays;       ///< pairs that led elsewhere; of `table` nevertheless
  PairTable table;                ///< what was seen
  properties::Coverage coverage;  ///< what decided it
  std::uint64_t steps = 0;
  std::vector<TourSuspect> suspects;
};

/// The tour as a job: its way, and the trials where it stops.
Job job_of(const ExploreSpace& space, const properties::Tour& tour, model::Traits traits,
           const LeaveOut& leave_out = {});

/// Leads the oracle's kernel on a tour of the space and holds it to the model. Where an operation changes a state that
/// it should leave alone, the tour is begun again without it, a few times. What comes after a step that differs is not
/// counted, nor a stop where not all was tried. An Error is infrastructure.
Result<TourResult> run_tour(const ExploreSpace& space, const properties::Tour& tour, model::Traits traits,
                            Oracle& oracle, const LeaveOut& leave_out = {});

/// The tour up to the suspect, its operation included: what surely diverges, if the kernel depends on its past.
model::Sequence past_of(const ExploreSpace& space, const properties::Tour& tour, const TourSuspect& suspect);
/// The states whose operations were tried up to there, the last one first.
std::vector<std::uint32_t> stops_before(const properties::Tour& tour, const TourSuspect& suspect);

}  // namespace mprogcheck
