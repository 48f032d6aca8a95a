// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/finding/confirm.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "campaign/finding/one_run.hpp"

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
    jobs.push_back({.sequence = sequence, .traits = finding.origin.traits});
  jobs.push_back({.sequence = finding.shrunk, .traits = finding.origin.traits, .depth = depth});
  std::vector<char> alike(runs, 0);
  std::vector<std::string> last_words(runs);
  auto ran = pool.spread(runs, [&](Oracle& oracle, std::size_t i) -> Result<void> {
    if (auto renewed = oracle.renew(i < warm ? Start::quick : Start::cold); !renewed) return renewed;
    std::vector<std::string> consoles;
    const auto judgements = run_all(oracle, jobs, &consoles);
    if (!judgements) return tl::unexpected(judgements.error());
    const auto first = std::ranges::find_if(*judgements, [&finding](const auto& judgement) {
      return judgement.divergence && judgement.divergence->fingerprint == finding.divergence.fingerprint;
    });
    if (first == judgements->end()) return {};
    alike[i] = 1;
    if (first->divergence->ending != Run::Ending::complete)
      last_words[i] = std::move(consoles[static_cast<std::size_t>(first - judgements->begin())]);
    return {};
  });
  if (!ran) return ran;
  // It died for this and nothing else, which is not sure of the guest that the finding was met in.
  const auto words = std::ranges::find_if(last_words, [](const std::string& text) { return !text.empty(); });
  if (words != last_words.end()) finding.console = std::move(*words);
  finding.runs = runs;
  finding.confirmed = static_cast<unsigned>(std::ranges::count(alike, 1));
  finding.label = finding.confirmed == finding.runs                ? Label::reproducible
                  : finding.confirmed == 0 && may_be_ours(finding) ? Label::infrastructure
                                                                   : Label::flaky;
  return {};
}

}  // namespace mprogcheck
