// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <fmt/format.h>

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace mprogcheck {

/// Why something a user asked for cannot be done. The kind decides the exit code of the command.
struct Error {
  enum class Kind {
    usage,           ///< a malformed option or an unreadable input: exit code 2
    infrastructure,  ///< the VM, the kernel image, the disk, the build: exit code 3
    skipped,         ///< the kernel lacks what was asked for: exit code 4
    interrupted,     ///< a signal or the time that was given ended it, and nothing else was wrong: exit code 3
  };
  Kind kind = Kind::infrastructure;
  std::string message;  ///< one line: what was expected, what was found, what to do
};

/// The value, or the Error to show to the user. Nothing here throws.
template <typename T>
using Result = tl::expected<T, Error>;

template <typename... Args>
[[nodiscard]] tl::unexpected<Error> fail(Error::Kind kind, fmt::format_string<Args...> format, Args&&... args) {
  return tl::unexpected(Error{kind, fmt::format(format, std::forward<Args>(args)...)});
}

/// An infrastructure error: by far the most frequent kind.
template <typename... Args>
[[nodiscard]] tl::unexpected<Error> fail(fmt::format_string<Args...> format, Args&&... args) {
  return fail(Error::Kind::infrastructure, format, std::forward<Args>(args)...);
}

}  // namespace mprogcheck
