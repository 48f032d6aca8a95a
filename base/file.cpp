// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "base/file.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/fd.hpp"

namespace mprogcheck {

namespace fs = std::filesystem;

namespace {

tl::unexpected<Error> cannot(std::string_view verb, const fs::path& path, int error) {
  const std::string_view what =
      error == ENOSPC || error == EDQUOT ? "; free some space there, or choose another folder" : "";
  return fail("{}: cannot be {}: {}{}", path.string(), verb, std::strerror(error), what);
}

bool is_same(const struct stat& a, const struct stat& b) {
  return a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

}  // namespace

Result<std::string> read_file(const fs::path& path, std::uint64_t limit, FileKind kind) {
  const auto unreadable = [&path](std::string_view why) {
    return fail(Error::Kind::usage, "{}: cannot be read: {}", path.string(), why);
  };
  // A fifo that nobody writes to would keep open() itself waiting.
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | (kind == FileKind::regular ? O_NONBLOCK : 0)));
  struct stat before {};
  if (!fd || ::fstat(fd.get(), &before) != 0) return unreadable(std::strerror(errno));
  const bool regular = S_ISREG(before.st_mode);
  if (S_ISDIR(before.st_mode)) return unreadable("expected a file, found a folder");
  if (!regular && kind == FileKind::regular) return unreadable("expected a regular file, found another kind of file");

  std::string text;
  for (;;) {
    constexpr std::size_t chunk = std::size_t{256} << 10;
    // One byte beyond the limit tells a file that is too large. A file of /proc says that it is empty, and is not.
    const std::size_t size = text.size();
    const std::size_t room = static_cast<std::size_t>(std::min<std::uint64_t>(chunk, limit - size + 1));
    text.resize(size + room);
    const auto got = ::read(fd.get(), text.data() + size, room);
    const int error = errno;
    text.resize(size + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got == 0) break;
    if (got < 0 && error != EINTR) return unreadable(std::strerror(error));
    if (text.size() > limit) return unreadable(fmt::format("expected at most {} bytes, found more", limit));
  }
  struct stat after {};
  // What /proc shows has no size, and no time that means anything.
  if (regular && before.st_size != 0 && (::fstat(fd.get(), &after) != 0 || !is_same(before, after)))
    return unreadable("it changed while it was read; try again when nobody writes to it");
  return text;
}

namespace {

/// Writes it all. The error, or 0.
int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto wrote = ::write(fd, text.data(), text.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return wrote < 0 ? errno : EIO;
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return 0;
}

/// /dev/stdout, /dev/fd/1, /proc/self/fd/1: whatever they lead to, they are no names of ours to replace.
bool is_descriptor(const fs::path& path) {
  std::error_code error;
  const auto in_proc = [](const fs::path& name) { return name.string().starts_with("/proc/"); };
  return in_proc(fs::weakly_canonical(path.parent_path(), error)) || in_proc(fs::read_symlink(path, error));
}

}  // namespace

Result<void> write_output(const fs::path& path, std::string_view text) {
  std::error_code error;
  if (path.has_parent_path() && !fs::is_directory(path.parent_path(), error))
    return fail("{}: there is no folder {}; make it first", path.string(), path.parent_path().string());
  const auto type = fs::status(path, error).type();
  const bool replaced =
      type == fs::file_type::regular || type == fs::file_type::not_found || type == fs::file_type::none;
  if (replaced && !is_descriptor(path)) return write_file(path, text);
  const Fd fd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  if (!fd) return cannot("written", path, errno);
  if (const int why = write_all(fd.get(), text); why != 0) return cannot("written", path, why);
  return {};
}

Result<void> write_file(const fs::path& path, std::string_view text, bool durable) {
  std::error_code error;
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  fs::create_directories(folder, error);
  if (error && !fs::is_directory(folder)) return cannot("created", folder, error.value());

  // Its name is nobody's to guess, and whatever is there already is not ours.
  std::uint64_t secret = 0;
  if (::getrandom(&secret, sizeof secret, 0) != sizeof secret) return cannot("written", path, errno);
  const std::string temporary = (folder / fmt::format(".new-{:016x}", secret)).string();
  const Fd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!fd) return cannot("written", path, errno);
  const auto give_up = [&](int why) {
    ::unlink(temporary.c_str());
    return cannot("written", path, why);
  };
  if (const int why = write_all(fd.get(), text); why != 0) return give_up(why);
  if (durable && ::fsync(fd.get()) != 0 && errno != EINVAL && errno != EROFS) return give_up(errno);
  if (::rename(temporary.c_str(), path.c_str()) != 0) return give_up(errno);
  if (durable) sync_folder(folder);
  return {};
}

void sync_folder(const fs::path& folder) {
  const Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd) ::fsync(fd.get());
}

}  // namespace mprogcheck
