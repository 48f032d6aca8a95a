// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The agent as a child that may not have a network namespace of its own. It is run without any privilege: were it to go
// on all the same, it could not make anything.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "base/fd.hpp"
#include "kernel_oracle/agent_connection.hpp"
#include "kernel_oracle/agent_path.hpp"

namespace mprogcheck {
namespace {

using namespace std::chrono_literals;

/// The agent, by nobody, with its line at 3. Its pid.
pid_t start_unprivileged(int program, int line) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  constexpr unsigned nobody = 65534;
  if (::geteuid() == 0 && (::setgroups(0, nullptr) != 0 || ::setresgid(nobody, nobody, nobody) != 0 ||
                           ::setresuid(nobody, nobody, nobody) != 0))
    ::_exit(3);
  std::array<char, 6> name{"agent"}, flag{"--fd"}, number{"3"};
  std::array<char*, 4> arguments{name.data(), flag.data(), number.data(), nullptr};
  std::array<char*, 1> environment{nullptr};
  if (::dup2(line, 3) < 0) ::_exit(4);
  ::fexecve(program, arguments.data(), environment.data());
  ::_exit(5);
}

TEST(AgentRefusal, WithoutANamespaceOfItsOwnItMakesNothing) {
  const auto agent = find_agent();
  ASSERT_TRUE(agent) << agent.error().message;
  // High numbers: 3 is to be the line.
  const Fd program(::fcntl(Fd(::open(agent->c_str(), O_RDONLY | O_CLOEXEC)).get(), F_DUPFD_CLOEXEC, 20));
  ASSERT_GE(program.get(), 0);
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  const Fd ours(ends[0]);
  Fd theirs(::fcntl(ends[1], F_DUPFD_CLOEXEC, 20));
  ::close(ends[1]);
  const pid_t child = start_unprivileged(program.get(), theirs.get());
  ASSERT_GT(child, 0);
  theirs.reset();
  AgentConnection connection(ours.get(), 30s);
  const auto hello = connection.hello();
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_FALSE(hello);
  EXPECT_THAT(hello.error().message, ::testing::HasSubstr("gave up: cannot make a network namespace"));
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 1);
}

}  // namespace
}  // namespace mprogcheck
