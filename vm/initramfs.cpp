// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vm/initramfs.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <set>

#include "base/file.hpp"
#include "vm/cache.hpp"

namespace mprogcheck::vm {
namespace {

using Writer = std::unique_ptr<archive, decltype(&archive_write_free)>;

class Cpio {
 public:
  Cpio(std::string name, int fd) : name_(std::move(name)), writer_(archive_write_new(), &archive_write_free) {
    archive_write_set_format_cpio_newc(writer_.get());
    archive_write_open_fd(writer_.get(), fd);
  }

  Result<void> add(const std::string& path, mode_t mode, std::string_view content) {
    const std::unique_ptr<archive_entry, decltype(&archive_entry_free)> entry(archive_entry_new(), &archive_entry_free);
    archive_entry_set_pathname(entry.get(), path.c_str());
    archive_entry_set_mode(entry.get(), mode);
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(content.size()));
    archive_entry_set_nlink(entry.get(), 1);
    if (archive_write_header(writer_.get(), entry.get()) != ARCHIVE_OK) return failed();
    if (!content.empty() && archive_write_data(writer_.get(), content.data(), content.size()) < 0) return failed();
    return {};
  }

  /// A directory and those above it, once each.
  Result<void> add_directory(const std::string& path) {
    if (path.empty() || !directories_.insert(path).second) return {};
    const auto parent = std::filesystem::path(path).parent_path().string();
    if (auto added = add_directory(parent); !added) return added;
    return add(path, S_IFDIR | 0755, {});
  }

  Result<void> add_file(const std::string& path, const std::string& from, mode_t permissions) {
    const auto content = read_file(from);
    if (!content) return tl::unexpected(content.error());
    if (auto added = add_directory(std::filesystem::path(path).parent_path().string()); !added) return added;
    return add(path, S_IFREG | permissions, *content);
  }

  Result<void> close() {
    if (archive_write_close(writer_.get()) != ARCHIVE_OK) return failed();
    return {};
  }

 private:
  [[nodiscard]] Result<void> failed() const {
    const int error = archive_errno(writer_.get());
    return tl::unexpected(io_error("write", name_, error > 0 ? error : EIO));
  }

  std::string name_;
  Writer writer_;
  std::set<std::string> directories_;
};

Result<void> write_archive(const Initramfs& contents, const std::string& name, int fd) {
  Cpio cpio(name, fd);
  for (const auto* directory : {"dev", "proc", "sys", "tmp"}) {
    if (auto added = cpio.add_directory(directory); !added) return added;
  }
  if (auto added = cpio.add_file("init", contents.init, 0755); !added) return added;
  std::string load_order;
  for (const auto& module : contents.modules) {
    const auto file = std::filesystem::path(module).filename().string();
    if (auto added = cpio.add_file("modules/" + file, module, 0644); !added) return added;
    load_order += file + "\n";
  }
  if (!load_order.empty()) {
    if (auto added = cpio.add("modules/load", S_IFREG | 0644, load_order); !added) return added;
  }
  for (const auto& [path, from] : contents.files) {
    const auto relative = path.substr(std::min(path.size(), path.find_first_not_of('/')));
    struct stat status {};
    const bool executable = ::stat(from.c_str(), &status) == 0 && (status.st_mode & S_IXUSR) != 0;
    if (auto added = cpio.add_file(relative, from, executable ? 0755 : 0644); !added) return added;
  }
  return cpio.close();
}

}  // namespace

Result<void> write_initramfs(const Initramfs& contents, int fd) {
  return write_archive(contents, "the initramfs", fd);
}

Result<void> write_initramfs(const Initramfs& contents, const std::string& path) {
  const Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!fd) return tl::unexpected(io_error("write", path, errno));
  auto written = write_archive(contents, path, fd.get());
  if (!written) ::unlink(path.c_str());  // a part of an initramfs is worse than none
  return written;
}

}  // namespace mprogcheck::vm
