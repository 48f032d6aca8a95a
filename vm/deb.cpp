// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vm/deb.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <memory>
#include <optional>

namespace mprogcheck::vm {
namespace {

using Reader = std::unique_ptr<archive, decltype(&archive_read_free)>;

Reader new_reader() {
  return {archive_read_new(), &archive_read_free};
}

/// The content of the current entry, or nothing if the archive is damaged.
std::optional<std::string> content(archive* reader) {
  std::string bytes;
  for (;;) {
    const void* block = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    const int status = archive_read_data_block(reader, &block, &size, &offset);
    if (status == ARCHIVE_EOF) return bytes;
    if (status != ARCHIVE_OK) return std::nullopt;
    bytes.append(static_cast<const char*>(block), size);
  }
}

}  // namespace

Result<std::map<std::string, std::string>> files_of_deb(const std::string& deb,
                                                        const std::function<bool(std::string_view path)>& wanted) {
  const auto damaged = [&] { return fail("{} is not a complete Debian package: delete it and fetch again", deb); };
  const auto outer = new_reader();
  archive_read_support_format_ar(outer.get());
  constexpr std::size_t block_size = 1 << 16;
  if (archive_read_open_filename(outer.get(), deb.c_str(), block_size) != ARCHIVE_OK) return damaged();
  archive_entry* entry = nullptr;
  do {
    if (archive_read_next_header(outer.get(), &entry) != ARCHIVE_OK) return damaged();
  } while (!std::string_view(archive_entry_pathname(entry)).starts_with("data.tar"));
  const auto data = content(outer.get());
  if (!data) return damaged();

  const auto inner = new_reader();
  archive_read_support_filter_all(inner.get());
  archive_read_support_format_tar(inner.get());
  if (archive_read_open_memory(inner.get(), data->data(), data->size()) != ARCHIVE_OK) return damaged();
  std::map<std::string, std::string> files;
  for (;;) {
    const int status = archive_read_next_header(inner.get(), &entry);
    if (status == ARCHIVE_EOF) return files;
    if (status < ARCHIVE_WARN) return damaged();
    std::string_view path(archive_entry_pathname(entry));
    if (path.starts_with("./")) path.remove_prefix(2);
    if (archive_entry_filetype(entry) != AE_IFREG || !wanted(path)) continue;
    const std::string key(path);
    auto bytes = content(inner.get());
    if (!bytes) return damaged();
    files.emplace(key, std::move(*bytes));
  }
}

}  // namespace mprogcheck::vm
