// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vm/image_bytes.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace mprogcheck::vm {

Result<ImageFile> ImageFile::open(const std::string& path) {
  // A fifo that nobody writes to would keep open() itself waiting.
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0) {
    return fail(Error::Kind::usage,
                "cannot read the kernel image {}: {}; expected debian:SUITE, debian:VERSION, or the path of a "
                "bzImage or vmlinux",
                path, std::strerror(errno));
  }
  if (!S_ISREG(status.st_mode)) return fail(Error::Kind::usage, "the kernel image {} is not a file", path);
  return ImageFile(path, std::move(fd), status);
}

std::string ImageFile::read(std::uint64_t offset, std::uint64_t length) const {
  std::string bytes;
  if (offset >= size()) return bytes;
  bytes.resize(std::min(length, size() - offset));
  std::size_t got = 0;
  while (got < bytes.size()) {
    const auto some = ::pread(fd_.get(), bytes.data() + got, bytes.size() - got, static_cast<off_t>(offset + got));
    if (some < 0 && errno == EINTR) continue;
    if (some < 0 && error_ == 0) error_ = errno;
    if (some <= 0) break;
    got += static_cast<std::size_t>(some);
  }
  bytes.resize(got);
  return bytes;
}

Result<void> ImageFile::unchanged() const {
  if (error_ != 0) return fail("cannot read the kernel image {}: {}", path_, std::strerror(error_));
  struct stat now {};
  const auto same = [](const timespec& a, const timespec& b) { return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec; };
  if (::fstat(fd_.get(), &now) == 0 && now.st_size == status_.st_size && same(now.st_mtim, status_.st_mtim)) return {};
  return fail("the kernel image {} changed while it was read; do not build a kernel where one is being checked", path_);
}

}  // namespace mprogcheck::vm
