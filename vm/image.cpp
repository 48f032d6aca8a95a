// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vm/image.hpp"

#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <utility>
#include <vector>

#include "base/digest.hpp"
#include "base/fd.hpp"
#include "base/file.hpp"
#include "vm/cache.hpp"
#include "vm/decompress.hpp"

namespace mprogcheck::vm {
namespace {

/// A file as memory, for as long as this lives.
class Mapping {
 public:
  static Result<Mapping> open(const std::string& path) {
    const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status {};
    if (!fd || ::fstat(fd.get(), &status) != 0) {
      return fail(Error::Kind::usage,
                  "cannot read the kernel image {}: {}; expected debian:SUITE, debian:VERSION, or the path of a "
                  "bzImage or vmlinux",
                  path, std::strerror(errno));
    }
    if (!S_ISREG(status.st_mode)) return fail(Error::Kind::usage, "the kernel image {} is not a file", path);
    Mapping mapping;
    mapping.size_ = static_cast<std::size_t>(status.st_size);
    if (mapping.size_ == 0) return mapping;
    void* data = ::mmap(nullptr, mapping.size_, PROT_READ, MAP_PRIVATE, fd.get(), 0);
    if (data == MAP_FAILED) return tl::unexpected(io_error("read", path, errno));
    mapping.data_ = static_cast<const char*>(data);
    return mapping;
  }
  Mapping(Mapping&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Mapping& operator=(Mapping&&) = delete;
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() {
    if (data_) ::munmap(const_cast<char*>(data_), size_);
  }
  [[nodiscard]] std::string_view bytes() const { return {data_, size_}; }

 private:
  Mapping() = default;
  const char* data_ = nullptr;
  std::size_t size_ = 0;
};

/// The object at an offset of an image, or zeros if the image ends before.
template <typename T>
T field(std::string_view bytes, std::uint64_t offset) {
  T value{};
  if (offset <= bytes.size() && bytes.size() - offset >= sizeof value) {
    std::memcpy(&value, bytes.data() + offset, sizeof value);
  }
  return value;
}

std::string_view word_at(std::string_view bytes, std::uint64_t offset) {
  if (offset >= bytes.size()) return {};
  bytes.remove_prefix(offset);
  return bytes.substr(0, bytes.substr(0, 256).find_first_of(std::string_view(" \0\n", 3)));
}

std::string_view segment_bytes(std::string_view elf, const Elf64_Phdr& segment) {
  if (segment.p_offset > elf.size() || segment.p_filesz > elf.size() - segment.p_offset) return {};
  return elf.substr(segment.p_offset, segment.p_filesz);
}

std::vector<Elf64_Phdr> segments(std::string_view elf) {
  const auto header = field<Elf64_Ehdr>(elf, 0);
  std::vector<Elf64_Phdr> all;
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    all.push_back(field<Elf64_Phdr>(elf, header.e_phoff + i * sizeof(Elf64_Phdr)));
  }
  return all;
}

Result<ImageHeader> read_elf(const std::string& path, std::string_view bytes) {
  const auto header = field<Elf64_Ehdr>(bytes, 0);
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != EM_X86_64) {
    return fail(Error::Kind::usage, "{} is not an x86-64 kernel image", path);
  }
  ImageHeader image{ImageHeader::Kind::elf, "", 0, 0};
  for (const auto& segment : segments(bytes)) {
    if (segment.p_type != PT_LOAD || segment.p_filesz == 0) continue;
    const auto content = segment_bytes(bytes, segment);
    if (content.empty()) {
      return fail(Error::Kind::usage, "the kernel image {} is truncated: {} bytes, of which a segment needs {}", path,
                  bytes.size(), segment.p_offset + segment.p_filesz);
    }
    constexpr std::string_view banner = "Linux version ";
    if (!image.release.empty()) continue;
    if (const auto at = content.find(banner); at != content.npos) image.release = word_at(content, at + banner.size());
  }
  if (!has_pvh_entry(bytes)) {
    return fail(Error::Kind::usage, "{} cannot be booted: build it with CONFIG_PVH=y, or give the bzImage", path);
  }
  return image;
}

Result<ImageHeader> read_bzimage(const std::string& path, std::string_view bytes) {
  ImageHeader image;
  const auto setup_sectors = field<std::uint8_t>(bytes, 0x1f1);
  const std::uint64_t setup_size = (setup_sectors ? setup_sectors + 1U : 5U) * 512U;
  // syssize is rounded up to 16-byte units; not every linker pads the file to them.
  const auto expected = setup_size + std::uint64_t{field<std::uint32_t>(bytes, 0x1f4)} * 16;
  if (bytes.size() + 15 < expected) {
    return fail(Error::Kind::usage, "the kernel image {} is truncated: {} bytes of {}; copy or fetch it again", path,
                bytes.size(), expected);
  }
  if (const auto version = field<std::uint16_t>(bytes, 0x20e); version != 0) {
    image.release = word_at(bytes, version + 0x200U);
  }
  if (field<std::uint16_t>(bytes, 0x206) >= 0x208) {  // boot protocol 2.08
    image.payload_offset = setup_size + field<std::uint32_t>(bytes, 0x248);
    image.payload_length = field<std::uint32_t>(bytes, 0x24c);
  }
  return image;
}

Result<ImageHeader> read_header(const std::string& path, std::string_view bytes) {
  if (bytes.starts_with(ELFMAG)) return read_elf(path, bytes);
  if (field<std::uint16_t>(bytes, 0x1fe) == 0xaa55 && bytes.size() > 0x206 && bytes.substr(0x202, 4) == "HdrS") {
    return read_bzimage(path, bytes);
  }
  return fail(Error::Kind::usage, "{} is not a kernel image: expected a bzImage or an ELF vmlinux", path);
}

}  // namespace

