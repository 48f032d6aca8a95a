// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vm/decompress.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <memory>

namespace mprogcheck::vm {

Result<std::string> decompress(std::string_view compressed, std::string_view what, std::uint64_t limit) {
  const std::unique_ptr<archive, decltype(&archive_read_free)> reader(archive_read_new(), &archive_read_free);
  archive_read_support_filter_all(reader.get());
  archive_read_support_format_raw(reader.get());
  archive_entry* entry = nullptr;
  if (archive_read_open_memory(reader.get(), compressed.data(), compressed.size()) != ARCHIVE_OK ||
      archive_read_next_header(reader.get(), &entry) != ARCHIVE_OK || archive_filter_count(reader.get()) < 2) {
    return fail("{} is in an unknown compression", what);
  }
  std::string plain;
  for (;;) {
    const void* block = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    // Some filters complain about bytes that follow the stream, others do not: what was read up to there is complete.
    if (archive_read_data_block(reader.get(), &block, &size, &offset) != ARCHIVE_OK) return plain;
    if (size > limit - plain.size()) return fail("{} is more than {} bytes when uncompressed", what, limit);
    plain.append(static_cast<const char*>(block), size);
  }
}

}  // namespace mprogcheck::vm
