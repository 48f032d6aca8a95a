// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/guest/heartbeat.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <limits>

#include "base/fd.hpp"

namespace mprogcheck::guest {
namespace {

/// How many frames come out of the line, all of them empty log lines, before it is closed.
unsigned beats(std::uint64_t interval_ns, unsigned calls, unsigned units) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) std::abort();
  const Fd host(ends[0]);
  Fd agent(ends[1]);
  Channel line(agent.get());
  Heartbeat heartbeat(line, interval_ns);
  for (unsigned n = 0; n < calls; ++n) heartbeat.did(units);
  agent.reset();
  Channel heard(host.get());
  unsigned count = 0;
  for (wire::Frame frame; heard.read(frame); ++count) {
    EXPECT_EQ(frame.type, wire::FrameType::log);
    wire::Reader reader(frame.payload);
    EXPECT_EQ(reader.text(), "");
    EXPECT_FALSE(reader.failed());
  }
  return count;
}

constexpr auto never = std::numeric_limits<std::uint64_t>::max();

TEST(Heartbeat, BeatsWhenTheIntervalIsOver) {
  EXPECT_EQ(beats(0, 10 * Heartbeat::units_per_clock, 1), 10U);
  EXPECT_EQ(beats(0, 10, Heartbeat::units_per_clock), 10U);
  EXPECT_EQ(beats(0, Heartbeat::units_per_clock / 16, 16), 1U);
}

TEST(Heartbeat, SilentBeforeThat) {
  EXPECT_EQ(beats(never, 10, Heartbeat::units_per_clock), 0U);
  EXPECT_EQ(beats(0, Heartbeat::units_per_clock - 1, 1), 0U);
}

}  // namespace
}  // namespace mprogcheck::guest
