// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"

namespace mprogcheck::vm {

/// What the header of a kernel image tells (Documentation/arch/x86/boot.rst).
struct ImageHeader {
  enum class Kind { bzimage, elf };
  Kind kind = Kind::bzimage;
  std::string release;               ///< empty if the image does not tell
  std::uint64_t payload_offset = 0;  ///< bzimage: where in the file the compressed vmlinux is
  std::uint64_t payload_length = 0;  ///< 0 if the boot protocol is too old to tell
};

/// Reads and checks the header; a file that is no kernel, or only a part of one, is an Error saying so.
Result<ImageHeader> read_image_header(const std::string& path);

/// The uncompressed vmlinux inside a bzImage, kept in the cache; `path` itself if it is an ELF image already.
/// Guests without hardware support decompress their kernel ten times slower than the host: a third of the boot time.
/// An Error if the payload is in no known compression, or is not an image that QEMU can enter by PVH: boot `path` then.
Result<std::string> uncompressed_image(const std::string& path);

/// Of all bytes of the file, as 16 hexadecimal digits: tells images apart whose release is the same. About a second
/// for a GiB.
Result<std::string> image_digest(const std::string& path);

/// Does the ELF image name the 32-bit entry point that QEMU needs to boot it (XEN_ELFNOTE_PHYS32_ENTRY, CONFIG_PVH)?
bool has_pvh_entry(std::string_view elf);

}  // namespace mprogcheck::vm
