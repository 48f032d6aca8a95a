// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "base/fd.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

namespace mprogcheck {
namespace {

bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) >= 0;
}
Fd open_null() {
  return Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

TEST(fd, closes_what_it_owns) {
  int number = -1;
  {
    const Fd fd = open_null();
    number = fd.get();
    EXPECT_TRUE(is_open(number));
  }
  EXPECT_FALSE(is_open(number));
}

TEST(fd, ownership_moves) {
  Fd first = open_null();
  const int number = first.get();
  Fd second(std::move(first));
  EXPECT_EQ(second.get(), number);
  Fd third = open_null();
  const int replaced = third.get();
  third = std::move(second);
  EXPECT_FALSE(is_open(replaced));
  EXPECT_TRUE(is_open(number));
  const int released = third.release();
  EXPECT_FALSE(third);
  EXPECT_TRUE(is_open(released));
  ::close(released);
}

}  // namespace
}  // namespace mprogcheck
