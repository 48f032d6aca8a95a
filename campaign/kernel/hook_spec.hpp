// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/operation.hpp"

namespace mprogcheck {

/// What `--hook` names: a family (tcx) or one hook (tcx_ingress). Each hook once, in the order of the enum.
Result<std::vector<model::Hook>> parse_hooks(const std::vector<std::string>& names);

}  // namespace mprogcheck
