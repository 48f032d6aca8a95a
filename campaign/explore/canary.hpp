// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <mutex>
#include <random>
#include <vector>

#include "base/result.hpp"
#include "campaign/explore/space.hpp"
#include "campaign/explore/tour_run.hpp"
#include "campaign/fuzz/canary.hpp"

namespace mprogcheck {

/// The canaries of an exploration: beside each tour a short run of which the oracle is told to misreport one trial, and
/// one of which it is told to misreport a step. At places that nothing determines.
class ExploreCanaries {
 public:
  ExploreCanaries(const ExploreSpace& space, model::Traits traits, bool counts)
      : space_(space), traits_(traits), nest_(counts), secret_(std::random_device{}()) {}

  struct Flown {
    CanaryCount count;
    std::vector<TourSuspect> suspects;  ///< what no lie explains, and did not show without one beside it
  };
  /// Runs both at a state of the tour. An Error of kind infrastructure if one was not caught, and the kernel itself is
  /// not to blame.
  Result<Flown> run(const properties::Tour& tour, Oracle& oracle);

 private:
  struct Planted {
    std::uint32_t state = 0;
    Job trial;
    Job honest;
    std::optional<Job> lying;
  };
  Planted plant(const properties::Tour& tour);
  Result<void> run_trial(const Planted& planted, Oracle& oracle, Flown& flown) const;
  Result<void> run_lying(const Planted& planted, Oracle& oracle, Flown& flown) const;

  const ExploreSpace& space_;
  model::Traits traits_;
  std::mutex planting_;
  CanaryNest nest_;
  std::mt19937_64 secret_;
};

}  // namespace mprogcheck
