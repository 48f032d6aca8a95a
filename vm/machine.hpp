// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/curfew.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"
#include "vm/accelerator.hpp"
#include "vm/kernel.hpp"

namespace mprogcheck::vm {

struct MachineConfig {
  KernelImage kernel;
  std::string initramfs;     ///< path of the cpio archive
  std::string directory;     ///< console.log and qemu.log go here; created if missing
  std::string command_line;  ///< appended to the kernel's
  unsigned memory_mib = 192;
  std::optional<Accelerator> accelerator;          ///< none: the one that really boots here, remembered
  std::chrono::milliseconds boot_deadline{60000};  ///< from exec until the guest says something
  const Curfew* curfew = nullptr;                  ///< when to give up waiting for it and for QEMU, whatever they do
};

/// The line to the agent that the guest chose by speaking first on it.
enum class ChannelKind { virtio_serial, second_serial };

/// A guest as it was at one moment. Any number of machines can be restored from it, one after the other or at once.
/// Its file has no name and is gone with this process, however that ends.
struct Snapshot {
  Fd file;
  std::string qemu, kernel;  ///< paths: only the same program with the same image understands the file
  Accelerator accelerator = Accelerator::tcg;
  ChannelKind channel = ChannelKind::virtio_serial;
  std::string accelerator_line;
  /// What the file occupies: about as much as the guest has touched of its memory.
  [[nodiscard]] std::uint64_t bytes() const;
};

/// A running guest: one vCPU, a console, and a byte stream to whatever runs as its /init.
///
/// In the guest the stream is the virtio-serial port named "agent" (/dev/vport0p1), or the second serial port
/// (/dev/ttyS1) where the kernel has no virtio console. The guest speaks first, on one of them.
///
/// QEMU ends with the Machine, and with this process however that ends. Nothing but the two logs is left on disk: of
/// each the head and the tail, 1.5 MiB at most.
class Machine {
 public:
  /// Returns as soon as the first byte of the guest can be read from channel(). An Error says in one line why that did
  /// not happen; console.log is kept.
  static Result<Machine> boot(const MachineConfig& config);
  /// A machine whose guest goes on where the snapshot was taken; the configuration must be the same but for the
  /// directory. Returns when it runs. It says nothing of its own accord: it has introduced itself before. What it knows
  /// of time and chance is what it knew then, and every other machine from this snapshot knows the same.
  static Result<Machine> restore(const MachineConfig& config, const Snapshot& snapshot);

  /// Saves the guest to a file without a name on the disk that `directory` is on. The guest must be waiting for us,
  /// with nothing under way on the channel: those bytes would be lost to whoever is restored. It runs on afterwards,
  /// also after an Error (that QEMU is gone excepted).
  Result<Snapshot> snapshot(const std::string& directory);

  Machine(Machine&&) noexcept;
  Machine& operator=(Machine&&) noexcept;
  ~Machine();

  /// A stream socket, blocking, owned by the Machine. End of file: QEMU is gone.
  [[nodiscard]] int channel() const;
  [[nodiscard]] ChannelKind channel_kind() const;
  /// Readable as soon as QEMU has ended: for poll() beside channel().
  [[nodiscard]] int pidfd() const;
  [[nodiscard]] pid_t pid() const;
  [[nodiscard]] bool alive() const;

  [[nodiscard]] Accelerator accelerator() const;
  /// For the user: "accelerator: tcg (/dev/kvm opens but did not boot the kernel)".
  [[nodiscard]] const std::string& accelerator_line() const;
  /// From exec of QEMU to the first byte; of a restored machine, until it ran.
  [[nodiscard]] double boot_seconds() const;
  /// What QEMU occupies now, guest memory it touched included; 0 when it is gone.
  [[nodiscard]] std::uint64_t resident_bytes() const;

  [[nodiscard]] const std::string& console_path() const;
  /// How much the console has said, in bytes; and what it has said after so many of them, as far as it is kept.
  [[nodiscard]] std::uint64_t console_size() const;
  [[nodiscard]] std::string console_since(std::uint64_t position) const;
  /// The last lines of the console as text, for a report.
  [[nodiscard]] std::string console_tail(std::size_t lines) const;

  /// Ends QEMU: asked first, killed if it does not listen. The logs stay.
  void stop();
  /// The same at once, for a guest of which nothing good is to be expected.
  void kill();
  /// For a guest that hangs: has its kernel panic by an NMI, so that the console tells what it was doing. True if QEMU
  /// ended of it within the time; else nothing is known, and it may still run.
  bool panic_guest(std::chrono::milliseconds timeout);

 private:
  struct State;
  explicit Machine(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace mprogcheck::vm
