// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "kernel_oracle/agent_connection.hpp"
#include "kernel_oracle/supervise.hpp"
#include "oracle/oracle.hpp"
#include "oracle/trial_needs.hpp"
#include "vm/machine.hpp"

namespace mprogcheck {

struct VmOracleConfig {
  vm::KernelImage kernel;
  std::string agent{};      ///< the agent's executable; empty: find_agent()
  std::string directory{};  ///< each machine gets a folder vmN in it, with its console.log, of which the last are kept
                            ///< (folders_kept); created if missing. Empty: a temporary one, removed with the oracle
  unsigned memory_mib = 192;
  std::optional<vm::Accelerator> accelerator{};
  std::chrono::milliseconds boot_deadline{60000};
  /// How long a guest may be silent while it has something to do. One that works says so every second; how long it may
  /// do that follows from this, and from what it was given (AgentBudget).
  std::chrono::milliseconds answer_deadline{10000};
  std::string command_line{};      ///< appended to the kernel's; for tests: accident_switch
  const Curfew* curfew = nullptr;  ///< when to leave a guest alone, whatever it does: an Error ends what was under way
  bool snapshots = true;           ///< false: every machine is booted, as for a confirmation that wants cold ones
};

/// A kernel in a VM, with the agent as its /init. A machine whose kernel is in doubt is never used again: after a
/// splat, an unclean world, a hang or a death the rest of the jobs runs in a new one. That is restored from a snapshot
/// of the first, taken when its agent was ready and had not run anything yet; where that cannot be done it is booted.
class VmOracle final : public Oracle, private AgentSource {
 public:
  /// So many machines' folders there are at most, whatever a kernel does: that of the first one, and of the last ones.
  static constexpr unsigned folders_kept = 17;

  /// Boots. A kernel without tcx is an Error of kind `skipped`.
  static Result<std::unique_ptr<VmOracle>> start(const VmOracleConfig& config);
  ~VmOracle() override;

  [[nodiscard]] const OracleIdentity& identity() const override { return identity_; }
  Result<void> run(std::span<const Job> jobs, RunSink& sink) override;
  [[nodiscard]] std::string console_tail(std::size_t lines) const override;
  [[nodiscard]] std::uint64_t guest_bytes() const override;

  /// The floor of the same jobs, measured in the guest.
  Result<wire::Bench> bench(std::span<const Job> jobs);

  /// Another oracle for the same kernel, which works beside this one and starts from the same snapshot; booted where
  /// there is none. `directory` as in VmOracleConfig. It may outlive this one, but not this one's directory.
  [[nodiscard]] Result<std::unique_ptr<VmOracle>> sibling(const std::string& directory) const;

  /// Goes on in a new machine, as if the kernel of this one were in doubt.
  Result<void> renew(Start how) override;
  Result<void> replace() { return renew(Start::quick); }
  [[nodiscard]] std::uint64_t guests() const override { return machines_; }

  /// From exec to the first byte, of the machine that was booted last.
  [[nodiscard]] double boot_seconds() const { return boot_seconds_; }
  /// What taking the snapshot has added to that; 0 if there is none.
  [[nodiscard]] double snapshot_seconds() const { return snapshot_seconds_; }
  /// From the wish for a new machine to the first answer of its agent, of the one that was restored last; 0 if none
  /// was.
  [[nodiscard]] double restore_seconds() const { return restore_seconds_; }
  /// Why machines are booted though they should be restored; empty if they are not.
  [[nodiscard]] const std::string& snapshot_trouble() const { return snapshot_trouble_; }
  /// For the user: which accelerator, and why.
  [[nodiscard]] const std::string& accelerator_line() const { return accelerator_line_; }
  /// The console of the machine that is running, or of the last one that died.
  [[nodiscard]] const std::string& console_path() const { return console_path_; }
  /// Where the time of all runs went, on this side of the wire.
  [[nodiscard]] AgentConnection::Times times() const;
  /// How many machines were booted, and how many restored.
  [[nodiscard]] unsigned boots() const { return boots_; }
  [[nodiscard]] unsigned restores() const { return restores_; }
  /// Of the machine that is running, or -1.
  [[nodiscard]] pid_t qemu_pid() const;

 private:
  struct Guest;
  explicit VmOracle(VmOracleConfig config);
  vm::MachineConfig next_machine() const;
  void adopt(vm::Machine machine);
  Result<void> make_directory();
  Result<void> boot();
  Result<void> boot_once();
  [[nodiscard]] Result<void> is_the_image(const std::string& release) const;
  Result<void> restore();
  void take_snapshot();
  void do_without_snapshots(std::string why);
  Result<AgentConnection*> agent() override;
  CrashReport discard(Run::Ending why) override;

  VmOracleConfig config_;
  bool own_directory_ = false;
  std::string initramfs_;
  std::unique_ptr<Guest> guest_;
  std::shared_ptr<const vm::Snapshot> snapshot_;  ///< shared with siblings
  std::string snapshot_trouble_;
  unsigned boots_ = 0, restores_ = 0, machines_ = 0;
  double boot_seconds_ = 0, snapshot_seconds_ = 0, restore_seconds_ = 0;
  unsigned devices_ = 0;
  OracleIdentity identity_;
  TrialNeeds trial_needs_;
  std::string accelerator_line_;
  std::string console_path_;
  std::string last_console_;  ///< of the machine that was discarded last
  AgentConnection::Times past_times_;
};

}  // namespace mprogcheck
