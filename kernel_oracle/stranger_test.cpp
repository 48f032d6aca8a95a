// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Whatever is at the other end of the line: it comes to an end within its budget, in one line of clean text.
#include "kernel_oracle/testing/stranger.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <string>
#include <thread>

#include "base/fd.hpp"
#include "base/text.hpp"
#include "kernel_oracle/agent_connection.hpp"
#include "kernel_oracle/testing/fake_agent.hpp"

namespace mprogcheck {
namespace {

using namespace std::chrono_literals;
using testing::Collector;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// One that does its deed at the other end of a socket pair, until we hang up.
class Visitor {
 public:
  explicit Visitor(std::string_view deed) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) std::abort();
    ours_ = Fd(ends[0]);
    thread_ = std::thread([deed, line = Fd(ends[1])] {
      const Fd console(::open("/dev/null", O_WRONLY | O_CLOEXEC));
      EXPECT_TRUE(testing::do_deed(deed, line.get(), console.get(), "6.99.0-fake")) << deed;
    });
  }
  Visitor(const Visitor&) = delete;
  Visitor& operator=(const Visitor&) = delete;
  ~Visitor() {
    ::shutdown(ours_.get(), SHUT_RDWR);
    thread_.join();
  }
  [[nodiscard]] int socket() const { return ours_.get(); }

 private:
  Fd ours_;
  std::thread thread_;
};

/// A line that could be printed as it is.
void expect_clean(const std::string& line) {
  EXPECT_EQ(line, printable_line(line, line.size()));
  EXPECT_LE(line.size(), 1300U);
}

/// Where it ends, and what is said of it.
struct Fate {
  std::string_view deed;
  enum { at_hello, at_work, taken } where;
  Run::Ending ending;
  const char* says;
  /// For those that time ends: what is waited for is short.
  AgentBudget budget{.silence = 30s, .overhead = 100s};
};
std::ostream& operator<<(std::ostream& to, const Fate& fate) {
  return to << fate.deed;
}

constexpr AgentBudget short_silence{.silence = 2s, .overhead = 100s, .slowest_bytes_per_ms = 1 << 20};
constexpr AgentBudget short_work{.silence = 30s, .overhead = 300ms, .operation = 1ms};
using enum Run::Ending;

constexpr std::array fates{
    Fate{"never", Fate::at_hello, hung, "no answer for", short_silence},
    Fate{"garbage", Fate::at_hello, lost, "bytes that begin no frame"},
    Fate{"big_frame", Fate::at_hello, lost, "the agent sent"},
    Fate{"incomplete", Fate::at_hello, hung, "did not introduce itself", short_silence},
    Fate{"log_before_hello", Fate::at_hello, lost, "expected a hello, found something else"},
    Fate{"error_poison", Fate::at_hello, lost, "the agent gave up: red fake line"},
    Fate{"two_hellos", Fate::at_work, lost, "a frame out of turn"},
    Fate{"log_for_ever", Fate::at_work, hung, "says that it is at work", short_work},
    Fate{"log_flood", Fate::at_work, lost, "bytes that say nothing"},
    Fate{"empty_parts", Fate::at_work, lost, "makes no sense"},
    Fate{"slow_parts", Fate::at_work, hung, "says that it is at work", short_work},
    Fate{"too_many_parts", Fate::at_work, lost, "makes no sense"},
    Fate{"trickle", Fate::at_work, hung, "is not whole", short_silence},
    Fate{"silent_job", Fate::at_work, hung, "no answer for", short_silence},
    Fate{"tiny_steps", Fate::at_work, lost, "makes no sense"},
    Fate{"false_length", Fate::at_work, lost, "makes no sense"},
    Fate{"trial_bomb", Fate::at_work, lost, "makes no sense"},
    Fate{"other_job", Fate::at_work, lost, "makes no sense"},
    Fate{"unasked_runs", Fate::at_work, lost, "makes no sense"},
    Fate{"out_of_turn", Fate::at_work, lost, "a frame out of turn"},
    Fate{"error_at_work", Fate::at_work, lost, "the agent gave up: it was sent red fake line"},
    Fate{"splat_poison", Fate::taken, splat, "red fake line"},
    Fate{"long_note", Fate::taken, splat, "AAAA ... (65535 bytes in all)"},
    Fate{"unclean_poison", Fate::taken, unclean, "red fake line"},
    Fate{"console_poison", Fate::at_work, lost, "the line to the agent was closed"},
    Fate{"long_splat", Fate::at_work, lost, "the line to the agent was closed"},
    Fate{"half_splats", Fate::at_work, lost, "the line to the agent was closed"},
    Fate{"console_flood", Fate::at_work, lost, "the line to the agent was closed"},
};
/// Those that say hello as agents do: what they say is looked at by tests of their own.
constexpr std::array<std::string_view, 4> well_introduced{"hello_poison", "complaints_poison", "big_hello",
                                                          "other_release"};

std::vector<Job> three_jobs() {
  Job job;
  job.sequence.operations.assign(200, model::Close{});
  return std::vector<Job>(3, job);
}

class StrangerTest : public ::testing::TestWithParam<Fate> {};
INSTANTIATE_TEST_SUITE_P(, StrangerTest, ::testing::ValuesIn(fates),
                         [](const auto& each) { return std::string(each.param.deed); });

