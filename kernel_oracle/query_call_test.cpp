// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/guest/query_call.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cerrno>
#include <cstring>

namespace mprogcheck::guest {
namespace {

using wire::Breach;

model::Query query_of(std::uint16_t size, std::uint32_t count = 64, std::uint8_t without = 0) {
  return {.count = count, .without = without, .size = size};
}

std::uint32_t* slots(std::uint64_t pointer) {
  return reinterpret_cast<std::uint32_t*>(static_cast<std::uintptr_t>(pointer));
}

/// What a kernel writes that keeps every promise, of a list of `entries`.
int answer(QueryCall& call, std::uint32_t entries, std::uint64_t revision) {
  union bpf_attr whole {};
  std::memcpy(&whole, call.attr(), std::min<std::size_t>(call.size(), sizeof whole));
  auto& query = call.attr()->query;
  if (call.size() >= 16) query.attach_flags = 0;
  if (call.size() >= 28) query.prog_cnt = entries;
  if (call.size() >= 64) query.revision = revision;
  const std::uint32_t asked = call.size() >= 28 ? whole.query.prog_cnt : 0;
  if (asked == 0 || call.size() < 24 || whole.query.prog_ids == 0) return 0;
  for (std::uint32_t i = 0; i < std::min(asked, entries); ++i) {
    slots(whole.query.prog_ids)[i] = i + 1;
    if (call.size() >= 40 && whole.query.prog_attach_flags != 0) slots(whole.query.prog_attach_flags)[i] = 0;
    if (call.size() >= 48 && whole.query.link_ids != 0) slots(whole.query.link_ids)[i] = 0;
    if (call.size() >= 56 && whole.query.link_attach_flags != 0) slots(whole.query.link_attach_flags)[i] = 0;
  }
  return asked < entries ? -ENOSPC : 0;
}

std::uint16_t any_size() {
  return *rc::gen::element<std::uint16_t>(8, 12, 16, 24, 28, 32, 40, 48, 56, 64, 72, 1024, 4096);
}

RC_GTEST_PROP(QueryCall, AKernelThatKeepsItsPromisesIsBelieved, ()) {
  static QueryCall call;
  const auto count = *rc::gen::element<std::uint32_t>(0, 1, 5, 63, 64, 0xffff'ffff);
  const auto entries = *rc::gen::inRange<std::uint32_t>(0, 64);
  call.prepare(query_of(any_size(), count, static_cast<std::uint8_t>(*rc::gen::inRange(0, 16))), 7, 46, false);
  static RawAnswer view;
  call.read(answer(call, entries, 9), view);
  RC_ASSERT(call.breach(view) == 0);
  RC_ASSERT(view.revision == (call.size() >= 64 ? 9U : 0U));
  RC_ASSERT(view.count == (call.size() >= 28 ? entries : 0U));
}

// One byte, anywhere around or in the attr where nothing is promised.
RC_GTEST_PROP(QueryCall, EveryStrayByteOfTheAttrIsSeen, ()) {
  static QueryCall call;
  const auto size = any_size();
  call.prepare(query_of(size), 7, 46, false);
  static RawAnswer view;
  const int result = answer(call, 3, 9);
  const auto at = *rc::gen::oneOf(rc::gen::inRange<int>(-64, 0), rc::gen::inRange<int>(0, 12),
                                  rc::gen::inRange<int>(28, 56), rc::gen::inRange<int>(size, size + 64));
  reinterpret_cast<std::uint8_t*>(call.attr())[at] ^= 0x10;
  call.read(result, view);
  RC_ASSERT(call.breach(view) == (at < 0 || at >= size ? Breach::beyond_attr : Breach::inside_attr));
}

TEST(QueryCall, SeesASlotTooManyATooFewAndOneBeforeAnArray) {
  static QueryCall call;
  static RawAnswer view;
  for (const int at : {-1, 2, 3, static_cast<int>(RawAnswer::room + RawAnswer::spare) - 1}) {
    for (unsigned array = 0; array < 4; ++array) {
      call.prepare(query_of(64), 7, 46, false);
      const auto pointers = call.attr()->query;
      const std::uint64_t of[] = {pointers.prog_ids, pointers.link_ids, pointers.prog_attach_flags,
                                  pointers.link_attach_flags};
      const int result = answer(call, 3, 9);
      slots(of[array])[at] = at == 2 ? poison : 0;
      call.read(result, view);
      EXPECT_EQ(call.breach(view) & Breach::array, Breach::array) << array << ' ' << at;
    }
  }
}

TEST(QueryCall, SeesAttachFlagsThatAreNotZero) {
  static QueryCall call;
  static RawAnswer view;
  call.prepare(query_of(64), 7, 46, false);
  const int result = answer(call, 3, 9);
  slots(call.attr()->query.link_attach_flags)[1] = 8;
  call.read(result, view);
  EXPECT_EQ(call.breach(view), Breach::flags_not_zero);
}

TEST(QueryCall, AFailureMayWriteNothingAtAll) {
  static QueryCall call;
  static RawAnswer view;
  call.prepare(query_of(64), 7, 46, false);
  answer(call, 0, 9);
  call.read(-EINVAL, view);
  EXPECT_EQ(call.breach(view), Breach::inside_attr);
}

}  // namespace
}  // namespace mprogcheck::guest
