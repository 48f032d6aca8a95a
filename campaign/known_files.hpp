// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <span>
#include <string_view>

namespace mprogcheck {

/// The folder campaign/known/NAME as it was when the command was built.
struct KnownFiles {
  std::string_view name;
  std::string_view json;      ///< known.json
  std::string_view sequence;  ///< sequence.mpc
};
std::span<const KnownFiles> known_files();

}  // namespace mprogcheck
