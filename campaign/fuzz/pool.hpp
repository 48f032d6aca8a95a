// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "oracle/oracle.hpp"

namespace mprogcheck {

/// Makes the oracle for worker 0, 1, … Called for one after the other, worker 0 first.
using OracleFactory = std::function<Result<std::unique_ptr<Oracle>>(unsigned worker)>;

/// Oracles for the same kernel that work side by side, and are one oracle to whoever does not care: jobs are spread
/// over them, and their runs come back in order.
class Pool final : public Oracle {
 public:
  /// At least one oracle. An Error is the factory's.
  static Result<std::unique_ptr<Pool>> start(unsigned jobs, const OracleFactory& make_oracle);
  explicit Pool(std::vector<std::unique_ptr<Oracle>> oracles) : oracles_(std::move(oracles)) {}

  [[nodiscard]] std::size_t size() const { return oracles_.size(); }
  [[nodiscard]] Oracle& at(std::size_t worker) const { return *oracles_[worker]; }

  /// Calls `task(oracle, i)` for each i below `count`, as many at a time as there are oracles. The Error of the lowest
  /// i that has one; those above it may not have been called then.
  Result<void> spread(std::size_t count, const std::function<Result<void>(Oracle&, std::size_t)>& task) const;

  [[nodiscard]] const OracleIdentity& identity() const override { return oracles_.front()->identity(); }
  Result<void> run(std::span<const Job> jobs, RunSink& sink) override;
  Result<void> renew(Start how) override;
  [[nodiscard]] bool is_disposable() const override { return at(0).is_disposable(); }
  [[nodiscard]] std::uint64_t guests() const override;
  [[nodiscard]] std::string console_tail(std::size_t lines) const override { return at(0).console_tail(lines); }
  [[nodiscard]] std::uint64_t guest_bytes() const override;

 private:
  std::vector<std::unique_ptr<Oracle>> oracles_;
};

}  // namespace mprogcheck
