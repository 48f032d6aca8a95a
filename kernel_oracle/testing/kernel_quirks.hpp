// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "oracle/oracle.hpp"

namespace mprogcheck::testing {

/// The known wrong behaviours that a kernel has, by what it answers to the sequence of each (campaign/known): kernels
/// are mended while suites keep their names, so that no test knows by heart. A kernel that does neither what is right
/// nor what is known to be wrong is a finding, and fails the test as one. `run`: runs jobs there, in order.
model::Traits quirks_of_kernel(const OracleIdentity& identity,
                               const std::function<std::vector<Run>(std::span<const Job>)>& run);
model::Traits quirks_of_kernel(Oracle& oracle);

}  // namespace mprogcheck::testing
