// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mprogcheck {

/// Text of a stranger (a guest, a kernel image, a file that somebody else wrote) as it may be printed, stored and put
/// into a report: UTF-8 without control characters. Terminal escape sequences go as a whole, every other C0, C1 and DEL
/// character goes, bytes that are no UTF-8 become '?'. Takes time linear in the text.
///
/// One line: newlines and tabs become blanks. Longer than `limit` bytes, it is cut, and ends by how much.
std::string printable_line(std::string_view raw, std::size_t limit = 1000);

/// The same with its newlines and tabs. Longer than `limit` bytes, its head and its tail are kept, with a line between
/// them that tells how much is missing.
std::string printable_text(std::string_view raw, std::size_t limit = std::size_t{1} << 20);

}  // namespace mprogcheck
