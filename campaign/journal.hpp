// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace mprogcheck {

/// What a later start reads back is a journal: JSON that anybody may read, whose last key, `checksum`, is of all that
/// is above it. It is believed to the last byte, or not at all.
std::string seal(nlohmann::ordered_json json);

/// What was sealed, without the checksum. An Error of kind usage says in a few words what the text is instead: another
/// program's, an earlier mprogcheck's, or one that somebody has changed.
Result<nlohmann::ordered_json> unseal(std::string_view text);

}  // namespace mprogcheck
