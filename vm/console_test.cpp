// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vm/console.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace mprogcheck::vm {
namespace {

using ::testing::EndsWith;
using ::testing::SizeIs;
using ::testing::StartsWith;

TEST(console, last_lines_are_clean) {
  EXPECT_EQ(last_lines("", 3), "");
  constexpr std::string_view raw = "\x1b[2J\x1b[1;1HSeaBIOS\r\nfirst\r\n\r\nlast\r\n\r\n";
  EXPECT_EQ(last_lines(raw, 0), "");
  EXPECT_EQ(last_lines(raw, 1), "last");
  EXPECT_EQ(last_lines(raw, 3), "first\n\nlast");
  EXPECT_EQ(last_lines(raw, 100), "SeaBIOS\nfirst\n\nlast");
}

TEST(console, nothing_in_it_is_for_a_terminal) {
  for (const auto* raw : {"a\x1b]0;title\az", "a\x1b[31mz", "a\u009bz", "a\x7fz", "a\bz", "a\rz"})
    EXPECT_EQ(last_lines(raw, 1), "az");
  EXPECT_EQ(last_lines("a\x9bz", 1), "a?z");
}

TEST(console, a_long_line_is_cut) {
  const auto last = last_lines("first\n" + std::string(100'000, 'A') + "\nlast", 10);
  EXPECT_THAT(last, StartsWith("first\nAAAA"));
  EXPECT_THAT(last, EndsWith(" ... (100000 bytes in all)\nlast"));
  EXPECT_LT(last.size(), 1000U);
}

TEST(console, a_panic_tells_its_reason) {
  EXPECT_EQ(panic_reason("[ 1.0] Kernel panic - not syncing: Attempted to kill init!\r\n[ 1.0] CPU: 0"),
            "Attempted to kill init!");
  EXPECT_EQ(panic_reason("all is well"), "");
  EXPECT_EQ(panic_reason("Kernel panic - not syncing: a\x1b[2Jz"), "az");
  EXPECT_LT(panic_reason("Kernel panic - not syncing: " + std::string(100'000, 'A')).size(), 400U);
}

}  // namespace
}  // namespace mprogcheck::vm
