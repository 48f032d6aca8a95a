// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "kernel_oracle/oracle.hpp"
#include "model/quirk.hpp"
#include "model/rule.hpp"
#include "properties/coverage.hpp"
#include "properties/judge.hpp"

namespace mprogcheck {

/// A wrong behaviour of released kernels that is understood and described: campaign/known/NAME/. Its own sequence says
/// whether the kernel at hand has it. If so the model follows its quirk, so that the campaign gets past it.
struct KnownDivergence {
  std::string name;
  std::string reason;  ///< one line
  model::Quirk quirk = model::Quirk::full_list_keeps_tail;
  model::Rule rule = model::Rule::detach_full_tail;  ///< what decides when the model follows it
  model::Sequence sequence;
};

/// Those that are built in. An Error is a malformed file in the project.
Result<std::vector<KnownDivergence>> known_divergences();

/// What became of one of them on this kernel.
struct KnownState {
  std::string name;
  std::string reason;
  model::Rule rule = model::Rule::detach_full_tail;
  std::uint64_t hits = 0;  ///< how often the model followed it
  bool stale = false;      ///< its sequence no longer diverges: this kernel behaves
};
struct Known {
  model::Quirks quirks;
  std::vector<KnownState> states;
  /// Sequences of entries that diverge, and not in the way that is known: findings.
  std::vector<std::pair<model::Sequence, properties::Divergence>> unexplained;
};
/// Runs the sequence of each on the oracle. The quirk of one that diverges without it and holds with it is to be
/// followed.
Result<Known> probe_known(Oracle& oracle);
/// Counts the hits from what a campaign has covered.
void count_hits(Known& known, const properties::Coverage& coverage);

}  // namespace mprogcheck
