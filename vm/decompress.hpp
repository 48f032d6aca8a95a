// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace mprogcheck::vm {

/// Undoes whatever compression libarchive recognizes (gzip, xz, zstd, lz4, bzip2, …). Bytes after the compressed stream
/// are ignored; a stream that is cut short gives what could be read, so check what came out. `what` names it in the
/// Error.
Result<std::string> decompress(std::string_view compressed, std::string_view what);

}  // namespace mprogcheck::vm
