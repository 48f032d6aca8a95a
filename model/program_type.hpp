// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>

namespace mprogcheck::model {

enum class ProgramType : std::uint8_t { sched_cls, xdp, socket_filter, of_other_kind };
inline constexpr unsigned program_types = 3;  ///< that a sequence can load: the last one only the guest has

/// What a program returns when it runs (KERNEL: enum tcx_action_base). `unknown` is a code no hook knows.
enum class Returns : std::uint8_t { next, pass, drop, redirect, unknown };
inline constexpr unsigned returns_count = 5;

}  // namespace mprogcheck::model
