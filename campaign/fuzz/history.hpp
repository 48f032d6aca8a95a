// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "campaign/finding/finding.hpp"
#include "oracle/oracle.hpp"

namespace mprogcheck {

/// What one guest has run since it was new: numbers of a campaign's sequences, no more than are worth running again.
class History {
 public:
  static constexpr std::uint64_t longest = 1024;
  using Ranges = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

  /// The guest has run [first, first + count); `guest` tells one from another.
  void add(std::uint64_t guest, std::uint64_t first, std::uint64_t count);
  /// The guest may be another one since the last add(). If so, that one may have run any of what was added last.
  void renewed(std::uint64_t guest);
  /// What the guest had run before sequence `index`, which is in the range that was added last.
  [[nodiscard]] Ranges before(std::uint64_t index) const;

 private:
  std::uint64_t guest_ = 0;
  Ranges ranges_;
};

/// A divergence that needs company: what has to run in a new guest, in order. The last one diverges.
struct Company {
  std::vector<model::Sequence> sequences;
  properties::Divergence divergence;
};
/// Looks for the finding's divergence in a new guest that runs `before` first, and then for the sequences that matter:
/// without any one of those that are left it does not show. Nothing, if it does not show at all.
Result<std::optional<Company>> find_company(const Finding& finding, const std::vector<model::Sequence>& before,
                                            Oracle& oracle, const std::function<bool()>& enough);

}  // namespace mprogcheck
