// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/guest/splat_scan.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <deque>
#include <string>

namespace mprogcheck::guest {
namespace {

/// A log whose records are read one by one; a number stands for an errno.
struct Log {
  struct Record {
    Record(const char* record) : text(record) {}
    Record(int number) : error(number) {}
    std::string text{};
    int error = 0;
  };
  std::deque<Record> records{};
  std::uint32_t left = 100;

  std::string scan() {
    std::array<char, 8192> room{};
    const auto read = [this](char* to, std::size_t size) -> ssize_t {
      if (records.empty()) {
        errno = EAGAIN;
        return -1;
      }
      const Record record = records.front();
      records.pop_front();
      if (record.error != 0) {
        errno = record.error;
        return -1;
      }
      EXPECT_LE(record.text.size(), size);
      std::memcpy(to, record.text.data(), record.text.size());
      return static_cast<ssize_t>(record.text.size());
    };
    return scan_for_splat(read, room, left);
  }
};

TEST(SplatScan, FirstSplatOfTheKernel) {
  Log log{{"6,339,5140900,-;NET: Registered PF_NETLINK",
           "4,340,5690716,-;WARNING: CPU: 0 PID: 1 at kernel/bpf/mprog.c:10\n SUBSYSTEM=net\n DEVICE=+x",
           "4,341,5690717,-; tcx_prog_attach+0x1/0x2", "0,342,5690717,-;BUG: later"}};
  EXPECT_EQ(log.scan(), "WARNING: CPU: 0 PID: 1 at kernel/bpf/mprog.c:10 (tcx_prog_attach)");
  EXPECT_EQ(log.scan(), "");
}

// 12 is facility user, level warning; 30 is a daemon's.
TEST(SplatScan, OthersMayWriteWhatTheyLike) {
  EXPECT_EQ((Log{{"12,1,2,-;BUG: says a user", "30,2,3,-;Oops: says a daemon", "1024,3,4,-;BUG: "}}).scan(), "");
  EXPECT_EQ((Log{{"BUG: no record", ";BUG: no priority", "4,1,2,-", ""}}).scan(), "");
  EXPECT_EQ((Log{{"12,1,2,-;BUG: says a user", "7,2,3,c,caller=T1;BUG: says the kernel"}}).scan(),
            "BUG: says the kernel");
  EXPECT_EQ((Log{{"4,1,2,-;ordinary\n KEY=BUG: in the dictionary"}}).scan(), "");
}

TEST(SplatScan, LostRecordsAreInDoubt) {
  EXPECT_EQ((Log{{"6,1,2,-;fine", EPIPE, "6,9,2,-;fine too"}}).scan(), log_overflowed);
  EXPECT_EQ((Log{{EPIPE}}).scan(), log_overflowed);
  // What can still be read says more.
  EXPECT_EQ((Log{{EPIPE, "6,9,2,-;fine", EPIPE, "4,99,3,-;BUG: the last of a flood"}}).scan(),
            "BUG: the last of a flood");
  EXPECT_EQ((Log{{EINTR, "6,1,2,-;fine"}}).scan(), "");
}

TEST(SplatScan, MoreLinesThanASequenceCanCauseAreAFlood) {
  Log log{{"6,1,2,-;fine", "6,2,3,-;fine", "6,3,4,-;fine", "6,4,5,-;BUG: behind"}, 3};
  EXPECT_EQ(log.scan(), log_floods);
  log = {{"6,1,2,-;fine", "6,2,3,-;BUG: found", "6,3,4,-;fine", "6,4,5,-;fine"}, 3};
  EXPECT_EQ(log.scan(), "BUG: found");
}

}  // namespace
}  // namespace mprogcheck::guest
