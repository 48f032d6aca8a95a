// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <poll.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "base/process.hpp"
#include "vm/log_reader.hpp"
#include "vm/machine.hpp"
#include "vm/qmp.hpp"

namespace mprogcheck::vm {

/// One QEMU on its way from exec to the guest's first byte.
class BootAttempt {
 public:
  using Clock = std::chrono::steady_clock;

  /// Logs go to `directory`/console`suffix`.log and qemu`suffix`.log, whose head and tail are kept. With `incoming`, a
  /// file that holds a saved guest, QEMU goes on with that one once it is told to.
  static Result<BootAttempt> start(const MachineConfig& config, const std::string& kernel, const std::string& qemu,
                                   Accelerator accelerator, const std::string& suffix, int incoming = -1);

  /// What poll() should wait for: both channels and the end of the process.
  [[nodiscard]] std::array<pollfd, 3> events() const;
  /// The channel the guest has spoken on, if it has.
  [[nodiscard]] std::optional<ChannelKind> first_word() const;
  [[nodiscard]] bool ended() { return process.wait(std::chrono::milliseconds(0)).has_value(); }
  /// Why it ended, or why it is given up on, in one line.
  [[nodiscard]] std::string why_not(const MachineConfig& config, bool timed_out);

  /// The pipes of `logs`: what the guest's console says, and what QEMU itself has to say.
  enum Log : std::size_t { of_console, of_qemu };

  std::unique_ptr<LogReader> logs;  ///< reads on until the process is gone
  Process process;
  Fd virtio, serial;  ///< our ends
  Qmp qmp;
  Accelerator accelerator;
  std::string console, log;  ///< paths
  Clock::time_point started;
};

}  // namespace mprogcheck::vm
