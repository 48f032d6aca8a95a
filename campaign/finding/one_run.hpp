// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "oracle/oracle.hpp"
#include "properties/judge/judge.hpp"

namespace mprogcheck {

/// Runs one job and judges it. A run that is no answer is an Error.
Result<properties::Judgement> run_once(Oracle& oracle, const Job& job);
/// The same for several, in one batch. `consoles`: by job, of those that diverged, the last lines that the kernel had
/// logged when the run arrived; later there may be another guest.
Result<std::vector<properties::Judgement>> run_all(Oracle& oracle, const std::vector<Job>& jobs,
                                                   std::vector<std::string>* consoles = nullptr);

/// How much of a console a finding keeps.
inline constexpr std::size_t console_lines = 200;

/// The Error that a malformed run is.
tl::unexpected<Error> malformed_run(const properties::Judgement& judgement);

}  // namespace mprogcheck
