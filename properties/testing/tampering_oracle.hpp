// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <functional>
#include <utility>

#include "oracle/model_oracle.hpp"

namespace mprogcheck::properties {

/// What the honest model answers, and what a test makes of it.
class TamperingOracle final : public Oracle {
 public:
  using Tamper = std::function<void(const Job&, Run&)>;
  explicit TamperingOracle(Tamper tamper = {}) : tamper_(std::move(tamper)) {}

  [[nodiscard]] const OracleIdentity& identity() const override { return identity_; }
  Result<void> run(std::span<const Job> jobs, RunSink& sink) override {
    ++calls;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      ++runs;
      Run run = record(jobs[i]);
      if (tamper_) tamper_(jobs[i], run);
      sink.take(i, run);
    }
    return {};
  }

  /// The honest run of one job.
  static Run record(const Job& job) {
    struct Kept final : RunSink {
      Run kept;
      void take(std::size_t /*job*/, Run& run) override { kept = std::move(run); }
    } sink;
    ModelOracle honest(job.traits);
    static_cast<void>(honest.run({&job, 1}, sink));
    return std::move(sink.kept);
  }

  int calls = 0, runs = 0;

 private:
  Tamper tamper_;
  OracleIdentity identity_{.source = "model", .release = {}, .accelerator = "none", .features = {}};
};

}  // namespace mprogcheck::properties
