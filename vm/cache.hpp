// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <string>
#include <string_view>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace mprogcheck::vm {

/// Where fetched kernels and other things worth keeping live: $MPROGCHECK_CACHE, else $XDG_CACHE_HOME/mprogcheck, else
/// ~/.cache/mprogcheck. Not necessarily there yet.
std::string cache_directory();

Result<void> make_directories(const std::string& path);

/// For an operation on a path that set errno: "cannot write PATH: REASON", and what to do about it where that is known.
Error io_error(std::string_view verb, const std::string& path, int error);

/// Exclusive among all processes that name the same path; waits its turn. Freed on destruction, or when the process
/// ends.
Result<Fd> lock_file(const std::string& path);

}  // namespace mprogcheck::vm
