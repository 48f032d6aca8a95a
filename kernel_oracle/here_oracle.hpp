// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/process.hpp"
#include "kernel_oracle/agent_connection.hpp"
#include "kernel_oracle/supervise.hpp"
#include "oracle/oracle.hpp"
#include "oracle/trial_needs.hpp"

namespace mprogcheck {

struct HereOracleConfig {
  std::string agent{};  ///< the agent's executable; empty: find_agent()
  std::chrono::milliseconds answer_deadline{20000};
  const Curfew* curfew = nullptr;  ///< when to leave an agent alone, whatever it does
};

/// The kernel that is running: the agent is a child process in a network namespace of its own. For machines that are
/// there to be broken; whoever starts this has asked the user. Needs root.
class HereOracle final : public Oracle, private AgentSource {
 public:
  static Result<std::unique_ptr<HereOracle>> start(const HereOracleConfig& config);
  ~HereOracle() override;

  [[nodiscard]] const OracleIdentity& identity() const override { return identity_; }
  Result<void> run(std::span<const Job> jobs, RunSink& sink) override;
  Result<wire::Bench> bench(std::span<const Job> jobs);
  /// A new agent in a new network namespace. The kernel stays.
  Result<void> renew(Start how) override;
  [[nodiscard]] bool is_disposable() const override { return false; }
  [[nodiscard]] std::uint64_t guests() const override { return launches_; }

 private:
  explicit HereOracle(HereOracleConfig config) : config_(std::move(config)) {}
  Result<void> launch();
  Result<AgentConnection*> agent() override;
  CrashReport discard(Run::Ending why) override;

  HereOracleConfig config_;
  Fd socket_;
  std::optional<Process> process_;
  std::optional<AgentConnection> connection_;
  unsigned devices_ = 0;
  std::uint64_t launches_ = 0;
  OracleIdentity identity_;
  TrialNeeds trial_needs_;
};

}  // namespace mprogcheck
