// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "base/result.hpp"
#include "campaign/finding/finding.hpp"
#include "oracle/oracle.hpp"
#include "properties/explore/bound.hpp"

namespace mprogcheck {

/// The smallest bound that has every operation of the sequence; nothing if it speaks of what no bound has, or of more
/// than a small one: then nobody has looked at all that is shorter.
std::optional<properties::Bound> bound_of(const model::Sequence& sequence);

/// Whether something shorter diverges alike.
struct Shortest {
  /// Every state of the bound that is near enough was asked, by one way to it and by every operation that the same rule
  /// decides. If `shorter` is empty, none of these diverges alike.
  bool known = false;
  std::uint64_t tried = 0;                             ///< sequences
  std::optional<model::Sequence> shorter{};            ///< diverges alike,
  std::optional<properties::Divergence> divergence{};  ///< in deep depth, like this
};

struct ShortestOptions {
  std::uint64_t most = 20'000;  ///< sequences that may be tried; if there are more, nothing is said
  std::function<bool()> enough{};
  std::function<bool(const model::Sequence&)> forbidden{};  ///< must not be run
};

/// Shrinking takes things away, and may end where a quite different sequence would be shorter. For a finding whose
/// world fits a bound the explorer knows all that are shorter: those are run, the shortest first. An Error is the
/// oracle's.
Result<Shortest> look_for_shorter(const Finding& finding, Oracle& oracle, const ShortestOptions& options = {});

}  // namespace mprogcheck
