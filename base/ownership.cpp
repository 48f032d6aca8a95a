// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "base/ownership.hpp"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace mprogcheck {

namespace fs = std::filesystem;

namespace {

/// Where each user has a group of the same name, with nobody else in it, what that group may write is as private as
/// what the user may: umask 002 is the default there.
bool is_private_group(gid_t id, uid_t user) {
  std::array<char, 1 << 14> user_text{}, group_text{};
  struct passwd user_entry {};
  struct passwd* owner = nullptr;
  struct group group_entry {};
  struct group* group = nullptr;
  if (::getpwuid_r(user, &user_entry, user_text.data(), user_text.size(), &owner) != 0 || !owner) return false;
  if (::getgrgid_r(id, &group_entry, group_text.data(), group_text.size(), &group) != 0 || !group) return false;
  if (std::string_view(group->gr_name) != owner->pw_name) return false;
  for (char** member = group->gr_mem; *member; ++member)
    if (std::string_view(*member) != owner->pw_name) return false;
  return true;
}

}  // namespace

std::string why_not_ours(const struct stat& status) {
  const uid_t us = ::geteuid();
  if (status.st_uid != us && status.st_uid != 0)
    return fmt::format("it belongs to user {}, who could change it at any time, and this is user {}", status.st_uid,
                       us);
  if (S_ISLNK(status.st_mode)) return {};  // what it leads to is asked next
  if ((status.st_mode & S_IWOTH) != 0) return "every user may write to it";
  if ((status.st_mode & S_IWGRP) != 0 && !is_private_group(status.st_gid, status.st_uid))
    return fmt::format("everybody in group {} may write to it", status.st_gid);
  return {};
}

Result<void> check_folder(const fs::path& folder, Error::Kind kind, std::string_view cure) {
  const auto refuse = [&](std::string_view why) { return fail(kind, "{}: {}; {}", folder.string(), why, cure); };
  struct stat status {};
  // A path that ends in a slash would show what a link leads to, and hide the link.
  const fs::path name = folder.has_filename() ? folder : folder.parent_path();
  if (::lstat(name.c_str(), &status) == 0) {
    if (const auto why = why_not_ours(status); S_ISLNK(status.st_mode) && !why.empty())
      return refuse("a link stands in its place: " + why);
  }
  if (::stat(folder.c_str(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR || errno == EACCES) return {};
    return refuse(std::strerror(errno));
  }
  if (!S_ISDIR(status.st_mode)) return fail("{}: expected a folder, found a file; {}", folder.string(), cure);
  if (const auto why = why_not_ours(status); !why.empty()) return refuse(why);
  return {};
}

Result<void> make_folder(const fs::path& folder, Error::Kind kind, std::string_view cure, mode_t mode) {
  const fs::path name = folder.has_filename() ? folder : folder.parent_path();
  std::error_code error;
  if (const fs::path parent = name.parent_path(); !parent.empty() && !fs::is_directory(parent, error)) {
    if (auto made = make_folder(parent, kind, cure); !made) return made;
  }
  const int failed = ::mkdir(name.c_str(), mode) != 0 ? errno : 0;
  // EEXIST is also what a link to nowhere gives.
  if (failed != 0 && (failed != EEXIST || !fs::exists(name, error)))
    return fail("{}: cannot be made: {}; {}", name.string(), std::strerror(failed), cure);
  return check_folder(name, kind, cure);
}

}  // namespace mprogcheck
