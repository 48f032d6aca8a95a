// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <string>
#include <string_view>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace mprogcheck::vm {

/// Where fetched kernels and other things worth keeping live: $MPROGCHECK_CACHE, else $XDG_CACHE_HOME/mprogcheck, else
/// ~/.cache/mprogcheck, else one of this user's own below /var/tmp. Not necessarily there yet.
std::string cache_directory();

/// Nothing in a cache is believed that somebody else could change (base/ownership.hpp): an Error says what to do. One
/// that is not there is no Error.
Result<void> check_cache();
/// The path of a folder of the cache, which is made where it is missing; check_cache() included.
Result<std::string> cache_folder(std::string_view name);

/// May it be the name of a file in a folder, and of nothing else? Letters, digits and "+-._~", the first no
/// punctuation.
bool is_plain_name(std::string_view name);

Result<void> make_directories(const std::string& path);

/// For an operation on a path that set errno: "cannot write PATH: REASON", and what to do about it where that is known.
Error io_error(std::string_view verb, const std::string& path, int error);

/// Exclusive among all processes that name the same path; waits its turn. Freed on destruction, or when the process
/// ends.
Result<Fd> lock_file(const std::string& path);

}  // namespace mprogcheck::vm
