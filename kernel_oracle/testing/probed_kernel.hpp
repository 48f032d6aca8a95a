// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "kernel_oracle/testing/kernel_quirks.hpp"
#include "kernel_oracle/testing/stock_kernel.hpp"
#include "oracle/needs.hpp"

namespace mprogcheck::testing {

/// For tests: the stock kernel, with the known wrong behaviours that it turned out to have.
class ProbedKernel : public StockKernel {
 protected:
  void SetUp() override {
    StockKernel::SetUp();
    if (oracle_ == nullptr) return;
    traits_ = quirks_of_kernel(*oracle_);
    ASSERT_EQ(oracle_->guests(), 1U) << "finding on " << oracle_->identity().release
                                     << ": one that is followed kills it";
  }

  /// What this kernel has all for: one whose modules the mirror has no more knows no qdisc.
  [[nodiscard]] std::vector<Job> runnable(std::vector<Job> jobs) const {
    std::erase_if(jobs, [this](const Job& job) { return !can_run(oracle_->identity(), job.sequence); });
    return jobs;
  }
  [[nodiscard]] model::Sequence runnable(model::Sequence sequence) const {
    std::erase_if(sequence.operations, [this](const model::Operation& operation) {
      return !can_run(oracle_->identity(), std::span(&operation, 1));
    });
    return sequence;
  }

  model::Traits traits_;
};

}  // namespace mprogcheck::testing
