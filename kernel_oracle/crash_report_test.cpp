// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/crash_report.hpp"

#include <gtest/gtest.h>

namespace mprogcheck {
namespace {

TEST(CrashReport, QuietConsoleTellsNothing) {
  const auto report = read_crash("[    0.1] Linux version 6.12\r\n[    0.2] netkit: up\r\n");
  EXPECT_EQ(report.splat, "");
  EXPECT_FALSE(report.job);
}

TEST(CrashReport, FirstSplatAndTheTaskThatDied) {
  const auto report = read_crash(
      "[    3.100000] some driver: Comm: 99 is not yet\r\n"
      "[    3.200000] BUG: kernel NULL pointer dereference, address: 0000000000000018\r\n"
      "[    3.200001] Oops: Oops: 0000 [#1] PREEMPT SMP NOPTI\r\n"
      "[    3.200002] CPU: 0 UID: 0 PID: 1 Comm: 17.3 Not tainted 6.12.107 #1\r\n"
      "[    3.300000] CPU: 0 UID: 0 PID: 1 Comm: 18 Tainted: G\r\n");
  EXPECT_EQ(report.splat, "BUG: kernel NULL pointer dereference, address: 0000000000000018");
  ASSERT_TRUE(report.job);
  EXPECT_EQ(*report.job, 17U);
  ASSERT_TRUE(report.step);
  EXPECT_EQ(*report.step, 3U);
}

TEST(CrashReport, ATaskThatIsNotTheAgentNamesNoJob) {
  const auto report =
      read_crash("[    3.2] WARNING: CPU: 0 PID: 12 at x.c:1\n[    3.2] CPU: 0 PID: 12 Comm: 3kworker Not tainted\n");
  EXPECT_NE(report.splat, "");
  EXPECT_FALSE(report.job);
}

TEST(CrashReport, CutOffInTheMiddleOfALine) {
  const auto report = read_crash("[    3.2] Kernel panic - not syncing: x\n[    3.2] CPU: 0 PID: 1 Comm: 4");
  EXPECT_EQ(report.splat, "Kernel panic - not syncing: x");
  ASSERT_TRUE(report.job);
  EXPECT_EQ(*report.job, 4U);
  // 17.3 or 17.31: nobody can tell any more.
  const auto cut = read_crash("[    3.2] Kernel panic - not syncing: x\n[    3.2] CPU: 0 PID: 1 Comm: 17.3");
  ASSERT_TRUE(cut.job);
  EXPECT_EQ(*cut.job, 17U);
  EXPECT_FALSE(cut.step);
}

/// A guest chooses its lines, and must not choose our time: each of these took minutes when the time was quadratic in
/// them.
TEST(CrashReport, LongLinesAreReadInNoTime) {
  for (const std::string_view half : {"INFO: task ", "watchdog: BUG: ", "rcu: INFO: ", "BUG: ", "Comm: ", "["}) {
    std::string line;
    while (line.size() < 2'000'000) line += half;
    const auto report = read_crash("[    3.2] " + line + "\n[    3.3] " + line + "\n");
    EXPECT_LE(report.splat.size(), 250U) << half;
  }
}

TEST(CrashReport, ATitleIsShort) {
  const auto report = read_crash("[    3.2] BUG: " + std::string(8'000'000, 'A') + "\n[    3.2]  " +
                                 std::string(8'000'000, 'f') + "+0x1/0x2\n");
  EXPECT_TRUE(report.splat.starts_with("BUG: AAAA"));
  EXPECT_LE(report.splat.size(), 400U);
  std::string umlauts = "BUG: a";
  while (umlauts.size() < 400) umlauts += "\xc3\xa4";
  const auto cut = read_crash(umlauts);
  EXPECT_TRUE(cut.splat.ends_with("\xc3\xa4")) << "no half character";
  EXPECT_LE(cut.splat.size(), 250U);
}

TEST(CrashReport, ATitleIsNothingForATerminal) {
  const auto report = read_crash(
      "[    3.2] BUG: a\x1b[31m\x1b]0;title\a\xc2\x9b"
      "5m\x7f\rz\n");
  EXPECT_EQ(report.splat, "BUG: a5mz");
}

}  // namespace
}  // namespace mprogcheck
