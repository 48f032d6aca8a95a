// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vm/bounded_log.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
// The order matters: rapidcheck's gtest support wants gtest first.
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "base/file.hpp"
#include "base/testing/scratch.hpp"

namespace mprogcheck::vm {
namespace {

Fd new_file(const std::string& path) {
  return Fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
}

/// A text in which each place tells where it is.
std::string counted(std::size_t length) {
  std::string text;
  while (text.size() < length) text += fmt::format("{},", text.size());
  text.resize(length);
  return text;
}

RC_GTEST_PROP(bounded_log, keeps_head_and_tail_whatever_the_pieces, ()) {
  const testing::Scratch scratch;
  const auto path = scratch.file("log");
  constexpr std::size_t part = 100;
  BoundedLog log(new_file(path), part);
  const auto all = counted(*rc::gen::inRange<std::size_t>(0, 12 * part));
  for (std::size_t at = 0; at < all.size();) {
    const auto piece = std::min<std::size_t>(*rc::gen::inRange<std::size_t>(1, 4 * part), all.size() - at);
    log.append(std::string_view(all).substr(at, piece));
    at += piece;
    RC_ASSERT(log.size() == at);
    const auto kept = log.since(0);
    RC_ASSERT(read_file(path).value() == kept);
    RC_ASSERT(kept.size() <= 3 * part + 60);
    if (at <= 3 * part) RC_ASSERT(kept == all.substr(0, at));
    const auto tail = std::min(at, part);
    RC_ASSERT(kept.ends_with(all.substr(at - tail, tail)));
    RC_ASSERT(kept.starts_with(all.substr(0, std::min(at, part))));
    if (at > 3 * part) RC_ASSERT(kept.find("bytes are left out here") != std::string::npos);
  }
}

RC_GTEST_PROP(bounded_log, tells_what_came_since, ()) {
  const testing::Scratch scratch;
  constexpr std::size_t part = 50;
  BoundedLog log(new_file(scratch.file("log")), part);
  const auto all = counted(*rc::gen::inRange<std::size_t>(0, 8 * part));
  log.append(all);
  const auto position = *rc::gen::inRange<std::size_t>(0, all.size() + 1);
  const auto since = log.since(position);
  const auto wanted = all.substr(position);
  if (all.size() <= 3 * part) RC_ASSERT(since == wanted);
  RC_ASSERT(since.ends_with(wanted.substr(wanted.size() - std::min(wanted.size(), part))));
  RC_ASSERT(since.find(',') != std::string::npos || wanted.size() < 8);
  RC_ASSERT(log.since(all.size() + 5).empty());
}

TEST(bounded_log, does_without_a_file_that_takes_nothing) {
  BoundedLog log(Fd(::open("/dev/full", O_WRONLY | O_CLOEXEC)), 10);
  log.append("0123456789");
  log.append("tail");
  EXPECT_EQ(log.since(8), "89tail");
}

}  // namespace
}  // namespace mprogcheck::vm
