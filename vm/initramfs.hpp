// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace mprogcheck::vm {

/// What the guest finds in its root file system, besides empty /dev, /sys, /proc and /tmp.
struct Initramfs {
  std::string init;  ///< host path of a static executable: becomes /init
  std::vector<std::string>
      modules;  ///< host paths of .ko files: /modules/NAME.ko, listed in load order in /modules/load
  std::vector<std::pair<std::string, std::string>> files;  ///< further (path in the guest, host path)
};

/// Writes it as an uncompressed newc cpio archive: a guest without hardware support decompresses slower than the host
/// copies.
Result<void> write_initramfs(const Initramfs& contents, const std::string& path);
/// The same into an open file, from its current offset on.
Result<void> write_initramfs(const Initramfs& contents, int fd);

}  // namespace mprogcheck::vm
