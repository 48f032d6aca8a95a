// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>
#include <vector>

#include "campaign/fuzz.hpp"
#include "campaign/replay.hpp"

namespace mprogcheck {

/// What `--json FILE` holds. Keys are a contract: they are added, never renamed.
inline constexpr int json_schema = 1;

/// schema, verb and version: what every verb's report starts with.
nlohmann::ordered_json json_head(std::string_view verb);
nlohmann::ordered_json to_json(const OracleIdentity& kernel);
nlohmann::ordered_json to_json(const std::vector<Finding>& findings);
/// The whole of a fuzz report, without the head.
nlohmann::ordered_json to_json(const FuzzReport& report, const FuzzOptions& options);

}  // namespace mprogcheck
