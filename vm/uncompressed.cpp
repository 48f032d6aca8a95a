// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vm/uncompressed.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "base/file.hpp"
#include "vm/cache.hpp"
#include "vm/decompress.hpp"
#include "vm/image.hpp"

namespace mprogcheck::vm {
namespace {

/// x86-64 has no room for a kernel that is larger (KERNEL_IMAGE_SIZE).
constexpr std::uint64_t largest_kernel = std::uint64_t{1} << 30;

/// Of damage, not of intent, by eight bytes at a time: an eighth of what Digest takes, for each boot of such a kernel.
class WordDigest {
 public:
  WordDigest& add(std::string_view bytes) {
    for (; bytes.size() >= sizeof(std::uint64_t); bytes.remove_prefix(sizeof(std::uint64_t))) {
      std::uint64_t word = 0;
      std::memcpy(&word, bytes.data(), sizeof word);
      take(word);
    }
    for (const char c : bytes) take(static_cast<std::uint8_t>(c));
    return *this;
  }
  [[nodiscard]] std::string text() const { return fmt::format("{:016x}", value_); }

 private:
  void take(std::uint64_t word) {
    value_ = (value_ ^ word) * 0x100000001b3ULL;
    value_ ^= value_ >> 32;  // a product's low bits know nothing of the high ones
  }
  std::uint64_t value_ = 0xcbf29ce484222325ULL;
};

/// Whatever else of the file may change meanwhile: others say that they used it.
std::optional<std::string> word_digest(const std::string& path) {
  const auto file = ImageFile::open(path);
  if (!file) return std::nullopt;
  WordDigest digest;
  constexpr std::uint64_t piece = std::uint64_t{1} << 20;
  for (std::uint64_t at = 0; at < file->size(); at += piece) digest.add(file->read(at, piece));
  return digest.text();
}

std::optional<std::string> kept_image(const std::string& directory, const std::string& from) {
  std::error_code error;
  for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    const auto name = entry->path().filename().string();
    if (!name.starts_with(from + "-")) continue;
    const auto what = word_digest(entry->path());
    if (!what) continue;  // no word against it: it may just be made anew
    if (name == from + "-" + *what) return entry->path();
    std::filesystem::remove(entry->path(), error);  // a disk lost a part of it, say
    error.clear();
  }
  return std::nullopt;
}

/// So that it is the last one that was used.
void touch(const std::string& path) {
  std::error_code error;
  std::filesystem::last_write_time(path, std::filesystem::file_time_type::clock::now(), error);
}

/// FROM-WHAT: our own, and nothing else that may be there.
bool is_kept_name(std::string_view name) {
  return name.size() == 33 && name[16] == '-' && name.find_first_not_of("0123456789abcdef-") == std::string_view::npos;
}

/// A guest has read its image when it has booted. What was used lately may be about to be booted by somebody else.
constexpr std::chrono::hours lately{1};
void prune(const std::string& directory, const std::string& newest) {
  namespace fs = std::filesystem;
  std::vector<std::pair<fs::file_time_type, fs::path>> others;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code gone;
    const auto used = fs::last_write_time(entry->path(), gone);
    if (!gone && entry->path() != newest && is_kept_name(entry->path().filename().string()))
      others.emplace_back(used, entry->path());
  }
  if (others.size() < most_uncompressed) return;
  const auto long_ago = fs::file_time_type::clock::now() - lately;
  std::ranges::sort(others, std::greater());
  for (std::size_t n = most_uncompressed - 1; n < others.size(); ++n)
    if (others[n].first < long_ago) fs::remove(others[n].second, error);
}

}  // namespace

Result<std::string> uncompressed_image(const std::string& path) {
  const auto file = ImageFile::open(path);
  if (!file) return tl::unexpected(file.error());
  const auto header = read_image_header(path, *file);
  if (!header) return tl::unexpected(header.error());
  if (header->kind == ImageHeader::Kind::elf) return path;

  const auto length = header->payload_length;
  if (length < 8 || header->payload_offset >= file->size() || length > file->size() - header->payload_offset) {
    return fail("{} does not tell where its payload is", path);
  }
  if (length > largest_kernel) return fail("the payload of {} is larger than any kernel", path);
  const auto payload = file->read(header->payload_offset, length);
  if (auto same = file->unchanged(); !same) return tl::unexpected(same.error());
  const auto directory = cache_folder("uncompressed");
  if (!directory) return tl::unexpected(directory.error());
  const auto from = WordDigest().add(payload).text();
  if (auto kept = kept_image(*directory, from)) {
    touch(*kept);
    return *kept;
  }

  // The payload's last four bytes are its uncompressed size.
  const auto plain =
      decompress(std::string_view(payload).substr(0, length - 4), "the payload of " + path, largest_kernel);
  if (!plain) return tl::unexpected(plain.error());
  const ImageInMemory kernel(*plain);
  if (!is_elf(kernel) || !has_pvh_entry(kernel)) return fail("{} has no PVH entry point", path);
  if (!has_whole_segments(kernel)) return fail("the payload of {} is damaged", path);
  const auto kept = fmt::format("{}/{}-{}", *directory, from, WordDigest().add(*plain).text());
  if (auto written = write_file(kept, *plain); !written) return tl::unexpected(written.error());
  touch(kept);
  prune(*directory, kept);
  return kept;
}

}  // namespace mprogcheck::vm
