// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace mprogcheck::vm {

/// Undoes whatever compression libarchive recognizes (gzip, xz, zstd, lz4, bzip2, …). Bytes after the compressed stream
/// are ignored; a stream that is cut short gives what could be read, so check what came out. One that grows beyond
/// `limit` bytes is an Error. `what` names it there.
Result<std::string> decompress(std::string_view compressed, std::string_view what, std::uint64_t limit);

}  // namespace mprogcheck::vm
