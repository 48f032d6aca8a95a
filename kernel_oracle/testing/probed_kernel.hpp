// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include "kernel_oracle/testing/kernel_quirks.hpp"
#include "kernel_oracle/testing/stock_kernel.hpp"

namespace mprogcheck::testing {

/// For tests: the stock kernel, with the known wrong behaviours that it turned out to have.
class ProbedKernel : public StockKernel {
 protected:
  void SetUp() override {
    StockKernel::SetUp();
    if (oracle_ == nullptr) return;
    quirks_ = quirks_of_kernel(*oracle_);
    ASSERT_EQ(oracle_->guests(), 1U) << "finding on " << oracle_->identity().release
                                     << ": one that is followed kills it";
  }

  model::Quirks quirks_;
};

}  // namespace mprogcheck::testing
