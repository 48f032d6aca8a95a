// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "oracle/oracle.hpp"

namespace mprogcheck {

/// What a kernel, or the agent on it, may lack: what is then not checked, why, and what cures that.
struct Feature {
  std::string_view name;       ///< as OracleIdentity::features has it
  std::string_view unchecked;  ///< several things: "reference counts"
  std::string_view why;        ///< what this kernel has not got: a line without a full stop
  std::string_view cure;       ///< a kernel option, a module, another way to run it
};

/// All of them: those that a kernel may lack by itself, and then one for each of model::guest_objects.
std::span<const Feature> features();
/// Nothing if there is none of that name.
const Feature* feature_named(std::string_view name);

/// Those that the oracle has not got, in the order of the table.
std::vector<const Feature*> lacking_features(const OracleIdentity& identity);
/// "reference counts are not checked: this kernel has no BPF iterators, or no BTF; it takes CONFIG_BPF_EVENTS and …"
std::string text_of(const Feature& feature);

}  // namespace mprogcheck
