// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/folder_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <cstring>

#include "base/ownership.hpp"

namespace mprogcheck {

namespace fs = std::filesystem;

namespace {

/// An empty one: another process has it.
Result<Fd> lock(const fs::path& folder) {
  if (auto ours =
          make_folder(folder, Error::Kind::usage, "choose another folder with --out, or one that is not there yet");
      !ours)
    return tl::unexpected(ours.error());
  const fs::path file = folder / "lock";
  Fd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!fd)
    return fail("{}: cannot be opened: {}; choose another folder with --out", file.string(), std::strerror(errno));
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return fd;
  if (errno == EWOULDBLOCK) return Fd();
  return fail("{}: cannot be locked: {}; choose another folder with --out", file.string(), std::strerror(errno));
}

}  // namespace

Result<FolderLock> FolderLock::take(const fs::path& folder) {
  auto fd = lock(folder);
  if (!fd) return tl::unexpected(fd.error());
  if (!*fd)
    return fail(Error::Kind::usage, "{}: another mprogcheck is at work in this folder; choose another one with --out",
                folder.string());
  return FolderLock(folder, std::move(*fd));
}

Result<FolderLock> FolderLock::take_or_beside(const fs::path& folder,
                                              const std::function<void(std::string_view)>& note) {
  fs::path own = folder;
  for (unsigned n = 1;; ++n) {
    auto fd = lock(own);
    if (!fd) return tl::unexpected(fd.error());
    if (*fd) {
      if (own != folder)
        note(fmt::format("{}: another mprogcheck is at work in this folder; files of this one are in {}",
                         folder.string(), own.string()));
      return FolderLock(std::move(own), std::move(*fd));
    }
    own = folder / fmt::format("beside-{}", n);
  }
}

}  // namespace mprogcheck
