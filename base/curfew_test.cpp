// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "base/curfew.hpp"

#include <gtest/gtest.h>

namespace mprogcheck {
namespace {

using namespace std::chrono_literals;

constexpr Curfew::Clock::time_point noon{1h};

TEST(curfew, none_unless_it_is_set) {
  EXPECT_FALSE(Curfew().is_over(Curfew::Clock::time_point::max() - 1ns));
}

TEST(curfew, is_over_at_its_time) {
  Curfew curfew;
  curfew.set(noon);
  EXPECT_FALSE(curfew.is_over(noon - 1ns));
  EXPECT_TRUE(curfew.is_over(noon));
  EXPECT_STREQ(curfew.why(), "the time was up");
  curfew.set(noon + 1s);
  EXPECT_FALSE(curfew.is_over(noon));
  curfew.lift();
  EXPECT_FALSE(curfew.is_over(noon + 1h));
}

TEST(curfew, a_signal_leaves_a_grace) {
  std::atomic<bool> signal{false};
  const Curfew curfew(&signal);
  EXPECT_FALSE(curfew.is_over(noon));
  signal = true;
  EXPECT_FALSE(curfew.is_over(noon + 1s)) << "seen now";
  EXPECT_FALSE(curfew.is_over(noon + 1s + Curfew::grace - 1ns));
  EXPECT_TRUE(curfew.is_over(noon + 1s + Curfew::grace));
  EXPECT_STREQ(curfew.why(), "interrupted");
}

}  // namespace
}  // namespace mprogcheck
