// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/confirm.hpp"

#include <algorithm>
#include <vector>

#include "campaign/one_run.hpp"

namespace mprogcheck {

namespace {

/// Of an ending that the kernel had no word in.
bool may_be_ours(const Finding& finding) {
  const std::string& ending = finding.divergence.fingerprint.ending;
  return ending == "hung" || ending == "lost";
}

}  // namespace

Result<void> confirm(Finding& finding, Depth depth, const Pool& pool, const ConfirmOptions& options) {
  const unsigned warm = options.runs - options.runs / 2;
  const unsigned runs = options.cold ? options.runs : warm;
  std::vector<Job> jobs;
  for (const model::Sequence& sequence : finding.before)
    jobs.push_back({.sequence = sequence, .quirks = finding.quirks});
  jobs.push_back({.sequence = finding.shrunk, .quirks = finding.quirks, .depth = depth});
  std::vector<char> alike(runs, 0);
  auto ran = pool.spread(runs, [&](Oracle& oracle, std::size_t i) -> Result<void> {
    if (auto renewed = oracle.renew(i < warm ? Start::quick : Start::cold); !renewed) return renewed;
    const auto judgements = run_all(oracle, jobs);
    if (!judgements) return tl::unexpected(judgements.error());
    alike[i] = std::ranges::any_of(*judgements, [&finding](const auto& judgement) {
      return judgement.divergence && judgement.divergence->fingerprint == finding.divergence.fingerprint;
    });
    return {};
  });
  if (!ran) return ran;
  finding.runs = runs;
  finding.confirmed = static_cast<unsigned>(std::ranges::count(alike, 1));
  finding.label = finding.confirmed == finding.runs                ? Label::reproducible
                  : finding.confirmed == 0 && may_be_ours(finding) ? Label::infrastructure
                                                                   : Label::flaky;
  return {};
}

}  // namespace mprogcheck
