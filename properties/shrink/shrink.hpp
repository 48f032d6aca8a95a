// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/result.hpp"
#include "oracle/oracle.hpp"
#include "properties/judge/judge.hpp"

namespace mprogcheck::properties {

struct ShrinkOptions {
  model::Traits traits{};
  /// Jobs in one call of the oracle, at most. It changes how much is run ahead in vain, never the result.
  std::size_t batch = 64;
  /// Machines behind the oracle that work side by side: so many candidates cost the time of one, where each may end
  /// its machine. As above, it never changes the result.
  std::size_t machines = 1;
  /// Candidates tried, at most. What is reached by then is returned, with `minimal` false.
  std::uint64_t max_candidates = 20'000;
  /// Asked between batches; true ends the shrinking early, as above.
  std::function<bool()> enough{};
  /// Sequences that must not be run: candidates of which it says true are skipped.
  std::function<bool(const model::Sequence&)> forbidden{};
  /// Divergences that are known: a candidate that has one is taken for one that has none.
  std::function<bool(const model::Sequence&, const Divergence&)> known{};
};

/// A divergence with another fingerprint, met on the way: a finding of its own.
struct OtherDivergence {
  model::Sequence sequence;
  Depth depth = Depth::deep;
  Divergence divergence;
};

struct Shrunk {
  model::Sequence sequence;
  Divergence divergence;      ///< of `sequence`, run at `depth`
  Depth depth = Depth::deep;  ///< at which it diverges so
  /// The run at the start diverged as it was found. If false, nothing was shrunk: the sequence is the one given, and
  /// the finding may depend on what ran before it.
  bool reproduced = false;
  /// A deep run saw the difference at an earlier step, or blamed another property, than the fast run that found it did.
  /// What was shrunk is what the deep run saw.
  bool refined = false;
  bool minimal = false;          ///< no candidate of simpler() diverges alike
  bool confirmed = false;        ///< the result was run once more and diverged alike
  std::uint64_t candidates = 0;  ///< tried, in order: the same for every size of batch
  std::uint64_t skipped = 0;     ///< that the model proves unable to diverge alike, or that had been tried before
  std::uint64_t runs = 0;        ///< on the oracle, those run ahead in vain included
  std::vector<OtherDivergence> others;
};

/// The smallest sequence that simpler() leads to and that diverges with the fingerprint of `found`. The first candidate
/// in order that does is taken, so the result does not depend on the batch or on how many machines are behind the
/// oracle. An Error is the oracle's, or a run that is no answer.
Result<Shrunk> shrink(const model::Sequence& sequence, const Divergence& found, Oracle& oracle,
                      const ShrinkOptions& options = {});

}  // namespace mprogcheck::properties
