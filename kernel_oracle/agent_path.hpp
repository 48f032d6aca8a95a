// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <string>

#include "base/result.hpp"

namespace mprogcheck {

/// The agent's executable: what MPROGCHECK_AGENT names, else `mprogcheck-agent` beside this program.
Result<std::string> find_agent();

}  // namespace mprogcheck
