// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/guest/clock.hpp"

#include <gtest/gtest.h>

namespace mprogcheck::guest {
namespace {

TEST(Await, LooksAgainAfterADeadlineThatPassedUnnoticed) {
  unsigned looks = 0;
  EXPECT_TRUE(await(0, [&] { return ++looks == 3; }));
  EXPECT_EQ(looks, 3U);
}

TEST(Await, GivesUp) {
  EXPECT_FALSE(await(0, [] { return false; }));
}

}  // namespace
}  // namespace mprogcheck::guest
