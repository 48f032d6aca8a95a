// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "oracle/feature.hpp"

namespace mprogcheck {

/// What a user insists on: rows of features().
using Needs = std::vector<const Feature*>;

/// From names of features, and of properties, which stand for the features without which they are checked in part or
/// not at all. An Error of kind usage lists the names that there are: it is one of the option `--need`.
Result<Needs> parse_needs(std::span<const std::string> names);

/// An Error of kind skipped, one line, that names what the oracle has not got of it, and what cures that.
Result<void> meets(const OracleIdentity& identity, const Needs& needs);

/// The same, where a campaign has not made a single call of those that a feature is there for. `made`: how many of
/// each it made and judged, as Coverage::calls() has them; `knows_all`: of all of its starts.
Result<void> was_asked(const std::map<std::string, std::uint64_t>& made, const Needs& needs, bool knows_all = true);

}  // namespace mprogcheck
