// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <string_view>

namespace mprogcheck {

/// Does a line of the kernel's log show a defect? Asked by the agent of /dev/kmsg and by the host of the console.
bool is_splat(std::string_view line);

/// What the kernel itself says in a record of /dev/kmsg, "priority,sequence,time,flags;message": the first line of the
/// message. Empty if the record is another's: everyone may write there (Documentation/ABI/testing/dev-kmsg).
std::string_view kernel_message(std::string_view record);

}  // namespace mprogcheck
