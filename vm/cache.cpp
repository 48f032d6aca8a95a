// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vm/cache.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace mprogcheck::vm {

std::string cache_directory() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value ? value : "");
  };
  if (auto own = variable("MPROGCHECK_CACHE"); !own.empty()) return own;
  if (const auto xdg = variable("XDG_CACHE_HOME"); !xdg.empty()) return xdg + "/mprogcheck";
  if (const auto home = variable("HOME"); !home.empty()) return home + "/.cache/mprogcheck";
  return "/var/tmp/mprogcheck";
}

Error io_error(std::string_view verb, const std::string& path, int error) {
  auto message = fmt::format("cannot {} {}: {}", verb, path, std::strerror(error));
  if (error == ENOSPC || error == EDQUOT) {
    message += path.starts_with(cache_directory()) ? ": free some space, or set MPROGCHECK_CACHE to another directory"
                                                   : ": free some space there, or choose another directory";
  }
  return {Error::Kind::infrastructure, message};
}

Result<void> make_directories(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return tl::unexpected(io_error("create", path, error.value()));
  return {};
}

Result<Fd> lock_file(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!fd) return tl::unexpected(io_error("write", path, errno));
  while (::flock(fd.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return tl::unexpected(io_error("lock", path, errno));
  }
  return fd;
}

}  // namespace mprogcheck::vm