TEST_P(StrangerTest, ComesToAnEnd) {
  const Fate& fate = GetParam();
  const Visitor visitor(fate.deed);
  AgentConnection connection(visitor.socket(), fate.budget);
  const auto hello = connection.hello();
  if (fate.where == Fate::at_hello) {
    ASSERT_FALSE(hello);
    EXPECT_THAT(hello.error().message, HasSubstr(fate.says));
    expect_clean(hello.error().message);
    return;
  }
  ASSERT_TRUE(hello) << hello.error().message;
  const auto jobs = three_jobs();
  Collector collector;
  const auto progress = connection.run(jobs, 0, jobs.size(), false, collector);
  EXPECT_EQ(progress.ending, fate.ending);
  EXPECT_THAT(progress.note, HasSubstr(fate.says));
  EXPECT_FALSE(progress.cut);
  expect_clean(progress.note);
  EXPECT_THAT(collector.runs, SizeIs(fate.where == Fate::taken ? 1U : fate.deed == "unasked_runs" ? 2U : 0U));
  for (const auto& run : collector.runs) expect_clean(run.note);
}

TEST(Strangers, AreAllMet) {
  for (const auto& deed : testing::deeds()) {
    const bool met = std::ranges::any_of(fates, [&](const Fate& fate) { return fate.deed == deed.name; }) ||
                     std::ranges::find(well_introduced, deed.name) != well_introduced.end();
    EXPECT_TRUE(met) << deed.name << " " << deed.what;
  }
}

AgentHello hello_of(std::string_view deed) {
  const Visitor visitor(deed);
  AgentConnection connection(visitor.socket(), AgentBudget{});
  const auto hello = connection.hello();
  EXPECT_TRUE(hello) << hello.error().message;
  return hello ? *hello : AgentHello{};
}

TEST(Strangers, SayNothingToATerminal) {
  const auto poisoned = hello_of("hello_poison");
  expect_clean(poisoned.release);
  EXPECT_THAT(poisoned.release, HasSubstr("red fake line"));
  expect_clean(hello_of("complaints_poison").complaints);
}

TEST(Strangers, DoNotTalkForLong) {
  const auto hello = hello_of("big_hello");
  EXPECT_THAT(hello.release, HasSubstr("(65535 bytes in all)"));
  expect_clean(hello.release);
  expect_clean(hello.complaints);
  EXPECT_LE(hello.features.size(), 256U);
  EXPECT_TRUE(hello.has("tcx"));
}

/// A budget that would last for hours: the curfew is what ends it.
TEST(Strangers, AreLeftAloneAtTheCurfew) {
  for (const std::string_view deed : {"log_for_ever", "slow_parts", "trickle", "silent_job"}) {
    SCOPED_TRACE(deed);
    const Visitor visitor(deed);
    Curfew curfew;
    AgentConnection connection(visitor.socket(), AgentBudget{.silence = 1h, .overhead = 1h, .slowest_bytes_per_ms = 1},
                               false, &curfew);
    ASSERT_TRUE(connection.hello());
    curfew.set(Curfew::Clock::now() + 100ms);
    const auto jobs = three_jobs();
    Collector collector;
    const auto progress = connection.run(jobs, 0, jobs.size(), false, collector);
    ASSERT_TRUE(progress.cut);
    EXPECT_EQ(progress.cut->kind, Error::Kind::interrupted);
    EXPECT_THAT(progress.cut->message, HasSubstr("the time was up: the guest was at work for"));
  }
}

TEST(Strangers, ThatMayBeHungAreSaidToBe) {
  const Visitor visitor("log_for_ever");
  Curfew curfew;
  AgentConnection connection(visitor.socket(), AgentBudget{.silence = 2s, .overhead = 1h}, false, &curfew);
  ASSERT_TRUE(connection.hello());
  curfew.set(Curfew::Clock::now() + 3s);
  const auto jobs = three_jobs();
  Collector collector;
  const auto progress = connection.run(jobs, 0, jobs.size(), false, collector);
  ASSERT_TRUE(progress.cut);
  EXPECT_EQ(progress.cut->kind, Error::Kind::infrastructure);
  EXPECT_THAT(progress.cut->message, HasSubstr("whether it hangs is not known"));
}

/// The time for work follows from what was asked: more than anybody needs, and no more than that.
TEST(Strangers, MayWorkAsLongAsTheirJobsTake) {
  const AgentBudget budget{.overhead = 1s, .operation = 10ms, .trial = 1ms};
  auto jobs = three_jobs();
  EXPECT_EQ(budget.work(jobs), 1s + 600 * 10ms);
  jobs[0].sequence.operations.emplace_back(model::Fill{.count = 60});
  EXPECT_EQ(budget.work(jobs), 1s + 661 * 10ms);
  for (std::uint32_t n = 0; n < 500; ++n) {
    if (n % 100 == 0) jobs[1].trials.push_back({.step = n / 100, .which = {}});
    jobs[1].trials.back().add(n);
  }
  EXPECT_EQ(budget.work(jobs), 1s + 661 * 10ms + 500 * 1ms);
}

}  // namespace
}  // namespace mprogcheck
