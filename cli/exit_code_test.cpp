// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "cli/exit_code.hpp"

#include <gtest/gtest.h>

namespace mprogcheck::cli {
namespace {

TEST(exit_code, a_divergence_beats_infrastructure_beats_a_skip) {
  using enum ExitCode;
  EXPECT_EQ(combine(divergence, infrastructure), divergence);
  EXPECT_EQ(combine(skipped, infrastructure), infrastructure);
  EXPECT_EQ(combine(skipped, divergence), divergence);
  EXPECT_EQ(combine(held, skipped), skipped);
  EXPECT_EQ(combine(held, held), held);
}

}  // namespace
}  // namespace mprogcheck::cli
