// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <functional>
#include <vector>

#include "base/result.hpp"
#include "campaign/finding.hpp"
#include "kernel_oracle/oracle.hpp"

namespace mprogcheck {

struct InvestigateOptions {
  std::filesystem::path directory;  ///< where finding folders go
  std::function<bool()> enough{};   ///< true: end the shrinking with what there is
  unsigned confirmations = 4;       ///< runs of the shrunk sequence, to see whether it diverges every time
};

/// Saves a finding as it was found, shrinks its sequence, confirms the result and saves it again. What else diverged on
/// the way is in `others`, not saved and not shrunk. The finding is on disk before anything is run.
struct Investigated {
  Finding finding;
  std::vector<Finding> others;
};
Result<Investigated> investigate(Finding finding, Oracle& oracle, const InvestigateOptions& options);

}  // namespace mprogcheck
