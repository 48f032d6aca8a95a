// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mprogcheck::vm {

/// What a console says as plain text: firmware clears the screen with escape sequences, and a log flood may hold
/// anything.
std::string clean(std::string_view raw);

/// The last lines of a log file as clean text (no carriage returns, no escape sequences); empty if there is none.
std::string last_lines(const std::string& path, std::size_t count);

/// Why the kernel says it panicked ("Attempted to kill init! exitcode=0x00000000"); empty if it does not.
std::string panic_reason(std::string_view console);

}  // namespace mprogcheck::vm
