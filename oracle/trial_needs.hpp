// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <span>

#include "base/result.hpp"
#include "oracle/oracle.hpp"

namespace mprogcheck {

/// Whether an oracle can try what its jobs want to try. An alphabet is looked at once, not with each job.
class TrialNeeds {
 public:
  /// An Error of kind skipped, that names the feature, if an oracle with this identity cannot make an operation of an
  /// alphabet; of kind usage, if trials make no sense: no alphabet, or one that is too long or holds an operation that
  /// is not valid; callers that are not declared; steps that the sequence has not, or twice; operations that the
  /// alphabet has not; too many for a job.
  Result<void> can_try(const OracleIdentity& identity, std::span<const Job> jobs);

 private:
  std::uint32_t good_alphabet_ = 0;  ///< the number of the last one that was found good
};

}  // namespace mprogcheck
