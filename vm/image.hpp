// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "vm/image_bytes.hpp"

namespace mprogcheck::vm {

/// What the header of a kernel image tells (Documentation/arch/x86/boot.rst).
struct ImageHeader {
  enum class Kind { bzimage, elf };
  Kind kind = Kind::bzimage;
  std::string release;  ///< as printable_line() has it: an image may say anything. Empty if it says nothing
  std::uint64_t payload_offset = 0;  ///< bzimage: where in the file the compressed vmlinux is
  std::uint64_t payload_length = 0;  ///< 0 if the boot protocol is too old to tell
};

/// Reads and checks the header; a file that is no kernel, or only a part of one, or that is written to meanwhile, is an
/// Error saying so.
Result<ImageHeader> read_image_header(const std::string& path);
/// The same of an image that is open already. `path` is for the Error.
Result<ImageHeader> read_image_header(const std::string& path, const ImageBytes& bytes);

/// Of all bytes of the file, as 16 hexadecimal digits: tells images apart whose release is the same. About a second
/// for a GiB.
Result<std::string> image_digest(const std::string& path);

bool is_elf(const ImageBytes& bytes);
/// Is all that the ELF image would have loaded there?
bool has_whole_segments(const ImageBytes& elf);
/// Does the ELF image name the 32-bit entry point that QEMU needs to boot it (XEN_ELFNOTE_PHYS32_ENTRY, CONFIG_PVH)?
bool has_pvh_entry(const ImageBytes& elf);

}  // namespace mprogcheck::vm