bool has_pvh_entry(std::string_view elf) {
  constexpr std::uint32_t phys32_entry = 18;  // XEN_ELFNOTE_PHYS32_ENTRY
  for (const auto& segment : segments(elf)) {
    if (segment.p_type != PT_NOTE) continue;
    const auto notes = segment_bytes(elf, segment);
    for (std::uint64_t at = 0; at + sizeof(Elf64_Nhdr) <= notes.size();) {
      const auto note = field<Elf64_Nhdr>(notes, at);
      const auto name = notes.substr(std::min(notes.size(), at + sizeof note), 3);
      if (note.n_type == phys32_entry && note.n_namesz == 4 && name == "Xen") return true;
      const auto aligned = [](std::uint64_t size) { return (size + 3) & ~std::uint64_t{3}; };
      at += sizeof note + aligned(note.n_namesz) + aligned(note.n_descsz);
    }
  }
  return false;
}

Result<ImageHeader> read_image_header(const std::string& path) {
  const auto mapping = Mapping::open(path);
  if (!mapping) return tl::unexpected(mapping.error());
  return read_header(path, mapping->bytes());
}

Result<std::string> image_digest(const std::string& path) {
  const auto mapping = Mapping::open(path);
  if (!mapping) return tl::unexpected(mapping.error());
  return fmt::format("{:016x}", Digest().add(mapping->bytes()).value());
}

Result<std::string> uncompressed_image(const std::string& path) {
  const auto mapping = Mapping::open(path);
  if (!mapping) return tl::unexpected(mapping.error());
  const auto header = read_header(path, mapping->bytes());
  if (!header) return tl::unexpected(header.error());
  if (header->kind == ImageHeader::Kind::elf) return path;

  const auto bytes = mapping->bytes();
  if (header->payload_length < 8 || header->payload_offset >= bytes.size() ||
      header->payload_length > bytes.size() - header->payload_offset) {
    return fail("{} does not tell where its payload is", path);
  }
  const auto payload = bytes.substr(header->payload_offset, header->payload_length);
  const auto directory = cache_directory() + "/uncompressed";
  const auto digest = Digest().add(payload).value();
  const auto cached = fmt::format("{}/{}-{:016x}", directory, header->release, digest);
  if (std::filesystem::exists(cached)) return cached;

  // The payload's last four bytes are its uncompressed size.
  const auto plain = decompress(payload.substr(0, payload.size() - 4), "the payload of " + path);
  if (!plain) return tl::unexpected(plain.error());
  if (!plain->starts_with(ELFMAG) || !has_pvh_entry(*plain)) return fail("{} has no PVH entry point", path);
  for (const auto& segment : segments(*plain)) {
    if (segment.p_type == PT_LOAD && segment_bytes(*plain, segment).size() != segment.p_filesz) {
      return fail("the payload of {} is damaged", path);
    }
  }
  if (auto made = make_directories(directory); !made) return tl::unexpected(made.error());
  if (auto written = write_file(cached, *plain); !written) return tl::unexpected(written.error());
  return cached;
}

}  // namespace mprogcheck::vm
