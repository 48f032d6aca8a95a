// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace mprogcheck {

/// Why a folder, or a link to one, is not ours alone: "it belongs to user 1000, …". Empty: nobody but this user and
/// root can put, exchange or remove what is in it. Root itself trusts no other user's.
std::string why_not_ours(const struct stat& status);

/// What we find in a folder is believed, and what we write there is believed to stay: so it must be ours alone
/// (why_not_ours), and so must a link that stands in its place. Nothing there is no Error, and nothing that we could
/// reach neither. `cure` ends the Error's line: what to do instead.
Result<void> check_folder(const std::filesystem::path& folder, Error::Kind kind, std::string_view cure);

/// Makes the folder where it is missing, and those above it, with that mode less the umask, which lets nobody else
/// write; then check_folder().
Result<void> make_folder(const std::filesystem::path& folder, Error::Kind kind, std::string_view cure,
                         mode_t mode = 0755);

}  // namespace mprogcheck
