// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace mprogcheck {

/// What read_file() takes for a file.
enum class FileKind : std::uint8_t {
  regular,  ///< a regular file only: nothing that could keep the reader waiting. For what a folder or an option names
  any,      ///< a pipe or a terminal as well, read to its end. For what a user hands over to be read
};

/// No text that mprogcheck reads is larger: sequences, journals, findings.
inline constexpr std::uint64_t largest_text = std::uint64_t{64} << 20;

/// The whole of a file. An Error of kind usage is one line: there is no such file, it is of another kind than expected,
/// it has more than `limit` bytes (nothing beyond them is read), or it changed while it was read.
Result<std::string> read_file(const std::filesystem::path& path, std::uint64_t limit = largest_text,
                              FileKind kind = FileKind::regular);

/// Writes a file so that at no moment a part of it can be seen, creating the folder it is in. What is written first has
/// a name that nobody can foretell, is new, and follows no link; a link that stands at `path` is replaced, and not
/// followed. `durable`: it is on the disk when this returns, and survives the machine; otherwise only the end of this
/// process.
Result<void> write_file(const std::filesystem::path& path, std::string_view text, bool durable = true);

/// Writes what a user names to be written. A file, a link, or nothing is as with write_file(); a pipe, a terminal, a
/// device, and what is another name of an open descriptor (/dev/stdout), is written to and never replaced. The folder
/// must be there.
Result<void> write_output(const std::filesystem::path& path, std::string_view text);

/// What was made, renamed or removed in the folder survives the machine, where its file system can do that.
void sync_folder(const std::filesystem::path& folder);

}  // namespace mprogcheck
