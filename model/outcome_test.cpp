// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/outcome.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <set>

namespace mprogcheck::model {
namespace {

TEST(outcome, of_success_is_ok) {
  EXPECT_EQ(to_string(success), "ok");
}

TEST(outcome, of_an_errno_without_a_name_is_its_number) {
  EXPECT_EQ(to_string(Outcome{4095}), "-errno 4095");
}

/// The model includes no kernel header: this is where its numbers are held to the machine's.
TEST(outcome, has_the_numbers_and_names_of_linux) {
  for (const Outcome outcome : {eperm, enoent, e2big, ebadf, enomem, eacces, ebusy, eexist, enodev, einval, enospc,
                                erange, enolink, eopnotsupp, estale, emfile})
    EXPECT_EQ(to_string(outcome), std::string("-") + strerrorname_np(outcome.error));
}

}  // namespace
}  // namespace mprogcheck::model
