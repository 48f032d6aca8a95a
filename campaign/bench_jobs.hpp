// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "campaign/fuzz/fuzz.hpp"
#include "kernel_oracle/vm_oracle.hpp"

namespace mprogcheck {

/// What several VMs side by side are worth against one.
struct JobsBench {
  unsigned jobs = 1;
  double operations_per_second = 0;
  double ratio = 0;  ///< to one VM, measured in turn with it
  /// The same for each second of processor time that the VMs got: what is below 1 was lost by working side by side, and
  /// not to the neighbours on the machine.
  double per_core_ratio = 0;
  /// Cores in use while they worked, on average: 2 is all that a machine with two has.
  double harness_cores = 0, guest_cores = 0;
};

/// An oracle that belongs to somebody else: a campaign's own are destroyed with it.
class Lent final : public Oracle {
 public:
  explicit Lent(Oracle& oracle) : oracle_(oracle) {}
  [[nodiscard]] const OracleIdentity& identity() const override { return oracle_.identity(); }
  Result<void> run(std::span<const Job> jobs, RunSink& sink) override { return oracle_.run(jobs, sink); }
  Result<void> renew(Start how) override { return oracle_.renew(how); }
  [[nodiscard]] std::uint64_t guests() const override { return oracle_.guests(); }
  [[nodiscard]] std::string console_tail(std::size_t lines) const override { return oracle_.console_tail(lines); }

 private:
  Oracle& oracle_;
};

/// Measures campaigns with one VM and with several, in turn, so that both meet the same neighbours on the machine.
class JobsMeter {
 public:
  /// `first` is one of the several; the others start from its snapshot, in folders of `directory`.
  static Result<JobsMeter> start(VmOracle& first, unsigned jobs, const std::string& directory);
  /// One campaign of each kind.
  Result<void> measure(const FuzzOptions& campaign);
  [[nodiscard]] JobsBench result() const;

 private:
  struct Used {
    double operations = 0, seconds = 0, harness = 0, guests = 0;  ///< the last two: seconds of processors
  };
  explicit JobsMeter(VmOracle& first) : oracles_{&first} {}
  Result<void> run(FuzzOptions campaign, unsigned jobs, Used& used);

  std::vector<VmOracle*> oracles_;
  std::vector<std::unique_ptr<VmOracle>> siblings_;
  Used one_, all_;
};

}  // namespace mprogcheck
