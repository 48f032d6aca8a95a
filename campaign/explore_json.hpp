// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "campaign/explore.hpp"
#include "campaign/explore_model.hpp"

namespace mprogcheck {

/// An exploration's report, without the head. The keys that `fuzz` has as well mean the same.
nlohmann::ordered_json to_json(const ExploreReport& report);
nlohmann::ordered_json to_json(const ModelExploration& result, const properties::Bound& bound);

}  // namespace mprogcheck
