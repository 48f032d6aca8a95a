// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vm/image.hpp"

#include <elf.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "base/text.hpp"

namespace mprogcheck::vm {
namespace {

constexpr std::uint64_t piece = std::uint64_t{1} << 20;  // read at a time, where all of something is read
constexpr std::size_t longest_word = 256;

/// The text from there on up to a blank, a newline or a zero.
std::string_view word_at(std::string_view bytes, std::uint64_t offset) {
  if (offset >= bytes.size()) return {};
  bytes.remove_prefix(offset);
  return bytes.substr(0, bytes.substr(0, longest_word).find_first_of(std::string_view(" \0\n", 3)));
}

std::vector<Elf64_Phdr> segments(const ImageBytes& elf) {
  const auto header = elf.field<Elf64_Ehdr>(0);
  const auto table = elf.read(header.e_phoff, header.e_phnum * sizeof(Elf64_Phdr));
  std::vector<Elf64_Phdr> all(table.size() / sizeof(Elf64_Phdr));
  if (!all.empty()) std::memcpy(all.data(), table.data(), all.size() * sizeof(Elf64_Phdr));
  return all;
}

/// Is all of the segment in the image?
bool is_whole(const ImageBytes& elf, const Elf64_Phdr& segment) {
  return segment.p_offset <= elf.size() && segment.p_filesz <= elf.size() - segment.p_offset;
}

/// What follows "Linux version " in one of the segments.
std::string banner_release(const ImageBytes& elf, const std::vector<Elf64_Phdr>& segments) {
  constexpr std::string_view banner = "Linux version ";
  constexpr auto overlap = banner.size() + longest_word;
  std::uint64_t left = elf.size();  // segments that lie on each other are not searched again and again
  for (const auto& segment : segments) {
    if (segment.p_type != PT_LOAD) continue;
    for (std::uint64_t at = 0; at < segment.p_filesz && left > 0; at += piece) {
      const auto text =
          elf.read(segment.p_offset + at, std::min<std::uint64_t>(piece + overlap, segment.p_filesz - at));
      left -= std::min(left, piece);
      // Others may have these words, too; behind the kernel's stands who built it.
      for (auto found = text.find(banner); found != text.npos; found = text.find(banner, found + 1)) {
        const auto word = word_at(text, found + banner.size());
        if (std::string_view(text).substr(found + banner.size() + word.size()).starts_with(" ("))
          return printable_line(word);
      }
    }
  }
  return {};
}

Result<ImageHeader> read_elf(const std::string& path, const ImageBytes& bytes) {
  const auto header = bytes.field<Elf64_Ehdr>(0);
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != EM_X86_64) {
    return fail(Error::Kind::usage, "{} is not an x86-64 kernel image", path);
  }
  const auto all = segments(bytes);
  for (const auto& segment : all) {
    if (segment.p_type == PT_LOAD && !is_whole(bytes, segment)) {
      return fail(Error::Kind::usage, "the kernel image {} is truncated: {} bytes, of which a segment needs {}", path,
                  bytes.size(), segment.p_offset + segment.p_filesz);
    }
  }
  if (!has_pvh_entry(bytes)) {
    return fail(Error::Kind::usage, "{} cannot be booted: build it with CONFIG_PVH=y, or give the bzImage", path);
  }
  return ImageHeader{ImageHeader::Kind::elf, banner_release(bytes, all), 0, 0};
}

Result<ImageHeader> read_bzimage(const std::string& path, const ImageBytes& bytes) {
  ImageHeader image;
  const auto setup_sectors = bytes.field<std::uint8_t>(0x1f1);
  const std::uint64_t setup_size = (setup_sectors ? setup_sectors + 1U : 5U) * 512U;
  // syssize is rounded up to 16-byte units; not every linker pads the file to them.
  const auto expected = setup_size + std::uint64_t{bytes.field<std::uint32_t>(0x1f4)} * 16;
  if (bytes.size() + 15 < expected) {
    return fail(Error::Kind::usage, "the kernel image {} is truncated: {} bytes of {}; copy or fetch it again", path,
                bytes.size(), expected);
  }
  if (const auto version = bytes.field<std::uint16_t>(0x20e); version != 0) {
    image.release = printable_line(word_at(bytes.read(version + 0x200U, longest_word), 0));
  }
  if (bytes.field<std::uint16_t>(0x206) >= 0x208) {  // boot protocol 2.08
    image.payload_offset = setup_size + bytes.field<std::uint32_t>(0x248);
    image.payload_length = bytes.field<std::uint32_t>(0x24c);
  }
  return image;
}

}  // namespace

bool is_elf(const ImageBytes& bytes) {
  return bytes.read(0, SELFMAG) == ELFMAG;
}

bool has_pvh_entry(const ImageBytes& elf) {
  constexpr std::uint32_t phys32_entry = 18;  // XEN_ELFNOTE_PHYS32_ENTRY
  for (const auto& segment : segments(elf)) {
    if (segment.p_type != PT_NOTE || !is_whole(elf, segment)) continue;
    const auto bytes = elf.read(segment.p_offset, std::min(segment.p_filesz, piece));
    const ImageInMemory notes(bytes);
    for (std::uint64_t at = 0; at + sizeof(Elf64_Nhdr) <= notes.size();) {
      const auto note = notes.field<Elf64_Nhdr>(at);
      if (note.n_type == phys32_entry && note.n_namesz == 4 && notes.read(at + sizeof note, 3) == "Xen") return true;
      const auto aligned = [](std::uint64_t size) { return (size + 3) & ~std::uint64_t{3}; };
      at += sizeof note + aligned(note.n_namesz) + aligned(note.n_descsz);
    }
  }
  return false;
}

bool has_whole_segments(const ImageBytes& elf) {
  const auto all = segments(elf);
  return std::ranges::all_of(
      all, [&](const Elf64_Phdr& segment) { return segment.p_type != PT_LOAD || is_whole(elf, segment); });
}

Result<ImageHeader> read_image_header(const std::string& path, const ImageBytes& bytes) {
  if (is_elf(bytes)) return read_elf(path, bytes);
  if (bytes.field<std::uint16_t>(0x1fe) == 0xaa55 && bytes.size() > 0x206 && bytes.read(0x202, 4) == "HdrS") {
    return read_bzimage(path, bytes);
  }
  return fail(Error::Kind::usage, "{} is not a kernel image: expected a bzImage or an ELF vmlinux", path);
}

Result<ImageHeader> read_image_header(const std::string& path) {
  const auto file = ImageFile::open(path);
  if (!file) return tl::unexpected(file.error());
  auto header = read_image_header(path, *file);
  if (auto same = file->unchanged(); !same) return tl::unexpected(same.error());
  return header;
}

Result<std::string> image_digest(const std::string& path) {
  const auto file = ImageFile::open(path);
  if (!file) return tl::unexpected(file.error());
  Digest digest;
  for (std::uint64_t at = 0; at < file->size(); at += piece) digest.add(file->read(at, piece));
  if (auto same = file->unchanged(); !same) return tl::unexpected(same.error());
  return fmt::format("{:016x}", digest.value());
}

}  // namespace mprogcheck::vm
