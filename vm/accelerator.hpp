// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace mprogcheck::vm {

enum class Accelerator { kvm, tcg };

std::string_view name(Accelerator accelerator);
/// "kvm" or "tcg"; a usage error otherwise.
Result<Accelerator> parse_accelerator(std::string_view text);

}  // namespace mprogcheck::vm
