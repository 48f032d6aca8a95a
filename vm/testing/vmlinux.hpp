// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <elf.h>

#include <cstring>
#include <string>
#include <string_view>

namespace mprogcheck::vm::testing_images {

/// The smallest ELF image that passes: one segment with the banner, one with the PVH note.
inline std::string make_vmlinux(std::string_view release, bool pvh) {
  const auto banner = "Linux version " + std::string(release) + " (somebody) #1\n";
  std::string note;
  const auto add = [&note](const auto& object) { note.append(reinterpret_cast<const char*>(&object), sizeof object); };
  add(Elf64_Nhdr{6, 4, 1});  // one of another kind first, with padding
  note += std::string_view("Linux\0\0\0abcd", 12);
  if (pvh) {
    add(Elf64_Nhdr{4, 8, 18});
    note += std::string_view("Xen\0\0\0\0\1\0\0\0\0", 12);
  }
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_machine = EM_X86_64;
  header.e_phoff = sizeof header;
  header.e_phnum = 2;
  const auto content_at = sizeof header + 2 * sizeof(Elf64_Phdr);
  Elf64_Phdr load{}, notes{};
  load.p_type = PT_LOAD;
  load.p_offset = content_at;
  load.p_filesz = banner.size();
  notes.p_type = PT_NOTE;
  notes.p_offset = content_at + banner.size();
  notes.p_filesz = note.size();
  std::string bytes;
  bytes.append(reinterpret_cast<const char*>(&header), sizeof header);
  bytes.append(reinterpret_cast<const char*>(&load), sizeof load);
  bytes.append(reinterpret_cast<const char*>(&notes), sizeof notes);
  return bytes + banner + note;
}

inline std::string zstd(std::string_view plain) {
  std::string out(plain.size() + 4096, '\0');
  std::size_t used = 0;
  archive* writer = archive_write_new();
  archive_write_add_filter_zstd(writer);
  archive_write_set_format_raw(writer);
  archive_write_set_bytes_per_block(writer, 0);
  archive_write_open_memory(writer, out.data(), out.size(), &used);
  archive_entry* entry = archive_entry_new();
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_write_header(writer, entry);
  archive_write_data(writer, plain.data(), plain.size());
  archive_entry_free(entry);
  archive_write_close(writer);
  archive_write_free(writer);
  out.resize(used);
  return out;
}

}  // namespace mprogcheck::vm::testing_images
