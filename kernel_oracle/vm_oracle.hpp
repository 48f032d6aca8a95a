// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "kernel_oracle/agent_connection.hpp"
#include "kernel_oracle/oracle.hpp"
#include "kernel_oracle/supervise.hpp"
#include "vm/machine.hpp"

namespace mprogcheck {

struct VmOracleConfig {
  vm::KernelImage kernel;
  std::string agent{};      ///< the agent's executable; empty: find_agent()
  std::string directory{};  ///< each machine gets a folder vmN in it, with its console.log; created if missing. Empty:
                            ///< a temporary one, removed with the oracle
  unsigned memory_mib = 192;
  std::optional<vm::Accelerator> accelerator{};
  std::chrono::milliseconds boot_deadline{60000};
  std::chrono::milliseconds answer_deadline{20000};  ///< how long a guest may be silent while it has something to do
};

/// A kernel in a VM, with the agent as its /init. A machine whose kernel is in doubt is never used again: after a
/// splat, an unclean world, a hang or a death the rest of the jobs runs in a new one.
class VmOracle final : public Oracle, private AgentSource {
 public:
  /// Boots. A kernel without tcx is an Error of kind `skipped`.
  static Result<std::unique_ptr<VmOracle>> start(const VmOracleConfig& config);
  ~VmOracle() override;

  [[nodiscard]] const OracleIdentity& identity() const override { return identity_; }
  Result<void> run(std::span<const Job> jobs, RunSink& sink) override;
  [[nodiscard]] std::string console_tail(std::size_t lines) const override;
  [[nodiscard]] std::uint64_t guest_bytes() const override;

  /// The floor of the same jobs, measured in the guest.
  Result<wire::Bench> bench(std::span<const Job> jobs);

  /// From exec to the first byte, of the machine that is running.
  [[nodiscard]] double boot_seconds() const;
  /// For the user: which accelerator, and why.
  [[nodiscard]] const std::string& accelerator_line() const { return accelerator_line_; }
  /// The console of the machine that is running, or of the last one that died.
  [[nodiscard]] const std::string& console_path() const { return console_path_; }
  /// Where the time of all runs went, on this side of the wire.
  [[nodiscard]] AgentConnection::Times times() const;
  /// How many machines were booted.
  [[nodiscard]] unsigned boots() const { return boots_; }
  /// Of the machine that is running, or -1.
  [[nodiscard]] pid_t qemu_pid() const;

 private:
  struct Guest;
  explicit VmOracle(VmOracleConfig config);
  Result<void> boot();
  Result<AgentConnection*> agent() override;
  CrashReport discard() override;

  VmOracleConfig config_;
  bool own_directory_ = false;
  std::string initramfs_;
  std::unique_ptr<Guest> guest_;
  unsigned boots_ = 0;
  unsigned devices_ = 0;
  OracleIdentity identity_;
  std::string accelerator_line_;
  std::string console_path_;
  std::string last_console_;  ///< of the machine that was discarded last
  AgentConnection::Times past_times_;
};

}  // namespace mprogcheck
