// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vm/kernel.hpp"

namespace mprogcheck::vm {

/// The kernels in the cache:
///   kernels/RELEASE/vmlinuz        the image
///   kernels/RELEASE/modules/*.ko   what its virtio needs, if anything, and the extra modules
///   kernels/RELEASE/meta.json      release, both lists of modules in load order, the digests of all these files
///   suites/SUITE                   the release last fetched for that suite
/// A release's directory appears by one rename, so it is there completely or not at all.

/// "trixie", "6.12.107" (the newest that fits: also "6.12"), or a whole release. Nothing: it is not here. One whose
/// files are not what was fetched is an Error that says so, and so is a cache that somebody else could change.
Result<std::optional<KernelImage>> find_fetched(std::string_view what);
/// By release. Their files have not been looked at.
std::vector<KernelImage> all_fetched();

/// Does "6.12.107+deb13-cloud-amd64" fit "6.12", "6.12.107" or itself? (But not "6.1".)
bool release_fits(std::string_view release, std::string_view version);
/// Versions begin with a digit, suites do not.
bool is_version(std::string_view what);

/// File names below modules/, each list in load order.
struct ModuleLists {
  std::vector<std::string> boot;
  std::vector<std::string> extra;
};

/// Makes a prepared directory (vmlinuz, modules/) the release's own, and the suite's if one is named.
Result<KernelImage> publish(const std::string& prepared, const std::string& release, const ModuleLists& modules,
                            const std::string& suite);
/// From now on the suite means this release, which is there already.
Result<void> assign_suite(const std::string& suite, const std::string& release);

}  // namespace mprogcheck::vm
