// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "base/process.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <sstream>
#include <thread>

#include "base/testing/scratch.hpp"

namespace mprogcheck {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

bool readable(int fd, std::chrono::milliseconds timeout) {
  pollfd poll{fd, POLLIN, 0};
  return ::poll(&poll, 1, static_cast<int>(timeout.count())) == 1;
}

TEST(run_command, returns_stdout) {
  EXPECT_EQ(run_command({"printf", "%s", "hello"}).value(), "hello");
}

TEST(run_command, takes_more_than_a_pipe_holds_on_both_streams) {
  const auto text = run_command({"sh", "-c", "head -c 300000 /dev/zero >&2; head -c 300000 /dev/zero"});
  ASSERT_TRUE(text.has_value());
  EXPECT_EQ(text->size(), 300000u);
}

TEST(run_command, a_failure_is_told_by_the_last_line_of_stderr) {
  const auto text = run_command({"sh", "-c", "echo first >&2; echo the reason >&2; exit 3"});
  ASSERT_FALSE(text.has_value());
  EXPECT_EQ(text.error().message, "sh failed: the reason");
}

TEST(run_command, a_silent_failure_is_told_by_its_exit_code) {
  EXPECT_EQ(run_command({"sh", "-c", "exit 3"}).error().message, "sh failed: exit code 3");
}

TEST(run_command, a_missing_program_is_an_error) {
  EXPECT_THAT(run_command({"no-such-program"}).error().message,
              HasSubstr("cannot run no-such-program: No such file or directory"));
}

TEST(process, tells_exit_codes_and_signals) {
  EXPECT_EQ(Process::start({{"sh", "-c", "exit 7"}, "", {}})->wait(60s)->code, 7);
  EXPECT_EQ(Process::start({{"sh", "-c", "kill -TERM $$"}, "", {}})->wait(60s)->code, 128 + SIGTERM);
}

TEST(process, wait_gives_up_and_the_pidfd_tells_the_end) {
  auto process = Process::start({{"sleep", "1000"}, "", {}}).value();
  EXPECT_FALSE(process.wait(0ms).has_value());
  EXPECT_FALSE(readable(process.pidfd(), 0ms));
  ::kill(process.pid(), SIGTERM);
  EXPECT_TRUE(readable(process.pidfd(), 60s));
  EXPECT_EQ(process.wait(60s)->code, 128 + SIGTERM);
  EXPECT_EQ(process.wait(0ms)->code, 128 + SIGTERM) << "the status is remembered";
}

TEST(process, writes_both_streams_to_its_output_file) {
  auto path = ::testing::TempDir() + "process_test.XXXXXX";
  ASSERT_TRUE(Fd(::mkstemp(path.data())));
  ASSERT_TRUE(Process::start({{"sh", "-c", "echo out; echo err >&2"}, path, {}})->wait(60s)->ok());
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  EXPECT_EQ(text.str(), "out\nerr\n");
  ::unlink(path.c_str());
}

TEST(process, an_output_file_that_cannot_be_written_is_an_error) {
  EXPECT_THAT(Process::start({{"true"}, "/nonexistent/out", {}}).error().message, HasSubstr("/nonexistent/out"));
}

TEST(process, inherits_what_it_was_given_at_the_numbers_asked_for_and_nothing_else) {
  std::array<int, 2> first{}, second{};
  ASSERT_EQ(::pipe2(first.data(), O_CLOEXEC), 0);
  ASSERT_EQ(::pipe2(second.data(), 0), 0);
  // Crossed over: each wants the number that the other has here.
  auto process = Process::start(
      {{"bash", "-c", fmt::format("printf a >&{}; printf b >&{}; ls /proc/$$/fd | tr '\\n' ' '", second[1], first[1])},
       "",
       {{first[1], second[1]}, {second[1], first[1]}}});
  ASSERT_TRUE(process->wait(60s)->ok());
  char byte = 0;
  ASSERT_EQ(::read(first[0], &byte, 1), 1);
  EXPECT_EQ(byte, 'a');
  ASSERT_EQ(::read(second[0], &byte, 1), 1);
  EXPECT_EQ(byte, 'b');
  for (const int fd : {first[0], first[1], second[0], second[1]}) ::close(fd);

  const int leaky = ::open("/dev/null", O_RDONLY);  // no O_CLOEXEC, as a careless library would have it
  EXPECT_FALSE(run_command({"sh", "-c",
                            fmt::format("test -e /proc/self/fd/{0} && echo there; test ! -e /proc/$$/fd/{0}", leaky)})
                   .value()
                   .size());
  ::close(leaky);
}

TEST(process, ends_with_its_owner_and_takes_its_children_along) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  {
    auto process = Process::start({{"sh", "-c", "sleep 1000 & echo x >&9; wait"}, "", {{ends[1], 9}}});
    ::close(ends[1]);
    char byte = 0;
    ASSERT_EQ(::read(ends[0], &byte, 1), 1);
    ASSERT_EQ(::read(ends[0], &byte, 1), 1);
  }
  char byte = 0;
  EXPECT_EQ(::read(ends[0], &byte, 1), 0) << "the last holder of the pipe is gone";
  ::close(ends[0]);
}

TEST(process, starts_where_few_descriptors_are_allowed) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit few{32, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  const auto text = run_command({"echo", "hello"});
  ::setrlimit(RLIMIT_NOFILE, &before);
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_EQ(*text, "hello\n");
}

TEST(process, that_is_unprivileged_has_no_power_beyond_reading_and_gets_none) {
  const testing::Scratch scratch;
  Process::Options options{{"grep", "-E", "^(Cap(Prm|Eff|Inh|Amb)|NoNewPrivs)", "/proc/self/status"}, {}, {}};
  options.output = scratch.file("status");
  options.unprivileged = true;
  ASSERT_TRUE(Process::start(options)->wait(60s)->ok());
  std::stringstream text;
  text << std::ifstream(options.output).rdbuf();
  for (std::string name, value; text >> name >> value;) {
    if (name == "NoNewPrivs:")
      EXPECT_EQ(value, "1");
    else
      EXPECT_EQ(std::stoull(value, nullptr, 16) & ~4ULL, 0ULL) << name;  // CAP_DAC_READ_SEARCH
  }
}

TEST(process, outlives_the_thread_that_started_it) {
  std::optional<Process> process;
  std::thread([&] { process = Process::start({{"sleep", "1000"}, "", {}}).value(); }).join();
  EXPECT_FALSE(process->wait(50ms).has_value());
}

TEST(process, dies_with_a_parent_that_is_killed) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const pid_t parent = ::fork();
  if (parent == 0) {
    ::close(ends[0]);
    auto process = Process::start({{"sleep", "1000"}, "", {{ends[1], 9}}});
    const pid_t child = process ? process->pid() : -1;
    (void)!::write(ends[1], &child, sizeof child);
    ::pause();
  }
  ::close(ends[1]);
  pid_t child = -1;
  ASSERT_EQ(::read(ends[0], &child, sizeof child), static_cast<ssize_t>(sizeof child));
  ASSERT_GT(child, 0);
  ::kill(parent, SIGKILL);
  ASSERT_EQ(::waitpid(parent, nullptr, 0), parent);
  EXPECT_EQ(::read(ends[0], &child, 1), 0) << "the child held the pipe until it died too";
  ::close(ends[0]);
}

}  // namespace
}  // namespace mprogcheck
