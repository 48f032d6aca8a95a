// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/fuzz/earned.hpp"

#include <algorithm>

namespace mprogcheck {

namespace {

std::uint64_t hits_of(const Known& known, KnownAction action) {
  std::uint64_t hits = 0;
  for (const KnownState& state : known.states)
    if (state.action == action) hits += state.hits;
  return hits;
}

}  // namespace

Judged judged(const FuzzReport& report) {
  const Progress& progress = report.progress;
  return {.operations = progress.operations,
          .unjudged = progress.unjudged + report.cut.operations,
          .left_out = hits_of(report.known, KnownAction::avoid),
          .canaries = progress.canaries,
          .canary_due = progress.sequences >= most_sequences_without_canary};
}

/// Not judged are pairs without an outcome.
Judged judged(const ExploreReport& report) {
  const auto own = report.own_pairs, covered = report.covered;
  return {.operations = covered,
          .unjudged = own - std::min(own, covered),
          .left_out = report.pairs == 0 ? report.avoided : report.avoided * own / report.pairs,  // this shard's share
          .canaries = report.canaries,
          .canary_due = report.covered >= most_pairs_without_canary};
}

Judged judged(const MergedShards& merged) {
  const auto covered = merged.pairs - merged.uncovered;
  return {.operations = covered,
          .unjudged = merged.uncovered,
          .left_out = merged.avoided,
          .canaries = merged.canaries,
          .canary_due = covered >= most_pairs_without_canary};
}

Result<void> is_enough(const Judged& judged, std::string_view over) {
  if (judged.operations == 0) {
    if (judged.left_out != 0)
      return fail(Error::Kind::skipped,
                  "nothing was judged: all {} operations are left out, as known divergences say; narrow their entries",
                  judged.left_out);
    if (judged.unjudged != 0)
      return fail(Error::Kind::skipped,
                  "nothing was judged: all {} operations are behind known divergences; narrow their entries",
                  judged.unjudged);
    return fail(Error::Kind::skipped, "nothing was judged: {}", over.empty() ? "there was no operation to run" : over);
  }
  if (const double share = judged.unjudged_share(); share > most_unjudged_share)
    return fail(Error::Kind::skipped,
                "too little was judged: {:.0f} % of the operations are left out or behind known divergences, expected "
                "at most {:.0f} %; narrow their entries",
                100 * share, 100 * most_unjudged_share);
  if (judged.canary_due && judged.canaries.planted == 0)
    return fail(
        Error::Kind::skipped,
        "nothing vouches for what was judged: expected a canary to be planted and caught, found place for none");
  return {};
}

}  // namespace mprogcheck
