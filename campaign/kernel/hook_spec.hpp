// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/operation.hpp"
#include "oracle/oracle.hpp"

namespace mprogcheck {

/// What `--hook` names: a family of model::family_rows, or one hook of model::hook_rows. Each hook once, in the order
/// of the enum.
Result<std::vector<model::Hook>> parse_hooks(const std::vector<std::string>& names);
/// "tcx, netkit, tcx_ingress, …": what it takes.
std::string hook_words();
std::vector<model::Hook> all_hooks();
/// An Error of kind skipped, that names the feature, if it lacks one of them.
Result<void> has_hooks(const OracleIdentity& identity, const std::vector<model::Hook>& hooks);

}  // namespace mprogcheck
