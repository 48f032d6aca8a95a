// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.hpp"
#include "campaign/finding/finding.hpp"
#include "campaign/fuzz/reporter.hpp"
#include "oracle/oracle.hpp"
#include "properties/coverage.hpp"
#include "properties/explore/pair_space.hpp"

namespace mprogcheck {

/// Sequences [first, first + count) of a campaign, made and ready to run.
struct Batch {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  std::vector<Job> jobs;
  std::vector<std::uint64_t> index;       ///< of each job's sequence
  std::optional<std::size_t> canary;      ///< which job is one
  std::vector<std::uint64_t> known_hits;  ///< operations left out, by place in Known::states
};

/// What became of a batch.
struct BatchResult {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  Progress part;
  properties::Coverage coverage;
  properties::ShapeSet pairs;             ///< that were met
  std::vector<Finding> suspects;          ///< divergences that are not known, in order
  std::vector<std::uint64_t> known_hits;  ///< by place in Known::states
  std::optional<Error> error;             ///< the batch may have been run in part
  bool believable = true;                 ///< false: an error that puts the suspects in doubt, too
};

}  // namespace mprogcheck
