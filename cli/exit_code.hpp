// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include "base/result.hpp"

namespace mprogcheck::cli {

/// What the command's exit code says. A contract.
enum class ExitCode : int {
  held = 0,            ///< all that was asked held, known divergences included
  divergence = 1,      ///< at least one, flaky ones too
  usage = 2,           ///< a wrong option or an unreadable input
  infrastructure = 3,  ///< the VM, the kernel image, the build; an uncaught canary
  skipped = 4,         ///< the kernel lacks what was asked for
};

constexpr ExitCode exit_code_of(Error::Kind kind) {
  switch (kind) {
    case Error::Kind::usage:
      return ExitCode::usage;
    case Error::Kind::infrastructure:
    case Error::Kind::interrupted:
      return ExitCode::infrastructure;
    case Error::Kind::skipped:
      return ExitCode::skipped;
  }
  return ExitCode::infrastructure;
}

/// The exit code of two things done one after the other: 1 beats 2 beats 3 beats 4 beats 0.
constexpr ExitCode combine(ExitCode a, ExitCode b) {
  if (a == ExitCode::held) return b;
  if (b == ExitCode::held) return a;
  return a < b ? a : b;
}

}  // namespace mprogcheck::cli
