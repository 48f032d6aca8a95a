// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "vm/kernel.hpp"

namespace mprogcheck::vm {

/// Gets the kernel of a suite ("trixie") or of a version ("6.12.107", from whichever suite has it) into the cache.
/// Another process that fetches at the same time is waited for, and its result used.
Result<KernelImage> fetch_debian(const std::string& what, const Progress& progress);

/// The release in a kernel package's name: "linux-image-6.12.107+deb13-cloud-amd64" → "6.12.107+deb13-cloud-amd64".
/// Empty for anything else: meta packages, debug symbols, unsigned images.
std::string release_of_package(std::string_view package);

}  // namespace mprogcheck::vm
