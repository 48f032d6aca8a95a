// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "base/digest.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace mprogcheck {
namespace {

TEST(digest, is_fnv_1a) {  // the published test vectors: findings of one machine must match those of another
  EXPECT_EQ(Digest().value(), 0xcbf29ce484222325ULL);
  EXPECT_EQ(Digest().add(std::string_view("a")).value(), 0xaf63dc4c8601ec8cULL);
  EXPECT_EQ(Digest().add(std::string_view("foobar")).value(), 0x85944171f73967e8ULL);
}

RC_GTEST_PROP(digest, does_not_depend_on_how_the_input_is_cut, (const std::string& first, const std::string& second)) {
  RC_ASSERT(Digest().add(first).add(second).value() == Digest().add(first + second).value());
}

}  // namespace
}  // namespace mprogcheck
