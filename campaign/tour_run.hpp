// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "campaign/explore_space.hpp"
#include "campaign/reporter.hpp"
#include "kernel_oracle/oracle.hpp"
#include "properties/judge.hpp"
#include "properties/trial_check.hpp"

namespace mprogcheck {

/// A (state, operation) pair of a space.
struct Pair {
  std::uint32_t state = 0;
  std::uint32_t operation = TriedTrials::none;                  ///< none: nobody knows which of the state's
  friend auto operator<=>(const Pair&, const Pair&) = default;  // NOLINT(modernize-use-nullptr): there is no pointer
};

/// Something that a kernel did otherwise than the model, on a tour.
struct TourSuspect {
  Pair pair;
  int expected = 0, found = 0;  ///< errnos
  bool changed = false;         ///< an operation that should change nothing did
  /// The tour up to there, the operation included: what surely diverges, if the kernel depends on its past.
  std::vector<properties::Transition> way;
  std::vector<std::uint32_t> stops;  ///< the states whose operations were tried before, the last one first
  std::optional<properties::Divergence> divergence;  ///< of a step of the way, or of how the run ended
  std::string console;
};

struct TourResult {
  PairTable table;  ///< what was seen
  std::uint64_t covered = 0;
  std::uint64_t steps = 0;
  std::vector<TourSuspect> suspects;
  CanaryCount canaries;
};

/// The tour as a job: its way, and the trials where it stops. Pairs that are `excluded` are not tried.
Job job_of(const ExploreSpace& space, const properties::Tour& tour, model::Quirks quirks,
           const std::set<Pair>& excluded);

/// Leads the oracle's kernel on a tour and holds it to the model. Where an operation changes a state that it should
/// leave alone, the tour is begun again without it, as often as `most_again`. With it goes a canary, at a place that
/// nobody knows. An Error is infrastructure, an uncaught canary among it.
Result<TourResult> run_tour(const ExploreSpace& space, const properties::Tour& tour, model::Quirks quirks,
                            Oracle& oracle);

}  // namespace mprogcheck
