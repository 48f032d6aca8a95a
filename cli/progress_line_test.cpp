// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "cli/progress_line.hpp"

#include <gtest/gtest.h>

namespace mprogcheck::cli {
namespace {

TEST(ProgressLine, says_of_a_finding_that_never_came_back_that_it_was_not_seen_again) {
  Finding finding;
  finding.runs = 4;
  finding.label = Label::flaky;
  EXPECT_EQ(how_sure_of(finding), "not seen again, 0/4");
  finding.confirmed = 1;
  EXPECT_EQ(how_sure_of(finding), "flaky 1/4");
  finding.confirmed = 4;
  finding.label = Label::reproducible;
  EXPECT_EQ(how_sure_of(finding), "reproducible (4 of 4)");
}

}  // namespace
}  // namespace mprogcheck::cli
