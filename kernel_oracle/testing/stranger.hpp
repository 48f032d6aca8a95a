// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <span>
#include <string_view>

namespace mprogcheck::testing {

/// What is no agent, and does what no agent does: it speaks the wire as far as it must to be heard, and then holds us,
/// floods us, or lies. For tests, on a socket pair and as a QEMU of its own (fake_qemu.cpp).
struct Deed {
  std::string_view name;
  std::string_view what;
};
/// All of them.
std::span<const Deed> deeds();

/// Does it on the line, and writes to the console what belongs to it; returns when the host has hung up, or the deed is
/// to go away. False if there is no such deed. `release`: what it says that it is.
bool do_deed(std::string_view name, int line, int console, std::string_view release);

/// What many deeds say: a terminal would set its title, clear itself, and show a line of ours that we never wrote.
inline constexpr std::string_view poison =
    "\x1b]0;PWNED\x07\x1b[31mred\x1b[2J\nfake line: mprogcheck: all held\r\xc2\x9b"
    "5m\x7f\x08\x9b";

}  // namespace mprogcheck::testing
