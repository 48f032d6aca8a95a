// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <string_view>

namespace mprogcheck {

/// Does a line of the kernel's log show a defect? Asked by the agent of /dev/kmsg and by the host of the console.
bool is_splat(std::string_view line);

}  // namespace mprogcheck
