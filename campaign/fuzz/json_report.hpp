// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "campaign/fuzz/fuzz.hpp"
#include "oracle/feature.hpp"

namespace mprogcheck {

/// What `--json FILE` holds. Keys are a contract: they are added, never renamed.
inline constexpr int json_schema = 1;

/// schema, verb and version: what every verb's report starts with. docs/reports.md has the keys.
nlohmann::ordered_json json_head(std::string_view verb);
nlohmann::ordered_json to_json(const OracleIdentity& kernel);
nlohmann::ordered_json to_json(const std::vector<Finding>& findings);
/// What is not checked: `unchecked`.
nlohmann::ordered_json to_json(const std::vector<const Feature*>& unchecked);
/// What became of what is known: `known`.
nlohmann::ordered_json to_json(const std::vector<KnownState>& known);
/// Of a kernel, as the user named it, on which nothing came about: its `error`, or `skipped`, and the keys that nobody
/// wants to miss.
nlohmann::ordered_json nothing_run(const std::string& kernel, const Error& error, bool ended_early);
/// What goes below the head: the first report's keys, all of them under `runs` where there are several, and whether any
/// has `ended_early`.
nlohmann::ordered_json side_by_side(const std::vector<nlohmann::ordered_json>& reports);
/// The whole of a fuzz report, without the head.
nlohmann::ordered_json to_json(const FuzzReport& report, const FuzzOptions& options);

}  // namespace mprogcheck
