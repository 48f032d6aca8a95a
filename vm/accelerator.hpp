// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace mprogcheck::vm {

enum class Accelerator { kvm, tcg };

std::string_view name(Accelerator accelerator);
/// "kvm" or "tcg"; a usage error otherwise.
Result<Accelerator> parse_accelerator(std::string_view text);

/// Which accelerator works on this machine, and how we know. There are machines whose /dev/kvm opens, creates a VM and
/// a vCPU, and still hangs or aborts when a kernel boots: so the only proof is a boot.
struct AcceleratorVerdict {
  Accelerator accelerator = Accelerator::tcg;
  std::string reason;  ///< for the user: "no /dev/kvm here"
};

/// "accelerator: tcg (no /dev/kvm here)"
std::string line(const AcceleratorVerdict& verdict);

/// What can be said without booting: there is no /dev/kvm, or we may not open it. Nothing if it must be tried.
std::optional<AcceleratorVerdict> verdict_without_boot(const std::string& device = "/dev/kvm");

/// What an earlier boot has shown. Forgotten when the host reboots and when QEMU or /dev/kvm changes.
std::optional<AcceleratorVerdict> remembered_verdict(const std::string& qemu, const std::string& device = "/dev/kvm");
/// A cache that cannot be written only costs the next boot its head start, so that is no error.
void remember_verdict(const AcceleratorVerdict& verdict, const std::string& qemu,
                      const std::string& device = "/dev/kvm");

}  // namespace mprogcheck::vm
