// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <functional>
#include <vector>

#include "base/result.hpp"
#include "campaign/finding/finding.hpp"
#include "campaign/fuzz/pool.hpp"
#include "campaign/known.hpp"

namespace mprogcheck {

struct InvestigateOptions {
  std::filesystem::path directory;  ///< where finding folders go
  std::function<bool()> enough{};   ///< true: end the shrinking with what there is
  std::function<bool()> stopped{};  ///< true: leave it to the next start
  unsigned confirmations = 4;       ///< n: runs of the shrunk sequence, to see whether it diverges every time
  /// What the guest had run before the finding, the latest last. Asked for only if the finding does not reproduce
  /// alone.
  std::function<std::vector<model::Sequence>()> before{};
  const Known* known = nullptr;  ///< what must not be run, and what is no finding
};

/// Saves a finding as it was found, shrinks its sequence with all of the pool, confirms the result and saves it again.
/// One that does not reproduce alone is tried after the sequences before it; those that matter are kept with it. What
/// else diverged on the way is in `others`, not saved and not shrunk. The finding is on disk before anything is run.
/// Where that is stopped, it is as it was, unconfirmed and `cut_short`.
struct Investigated {
  Finding finding;
  std::vector<Finding> others;
  bool cut_short = false;
};
Result<Investigated> investigate(Finding finding, Pool& pool, const InvestigateOptions& given);

}  // namespace mprogcheck
