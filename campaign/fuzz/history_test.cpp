// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/fuzz/history.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <numeric>

namespace mprogcheck {
namespace {

using Ranges = History::Ranges;

TEST(history, is_what_the_guest_has_run_before_the_sequence) {
  History history;
  history.add(1, 0, 256);
  EXPECT_EQ(history.before(0), Ranges{});
  EXPECT_EQ(history.before(3), (Ranges{{0, 3}}));
  history.add(1, 512, 256);
  EXPECT_EQ(history.before(512), (Ranges{{0, 256}}));
  EXPECT_EQ(history.before(520), (Ranges{{0, 256}, {512, 8}}));
}

TEST(history, begins_anew_with_the_guest) {
  History history;
  history.add(1, 0, 256);
  history.add(2, 256, 256);
  EXPECT_EQ(history.before(258), (Ranges{{256, 2}}));
  history.renewed(3);  // within the last batch, nobody knows where
  history.add(3, 512, 256);
  EXPECT_EQ(history.before(512), (Ranges{{256, 256}}));
}

RC_GTEST_PROP(history, keeps_the_latest_and_no_more_than_are_worth_running, ()) {
  const auto counts = *rc::gen::container<std::vector<std::uint64_t>>(rc::gen::inRange<std::uint64_t>(1, 700));
  History history;
  std::vector<std::uint64_t> all;  // numbers, in the order in which they ran
  std::uint64_t first = 0;
  for (const std::uint64_t count : counts) {
    history.add(1, first, count);
    const std::uint64_t index = first + count / 2;
    auto expected = all;
    for (std::uint64_t i = first; i < index; ++i) expected.push_back(i);
    if (expected.size() > History::longest)
      expected.erase(expected.begin(), expected.end() - static_cast<std::ptrdiff_t>(History::longest));
    std::vector<std::uint64_t> kept;
    for (const auto& [begin, length] : history.before(index))
      for (std::uint64_t i = begin; i < begin + length; ++i) kept.push_back(i);
    RC_ASSERT(kept == expected);
    for (std::uint64_t i = first; i < first + count; ++i) all.push_back(i);
    first += count + 10;
  }
}

}  // namespace
}  // namespace mprogcheck
