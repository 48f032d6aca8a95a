// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mprogcheck {

/// What a console tells of the end of its guest.
struct CrashReport {
  std::string splat;                  ///< SplatReader::text() of the first defect; empty if there is none
  std::optional<std::uint32_t> job;   ///< whose number the dying task carried as its name
  std::optional<std::uint32_t> step;  ///< of that job; in deep depth the name tells it too
};
/// `console`: its bytes from where the guest was known to be well; whatever they are, and wherever they are cut off.
CrashReport read_crash(std::string_view console);

}  // namespace mprogcheck
