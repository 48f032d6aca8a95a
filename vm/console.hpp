// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mprogcheck::vm {

/// What a console or log says as plain text: firmware clears the screen with escape sequences, and a log flood may hold
/// anything.
std::string console_text(std::string_view raw);

/// The last lines of it, for a report: none is longer than can be read.
std::string last_lines(std::string_view raw, std::size_t count);

/// Why the kernel says it panicked ("Attempted to kill init! exitcode=0x00000000"); empty if it does not.
std::string panic_reason(std::string_view console);

}  // namespace mprogcheck::vm
