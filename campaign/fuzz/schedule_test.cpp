// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/fuzz/schedule.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace mprogcheck {
namespace {

// The time is up while one worker waits for the results of a batch that comes first, and another is about to run that
// batch. Both may have paused for a finding.
TEST(schedule, who_waits_for_a_batch_is_woken_when_that_will_not_be_run) {
  std::atomic<bool> over{false};
  Schedule schedule({.first = 0, .end = {}, .batch = 1, .workers = 2, .over = [&over] { return over.load(); }});
  for (std::uint64_t n = 0; n < 2 * Schedule::batches_ahead; ++n) ASSERT_EQ(schedule.claim().second, 1U);
  auto waits = std::async(std::launch::async, [&schedule] { return schedule.claim().second; });
  over = true;
  EXPECT_FALSE(schedule.enter());
  EXPECT_EQ(waits.get(), 0U);
}

}  // namespace
}  // namespace mprogcheck
