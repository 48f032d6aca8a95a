// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <string_view>

#include "campaign/finding/finding.hpp"
#include "campaign/fuzz/canary.hpp"

namespace mprogcheck {

/// Where a campaign stands.
struct Progress {
  std::uint64_t sequences = 0;   ///< run and judged, canaries not included
  std::uint64_t operations = 0;  ///< judged
  std::uint64_t unjudged = 0;    ///< run, but after a divergence in their sequence
  double seconds = 0;            ///< since the first sequence was handed over
  std::size_t findings = 0;
  CanaryCount canaries;
};

/// What listens to a campaign. Called from one thread at a time.
class Reporter {
 public:
  virtual ~Reporter() = default;
  /// A line that a user may want to know: the accelerator, the kernel, a known divergence.
  virtual void note(std::string_view /*line*/) {}
  /// About once a second.
  virtual void progress(const Progress& /*progress*/) {}
  /// A finding is on disk: for the first time, and again when it has been shrunk and confirmed.
  virtual void finding(const Finding& /*finding*/) {}
};

}  // namespace mprogcheck
