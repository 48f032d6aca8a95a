// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/guest/raw_view.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace mprogcheck::guest {
namespace {

/// What a kernel that does `writes` entries of a list of `count` leaves behind.
RawView answer_of(std::uint32_t asked, std::uint32_t count, std::uint32_t writes) {
  RawView view{};
  view.poison_arrays();
  for (std::uint32_t i = 0; i < writes; ++i) {
    view.programs[i] = i + 1;
    view.links[i] = 0;
  }
  view.take(count > asked ? -ENOSPC : 0, asked, count, 0, 7);
  return view;
}

// The promise is kept by the number of entries that were promised, and by no other.
RC_GTEST_PROP(RawView, OnlyWhatWasPromisedIsWritten, ()) {
  const auto asked = *rc::gen::inRange<std::uint32_t>(0, RawView::room + 1);
  const auto count = *rc::gen::inRange<std::uint32_t>(0, RawView::room + 1);
  const auto writes = *rc::gen::oneOf(rc::gen::just(std::min(asked, count)),
                                      rc::gen::inRange<std::uint32_t>(0, RawView::room + RawView::spare + 1));
  const auto view = answer_of(asked, count, writes);
  RC_ASSERT(view.length == std::min(asked, count));
  RC_ASSERT(view.keeps_promise(true) == (writes == view.length));
}

// One slot, in either array, anywhere.
RC_GTEST_PROP(RawView, OneWrongSlotBreaksIt, ()) {
  const auto count = *rc::gen::inRange<std::uint32_t>(0, RawView::room + 1);
  auto view = answer_of(RawView::room, count, count);
  RC_ASSERT(view.keeps_promise(true));
  auto& array = *rc::gen::arbitrary<bool>() ? view.programs : view.links;
  auto& slot = array[*rc::gen::inRange<std::uint32_t>(0, RawView::room + RawView::spare)];
  slot = slot == poison ? 0 : poison;
  RC_ASSERT(!view.keeps_promise(true));
}

TEST(RawView, AFailedQueryPromisesNothing) {
  RawView view{};
  view.poison_arrays();
  view.take(-EINVAL, 64, 5, 0, 9);
  EXPECT_EQ(view.error, EINVAL);
  EXPECT_EQ(view.count, 0U);
  EXPECT_EQ(view.length, 0U);
  EXPECT_EQ(view.revision, 0U);
  EXPECT_TRUE(view.keeps_promise(true));
  view.programs[0] = 1;
  EXPECT_FALSE(view.keeps_promise(true));
}

}  // namespace
}  // namespace mprogcheck::guest
