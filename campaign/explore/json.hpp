// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "campaign/explore/explore.hpp"
#include "campaign/explore/model.hpp"

namespace mprogcheck {

/// An exploration's report, without the head. The keys that `fuzz` has as well mean the same.
nlohmann::ordered_json to_json(const ExploreReport& report);
nlohmann::ordered_json to_json(const ModelExploration& result, const properties::Bound& bound);
/// Of one that did not come about: its `error`, or `skipped`, and the keys that nobody wants to miss.
nlohmann::ordered_json not_explored(const std::string& kernel, const properties::Bound& bound, const Error& error,
                                    bool ended_early);

/// What goes below the head: `runs` with the report of each exploration, and on top the same keys for all of them
/// together. Numbers are sums, or that of the deepest (`depth`); all must be `complete` and one may have `ended_early`;
/// lists follow one another; a rule is unseen if none has seen it; what tells one from another (`kernel`, `bound`,
/// `shard`) is the first one's.
nlohmann::ordered_json together(const std::vector<nlohmann::ordered_json>& reports);

}  // namespace mprogcheck
