// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

namespace mprogcheck::cli {

/// From here on whoever prints need not care whether somebody takes it: fmt::print throws where a pipe is closed, a
/// disk is full or a signal comes in the middle of a write, and a campaign, with its threads, must not end by that. For
/// main(), before anything was printed.
void survive_lost_output();

/// The errno of the first write to standard output that failed; 0: all of it was taken.
int lost_output();

}  // namespace mprogcheck::cli
