// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>

#include "base/result.hpp"
#include "campaign/explore/explore.hpp"
#include "campaign/fuzz/fuzz.hpp"

namespace mprogcheck {

/// What a report that found nothing rests on. Exit code 0 says that something was checked, enough to mean something,
/// and that all of it held.
struct Judged {
  std::uint64_t operations = 0;  ///< judged
  std::uint64_t unjudged = 0;    ///< run, behind a divergence in their sequence or in a batch that was cut
  std::uint64_t left_out = 0;    ///< not run, as known divergences say
  CanaryCount canaries{};
  bool canary_due = false;  ///< it was long enough that one must have been planted

  [[nodiscard]] double unjudged_share() const {
    const auto all = operations + unjudged + left_out;
    return all == 0 ? 0.0 : static_cast<double>(unjudged + left_out) / static_cast<double>(all);
  }
};

/// Above this, what was not judged outweighs what was.
inline constexpr double most_unjudged_share = 0.5;
/// A campaign so long has had eight batches, each with a place for a canary.
inline constexpr std::uint64_t most_sequences_without_canary = 2048;
/// An exploration so large has tours that stop somewhere, each with a canary.
inline constexpr std::uint64_t most_pairs_without_canary = 100'000;

Judged judged(const FuzzReport& report);
Judged judged(const ExploreReport& report);
Judged judged(const MergedShards& merged);

/// An Error of kind skipped, one line: nothing was judged, or too little to mean anything, and why. `over`: what ended
/// it before anything was judged, where that is known: "its time was over".
Result<void> is_enough(const Judged& judged, std::string_view over = {});

}  // namespace mprogcheck
