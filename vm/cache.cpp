// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vm/cache.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/ownership.hpp"

namespace mprogcheck::vm {
namespace {

constexpr std::string_view cure =
    "make it this user's alone (chown, chmod go-w), or set MPROGCHECK_CACHE to another folder";

}  // namespace

std::string cache_directory() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value ? value : "");
  };
  if (auto own = variable("MPROGCHECK_CACHE"); !own.empty()) return own;
  if (const auto xdg = variable("XDG_CACHE_HOME"); !xdg.empty()) return xdg + "/mprogcheck";
  if (const auto home = variable("HOME"); !home.empty()) return home + "/.cache/mprogcheck";
  return fmt::format("/var/tmp/mprogcheck-{}", ::geteuid());  // anybody may make a folder there: check_cache()
}

Result<void> check_cache() {
  for (const auto* part : {"", "/kernels", "/suites", "/uncompressed"}) {
    if (auto ours = check_folder(cache_directory() + part, Error::Kind::infrastructure, cure); !ours) return ours;
  }
  return {};
}

Result<std::string> cache_folder(std::string_view name) {
  const auto cache = cache_directory();
  const mode_t mode = cache.starts_with("/var/tmp/") ? 0700 : 0755;
  if (auto made = make_folder(cache, Error::Kind::infrastructure, cure, mode); !made) {
    return tl::unexpected(made.error());
  }
  auto folder = fmt::format("{}/{}", cache, name);
  if (auto made = make_folder(folder, Error::Kind::infrastructure, cure); !made) return tl::unexpected(made.error());
  return folder;
}

bool is_plain_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
  return !name.empty() && name.size() < 256 && letter(name[0]) && std::ranges::all_of(name, [&](char c) {
    return letter(c) || std::string_view("+-._~").find(c) != std::string_view::npos;
  });
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
