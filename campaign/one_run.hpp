// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <vector>

#include "base/result.hpp"
#include "kernel_oracle/oracle.hpp"
#include "properties/judge.hpp"

namespace mprogcheck {

/// Runs one job and judges it. A run that is no answer is an Error.
Result<properties::Judgement> run_once(Oracle& oracle, const Job& job);
/// The same for several, in one batch.
Result<std::vector<properties::Judgement>> run_all(Oracle& oracle, const std::vector<Job>& jobs);

/// The Error that a malformed run is.
tl::unexpected<Error> malformed_run(const properties::Judgement& judgement);

}  // namespace mprogcheck
