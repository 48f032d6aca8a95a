// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <chrono>
#include <string>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "vm/qmp.hpp"

namespace mprogcheck::vm {

/// A new file in `directory` that has no name any more: it goes with its last descriptor, however that is closed.
Result<Fd> nameless_file(const std::string& directory);
/// The same file from its beginning, with an offset of its own. For reading.
Result<Fd> reopen(const Fd& file);

/// Writes the guest, memory included, to the file. It stands still meanwhile, and runs on afterwards, whether that
/// worked or not.
Result<void> save_guest(Qmp& qmp, const Fd& file);
/// Waits until a QEMU that was started with -incoming has read the guest, and lets it run.
Result<void> resume_restored(Qmp& qmp, std::chrono::milliseconds deadline);

}  // namespace mprogcheck::vm
