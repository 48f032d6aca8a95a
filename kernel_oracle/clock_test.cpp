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

unsigned looks_in_vain(Patience& patience) {
  unsigned looks = 0;
  EXPECT_FALSE(patience.await([&] {
    ++looks;
    return false;
  }));
  return looks;
}

TEST(Patience, IsLostWithWhatDoesNotComeUntilItIsRenewed) {
  Patience none(0), patience(20'000'000);
  const unsigned least = looks_in_vain(none);
  // A machine that is held up finds the deadline over at once, but not every time.
  const auto waits = [&] {
    for (unsigned times = 0; times < 100; ++times, patience.renew())
      if (looks_in_vain(patience) > least) return true;
    return false;
  };
  EXPECT_TRUE(waits());
  EXPECT_EQ(looks_in_vain(patience), least);
  EXPECT_TRUE(patience.await([] { return true; }));
  patience.renew();
  EXPECT_TRUE(waits());
}

}  // namespace
}  // namespace mprogcheck::guest
