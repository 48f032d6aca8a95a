// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/investigate.hpp"

#include <algorithm>

#include "campaign/one_run.hpp"
#include "properties/shrink.hpp"

namespace mprogcheck {

namespace {

/// k of n runs of the shrunk sequence that diverge as it did.
Result<void> confirm(Finding& finding, Depth depth, Oracle& oracle, unsigned runs) {
  const std::vector<Job> jobs(runs, Job{.sequence = finding.shrunk, .quirks = finding.quirks, .depth = depth});
  const auto judgements = run_all(oracle, jobs);
  if (!judgements) return tl::unexpected(judgements.error());
  finding.runs = runs;
  finding.confirmed = static_cast<unsigned>(std::ranges::count_if(*judgements, [&finding](const auto& judgement) {
    return judgement.divergence && judgement.divergence->fingerprint == finding.divergence.fingerprint;
  }));
  finding.label = finding.confirmed == finding.runs ? Label::reproducible : Label::flaky;
  return {};
}

}  // namespace

Result<Investigated> investigate(Finding finding, Oracle& oracle, const InvestigateOptions& options) {
  if (auto saved = save(finding, options.directory); !saved) return tl::unexpected(saved.error());

  auto shrunk = properties::shrink(finding.found, finding.divergence, oracle,
                                   {.quirks = finding.quirks, .enough = options.enough});
  if (!shrunk) return tl::unexpected(shrunk.error());
  finding.shrunk = shrunk->sequence;
  if (shrunk->reproduced) finding.divergence = shrunk->divergence;
  finding.minimal = shrunk->minimal;
  if (auto confirmed = confirm(finding, shrunk->depth, oracle, options.confirmations); !confirmed)
    return tl::unexpected(confirmed.error());
  if (auto saved = save(finding, options.directory); !saved) return tl::unexpected(saved.error());

  Investigated result{.finding = std::move(finding), .others = {}};
  for (auto& other : shrunk->others) {
    Finding another;
    another.found = std::move(other.sequence);
    another.divergence = std::move(other.divergence);
    another.quirks = result.finding.quirks;
    another.seed = result.finding.seed;
    another.shard = result.finding.shard;
    another.index = result.finding.index;
    another.kernel = result.finding.kernel;
    result.others.push_back(std::move(another));
  }
  return result;
}

}  // namespace mprogcheck
