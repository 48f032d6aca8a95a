// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

namespace mprogcheck::cli {

/// For main(), first of all: a standard stream that is closed becomes one that nothing can be read from or written to.
/// Else the next file that is opened, a guest's line, say, would have its number, and get what is printed.
void open_standard_streams();

/// From here on a limit that is met (memory, threads, the size of a file) is told in one line, with exit code 3, and
/// leaves no core. What is on the disk by then stays.
void survive_limits();

}  // namespace mprogcheck::cli
