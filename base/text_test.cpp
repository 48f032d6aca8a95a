// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "base/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
// The order matters: rapidcheck's gtest support wants gtest first.
#include <rapidcheck/gtest.h>

#include <nlohmann/json.hpp>

namespace mprogcheck {
namespace {

bool is_control(char c) {
  return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
}

TEST(printable, plain_text_stays) {
  EXPECT_EQ(printable_line("BUG: kernel NULL pointer dereference"), "BUG: kernel NULL pointer dereference");
  EXPECT_EQ(printable_line("naïve — 漢字 𝄞"), "naïve — 漢字 𝄞");
  EXPECT_EQ(printable_text("a\n\tb\n"), "a\n\tb\n");
}

TEST(printable, commands_of_a_terminal_go_as_a_whole) {
  EXPECT_EQ(printable_line("\x1b[2J\x1b[1;31mred\x1b[0m"), "red");
  EXPECT_EQ(printable_line("a\x1b]0;PWNED\x07z"), "az");
  EXPECT_EQ(printable_line("a\x1b]0;PWNED\x1b\\z"), "az");
  EXPECT_EQ(printable_line("a\x1b]never ends"), "anever ends");
  EXPECT_EQ(printable_line("a\x1b"), "a");
  EXPECT_EQ(printable_line("a\x1b[12"), "a12") << "what is no command is text";
}

TEST(printable, no_control_character_is_left) {
  EXPECT_EQ(printable_line("a\r\nb\tc\x07"), "a b c");
  EXPECT_EQ(printable_line("a\x7f"), "a");
  EXPECT_EQ(printable_line("a\xc2\x9b"
                           "31mb"),
            "a31mb")
      << "C1 as UTF-8";
  EXPECT_EQ(printable_line("a\x9b"
                           "31mb"),
            "a?31mb")
      << "C1 as a byte";
  EXPECT_EQ(printable_line("a\xe2\x80\xa8"
                           "b\xe2\x80\xae"
                           "c"),
            "abc")
      << "line separator, right-to-left override";
  EXPECT_EQ(printable_line(std::string_view("a\0b", 3)), "ab");
}

TEST(printable, what_is_no_utf8_is_marked) {
  EXPECT_EQ(printable_line("\xff\xc0\xaf"), "???");
  EXPECT_EQ(printable_line("\xed\xa0\x80"), "???") << "a surrogate";
  EXPECT_EQ(printable_line("a\xe2\x82"), "a??") << "cut off";
}

TEST(printable, a_line_is_cut) {
  const std::string line = printable_line("BUG: " + std::string(8 << 20, 'A'), 20);
  EXPECT_EQ(line, "BUG: AAAAAAAAAAAAAAA ... (8388613 bytes in all)");
  EXPECT_EQ(printable_line("aaé", 3), "aa ... (4 bytes in all)") << "not in the middle of a character";
}

TEST(printable, a_text_keeps_its_head_and_its_tail) {
  std::string lines;
  for (int i = 0; i < 1000; ++i) lines += std::to_string(i) + "\n";
  const std::string text = printable_text(lines, 100);
  EXPECT_TRUE(text.starts_with("0\n1\n2\n"));
  EXPECT_TRUE(text.ends_with("\n998\n999\n"));
  EXPECT_THAT(text, ::testing::HasSubstr("bytes are left out here"));
}

RC_GTEST_PROP(printable, anything_becomes_one_clean_line_of_utf8, (const std::string& raw)) {
  const std::string line = printable_line(raw, 50);
  RC_ASSERT(line.size() <= 100U);
  RC_ASSERT(std::none_of(line.begin(), line.end(), is_control));
  RC_ASSERT(printable_line(line, 200) == line);
  (void)nlohmann::json(line).dump();  // throws if it is no UTF-8
}

RC_GTEST_PROP(printable, anything_becomes_clean_text, (const std::string& raw)) {
  const std::string text = printable_text(raw, 50);
  RC_ASSERT(std::none_of(text.begin(), text.end(), [](char c) { return is_control(c) && c != '\n' && c != '\t'; }));
  (void)nlohmann::json(text).dump();
}

}  // namespace
}  // namespace mprogcheck
