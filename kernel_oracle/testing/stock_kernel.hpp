// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "kernel_oracle/vm_oracle.hpp"
#include "vm/testing/stock_kernel.hpp"

namespace mprogcheck::testing {

/// For tests: a VM with the stock kernel, started for each test; without the kernel they are skipped. Who has a SetUp()
/// of his own calls this one first, and goes on only if there is an oracle_.
class StockKernel : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto kernel = find_stock_kernel();
    if (!kernel) GTEST_SKIP() << kernel.error().message;
    config_.kernel = *kernel;
    auto started = VmOracle::start(config_);
    ASSERT_TRUE(started) << started.error().message;
    oracle_ = std::move(*started);
  }

  VmOracleConfig config_{};
  std::unique_ptr<VmOracle> oracle_;
};

}  // namespace mprogcheck::testing
