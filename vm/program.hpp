// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mprogcheck::vm {

/// Where PATH has the program, if it has.
std::optional<std::string> find_program(std::string_view name);

}  // namespace mprogcheck::vm
