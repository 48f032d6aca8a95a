// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <string_view>

namespace mprogcheck {

/// For tests: what the agent is to do to its own guest before a step, to see whether the host survives it. An agent
/// refuses every job with an accident, unless it is /init of a kernel whose command line holds accident_switch; only
/// VmOracleConfig::command_line can put it there, which no verb of the command sets.
enum class Accident : std::uint8_t {
  none,
  panic,         ///< the kernel panics, by sysrq
  reset,         ///< the machine resets, without a word about why
  agent_crash,   ///< the agent writes to no address: the kernel loses its init, and panics
  agent_exit,    ///< the agent ends: the same
  agent_loop,    ///< the agent runs in a circle
  agent_sleep,   ///< the agent waits for what never comes
  defect_line,   ///< the kernel logs a line that looks like a defect's, and goes on
  log_flood,     ///< the kernel logs harmless lines from now on, without end
  taint,         ///< the kernel becomes tainted, and says nothing
  slowness,      ///< the agent takes some milliseconds for this step and each after it
  leak,          ///< a program stays loaded that nobody gives back
  hold,          ///< p0 is held once more, by a file that nobody closes
  rubbish,       ///< the agent sends what is no frame
  half_a_frame,  ///< the agent begins a frame and never ends it
};
inline constexpr std::uint8_t accidents = 15;

inline constexpr std::string_view accident_switch = "mprogcheck.accidents";
/// On the same command line: the agent finds that it cannot read the kernel's log.
inline constexpr std::string_view no_log_switch = "mprogcheck.no_log";
/// And that there are no BPF iterators: references cannot be counted.
inline constexpr std::string_view no_counts_switch = "mprogcheck.no_counts";

}  // namespace mprogcheck
