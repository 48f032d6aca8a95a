// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace mprogcheck::vm {

/// A kernel that can be booted.
struct KernelImage {
  std::string path;                        ///< bzImage or vmlinux
  std::string release;                     ///< what `uname -r` will say; empty if the image does not tell
  std::string source;                      ///< the spec that led here: "debian:trixie", or the path
  std::vector<std::string> modules;        ///< .ko files its virtio needs, in load order: for the initramfs. Often none
  std::vector<std::string> extra_modules;  ///< .ko files a guest may want to load later (sch_ingress), in load order
};

/// Told, in words for the user, what is being done ("downloading linux-image-…").
using Progress = std::function<void(std::string_view)>;

/// Resolves `debian:SUITE`, `debian:VERSION` or a path, from what is on this machine: never touches the network.
Result<KernelImage> find_kernel(std::string_view spec);

/// find_kernel, and if a `debian:` kernel is not here yet, gets it from the machine's own Debian mirror.
/// Leaves the system's apt alone. Safe to call from several processes at once.
Result<KernelImage> fetch_kernel(std::string_view spec, const Progress& progress = {});

/// What has been fetched, by release.
std::vector<KernelImage> list_kernels();

}  // namespace mprogcheck::vm
