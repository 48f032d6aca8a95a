// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The command where little is allowed: no memory, no descriptors, no room in a file, no standard streams.
#include "cli/limits.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>

#include "base/file.hpp"
#include "base/testing/scratch.hpp"

namespace mprogcheck::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool memory_can_be_limited = false;  // a sanitizer reserves more than there is
#else
constexpr bool memory_can_be_limited = true;
#endif

struct Ran {
  int code = 0;
  std::string out, err;
};

class Limits : public ::testing::Test {
 protected:
  /// Runs the command below the limits, as prlimit(1) takes them. Where it hangs, it is ended with code 124.
  [[nodiscard]] Ran run(const std::string& limits, const std::string& arguments,
                        const std::string& streams = "</dev/null >out.txt 2>err.txt") const {
    const std::string line = "cd '" + scratch_.path() + "' && timeout 120 prlimit --core=unlimited " + limits +
                             " '" MPROGCHECK_COMMAND "' " + arguments + " " + streams;
    const int status = std::system(line.c_str());  // NOLINT(cert-env33-c): the shell is what scripts have
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_file(scratch_.file("out.txt")).value_or(""),
            read_file(scratch_.file("err.txt")).value_or("")};
  }

  static void expect_line(const Ran& ran, int code, const std::string& words) {
    EXPECT_EQ(ran.code, code) << ran.err;
    EXPECT_THAT(ran.err, AllOf(StartsWith("mprogcheck: "), HasSubstr(words)));
    EXPECT_EQ(std::ranges::count(ran.err, '\n'), 1) << ran.err;
  }

  testing::Scratch scratch_;
};

TEST_F(Limits, what_is_no_text_or_has_no_end_is_refused) {
  ASSERT_EQ(::mkfifo(scratch_.file("fifo").c_str(), 0600), 0);
  fs::create_directory(scratch_.file("known"));
  fs::create_directory(scratch_.file("known/x"));
  ASSERT_EQ(::mkfifo(scratch_.file("known/x/known.json").c_str(), 0600), 0);
  expect_line(run("", "replay /dev/zero --kernel model"), 2, "/dev/zero");
  expect_line(run("", "shrink /dev/zero --kernel model"), 2, "/dev/zero");
  expect_line(run("", "fuzz --kernel ./fifo --sequences 1"), 2, "fifo is not a file");
  expect_line(run("", "fuzz --kernel /dev/zero --sequences 1"), 2, "/dev/zero is not a file");
  expect_line(run("", "fuzz --kernel model --known known --sequences 1"), 2, "known.json");
}

TEST_F(Limits, no_memory_is_a_line) {
  if (!memory_can_be_limited) GTEST_SKIP() << "not under a sanitizer";
  std::string text = "mprogcheck 1\n";
  while (text.size() < 40'000'000) text += "# so many words, so many words, so many words, so many words\n";
  ASSERT_TRUE(write_file(scratch_.file("large.mpc"), text, false));
  const std::string out_of_memory = "out of memory; allow more", no_thread = "cannot start a thread: allow more";
  std::string met;
  // From too little to begin with to enough: whatever is met is told in one line, and is no death by a signal.
  for (const std::string verb : {"replay large.mpc --kernel model", "explore --kernel model --progs 3 --jobs 2"}) {
    bool enough = false;
    for (std::uint64_t bytes = 32'000'000; bytes < 1'000'000'000 && !enough; bytes += bytes / 8) {
      const Ran ran = run("--as=" + std::to_string(bytes), verb);
      if (ran.code == 127) continue;  // too little to find the libraries
      enough = ran.code != 3;
      if (enough) continue;
      expect_line(ran, 3, "allow more");
      met += ran.err;
    }
    EXPECT_TRUE(enough) << verb;
  }
  EXPECT_THAT(met, AllOf(HasSubstr(out_of_memory), HasSubstr(no_thread)));
}

TEST_F(Limits, no_room_in_a_file_is_a_line) {
  const std::string fuzz =
      "fuzz --hook tcx --kernel model:before_nothing_appends --sequences 300 --seed 1 --json report.json";
  const Ran ran = run("--fsize=512", fuzz);
  EXPECT_EQ(ran.code, 1) << "a divergence beats what could not be written";
  EXPECT_THAT(ran.err, HasSubstr("report.json: cannot be written: File too large"));
  expect_line(run("--fsize=512", "faults", "</dev/null >out.txt 2>err.txt"), 3,
              "cannot write to standard output: File too large");
}

TEST_F(Limits, no_descriptors_are_a_line) {
  for (const int few : {4, 5, 6, 8}) {
    const Ran ran = run("--nofile=" + std::to_string(few),
                        "fuzz --hook tcx --kernel model:before_nothing_appends --sequences 300 --seed 1");
    // With too few for the loader, nothing of ours has begun.
    if (ran.code != 1 && ran.code != 127) expect_line(ran, 3, "Too many open files");
  }
}

TEST_F(Limits, closed_standard_streams_are_nobody_elses) {
  const std::string fuzz = "fuzz --kernel model --sequences 300 --seed 1 --json report.json";
  const Ran lost = run("", fuzz, "</dev/null >&- 2>err.txt");
  expect_line(lost, 3, "cannot write to standard output");
  EXPECT_EQ(run("", fuzz, "</dev/null >out.txt 2>&-").code, 0);
  EXPECT_EQ(run("", fuzz, "<&- >out.txt 2>err.txt").code, 0);
  // What opens first gets the lowest number that is free: nothing of ours may be in what it wrote.
  EXPECT_EQ(run("", fuzz, "<&- >&- 2>&-").code, 3);
  for (const auto& entry : fs::recursive_directory_iterator(scratch_.path()))
    if (entry.is_regular_file()) {
      EXPECT_EQ(read_file(entry.path()).value_or("").find("sequences and"), std::string::npos) << entry.path();
    }
}

}  // namespace
}  // namespace mprogcheck::cli
