// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mprogcheck::vm {

/// Kernel modules by name ("virtio_pci", with underscores as lsmod has them): their uncompressed .ko.
using Modules = std::map<std::string, std::string>;

/// "kernel/drivers/virtio/virtio-rng.ko.xz" → "virtio_rng"; empty if the path is no module's.
std::string module_name(std::string_view path);

/// The names after "depends=" in the module's own information.
std::vector<std::string> module_dependencies(std::string_view ko);

/// Those wanted, with what they depend on before them. What is not among the modules is built into the kernel, or
/// absent.
std::vector<std::string> load_order(const Modules& modules, std::span<const std::string_view> wanted);

}  // namespace mprogcheck::vm
