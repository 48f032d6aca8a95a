// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace mprogcheck::vm {

/// The regular files of a Debian package (an ar archive with a compressed tar inside) that `wanted` says yes to, by
/// their path without the leading "./".
Result<std::map<std::string, std::string>> files_of_deb(const std::string& deb,
                                                        const std::function<bool(std::string_view path)>& wanted);

}  // namespace mprogcheck::vm
