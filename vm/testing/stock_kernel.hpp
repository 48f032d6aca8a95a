// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdlib>
#include <string>

#include "vm/kernel.hpp"

namespace mprogcheck::testing {

/// What tests call the stock kernel: whatever MPROGCHECK_TEST_KERNEL names, as --kernel takes it; the suite's newest
/// otherwise. No test knows by heart what it does wrong, or lacks.
inline std::string stock_kernel() {
  const char* const named = std::getenv("MPROGCHECK_TEST_KERNEL");
  return named != nullptr && *named != '\0' ? named : "debian:trixie";
}

/// It, if it has been fetched; an Error says what to do otherwise.
inline Result<vm::KernelImage> find_stock_kernel() {
  return vm::find_kernel(stock_kernel());
}

}  // namespace mprogcheck::testing
