// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/process.hpp"
#include "base/result.hpp"
#include "vm/accelerator.hpp"

namespace mprogcheck::vm {

/// How an architecture's guests are built. To port the project to another: add a row.
struct Platform {
  std::string_view architecture;         ///< as `uname -m` says it
  std::string_view program;              ///< of QEMU
  std::string_view package;              ///< that has it
  std::string_view machine;              ///< -machine
  std::string_view tcg;                  ///< -accel when emulating
  std::string_view tcg_cpu;              ///< -cpu when emulating
  std::string_view virtio_serial;        ///< -device
  std::string_view kernel_command_line;  ///< what every kernel gets
};

/// The row of the architecture this program was built for.
const Platform& platform();

/// The QEMU program's path; an Error that says what to install if there is none.
Result<std::string> find_qemu();

/// A guest in QEMU's terms. The numbers are file descriptors that QEMU inherits.
struct QemuGuest {
  std::string kernel, initramfs, command_line, console;
  unsigned memory_mib = 0;
  int virtio_fd = -1, serial_fd = -1, qmp_fd = -1;
  int incoming_fd = -1;  ///< a saved guest to go on with, instead of booting
};

/// QEMU is asked to let the kernel refuse it what no guest needs: new programs, other users' rights, outdated calls.
/// Not every QEMU can do that, and not every kernel; one that cannot ends at once, and says so in its last line, or by
/// SIGSYS.
bool is_ended_by_sandbox(std::string_view last_line, const std::optional<ExitStatus>& status);
/// From now on, in this process.
void do_without_sandbox(bool without = true);
[[nodiscard]] bool has_sandbox();

/// The complete argv.
std::vector<std::string> qemu_command(const std::string& program, const QemuGuest& guest, Accelerator accelerator);

}  // namespace mprogcheck::vm
