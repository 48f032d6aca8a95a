// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstddef>
#include <string>

#include "base/result.hpp"

namespace mprogcheck::vm {

/// The uncompressed vmlinux inside a bzImage, kept in the cache; `path` itself if it is an ELF image already.
/// Guests without hardware support decompress their kernel ten times slower than the host: a third of the boot time.
/// An Error if the payload is in no known compression, or is not an image that QEMU can enter by PVH: boot `path` then.
///
/// It is kept as uncompressed/FROM-WHAT, by the digests of the payload and of what came out of it. One that is no
/// longer what its name says is made anew. Of many the last so many that were used are kept, and what was used within
/// the hour: another process may be about to boot it.
inline constexpr std::size_t most_uncompressed = 8;
Result<std::string> uncompressed_image(const std::string& path);

}  // namespace mprogcheck::vm
