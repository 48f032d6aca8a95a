// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "campaign/finding/expected.hpp"
#include "campaign/replay/replay.hpp"

namespace mprogcheck {

/// Each step that the kernel made, in the manner of `--step`: the operation; outcome and rule of the model; outcome of
/// the kernel; of each list that the step touches the site, revision and entries as the kernel showed them; what a
/// packet met, and what became of it. Where a known divergence was followed, of the run that did.
nlohmann::ordered_json steps_to_json(const model::Sequence& sequence, const Replay& replay);

/// What a file expects otherwise: line, operation, and of each thing what was expected, and what model and kernel say.
nlohmann::ordered_json to_json(const model::Case& told, const std::vector<Disagreement>& all);

}  // namespace mprogcheck
