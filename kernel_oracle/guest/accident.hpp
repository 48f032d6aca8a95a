// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <string_view>

#include "kernel_oracle/guest/channel.hpp"
#include "oracle/accident.hpp"

namespace mprogcheck::guest {

/// Does the command line of the kernel (/proc/cmdline) hold the word?
bool has_word(std::string_view command_line, std::string_view word);

/// Some last for a while.
constexpr bool happens_at(Accident accident, std::uint32_t at, std::uint32_t step) {
  return accident == Accident::slowness ? step >= at : step == at;
}
/// Does it. Returns from those after which the agent goes on.
void have(Accident accident, Channel& channel);

}  // namespace mprogcheck::guest
