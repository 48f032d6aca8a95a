// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/agent_connection.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include "kernel_oracle/testing/fake_agent.hpp"

namespace mprogcheck {
namespace {

using namespace std::chrono_literals;
using testing::Collector;
using testing::FakeAgent;
using ::testing::HasSubstr;

FakeAgent::Fate live(std::uint32_t /*job*/) {
  return FakeAgent::Fate::live;
}

std::vector<Job> some_jobs(std::size_t count, std::size_t steps = 3) {
  Job job;
  job.sequence.operations.assign(steps, model::Close{});
  return std::vector<Job>(count, job);
}

TEST(AgentConnection, HelloIsHeard) {
  FakeAgent agent(live);
  AgentConnection connection(agent.socket(), 10s);
  const auto hello = connection.hello();
  ASSERT_TRUE(hello) << hello.error().message;
  EXPECT_EQ(hello->release, "fake");
  EXPECT_EQ(hello->devices, 4U);
  EXPECT_TRUE(hello->has("tcx"));
  EXPECT_FALSE(hello->has("tc"));
}

TEST(AgentConnection, AProbeFindsOutWhetherTheAgentWorks) {
  const auto probe = [](FakeAgent::Fate fate) {
    FakeAgent agent([fate](std::uint32_t) { return fate; });
    AgentConnection connection(agent.socket(), 2s);
    EXPECT_TRUE(connection.hello());
    const auto probed = connection.probe();
    return probed ? "" : probed.error().message;
  };
  EXPECT_EQ(probe(FakeAgent::Fate::live), "");
  EXPECT_THAT(probe(FakeAgent::Fate::die), HasSubstr("the line to the agent was closed"));
  EXPECT_THAT(probe(FakeAgent::Fate::freeze), HasSubstr("no answer for"));
  EXPECT_THAT(probe(FakeAgent::Fate::babble), HasSubstr("the agent sent"));
  EXPECT_THAT(probe(FakeAgent::Fate::unclean), HasSubstr("left something"));
}

/// Before the first job that needs it, and not again as long as jobs need the same one or none.
TEST(AgentConnection, AnAlphabetIsSentWhenItIsNeeded) {
  FakeAgent agent(live);
  AgentConnection connection(agent.socket(), 10s);
  ASSERT_TRUE(connection.hello());
  const auto alphabet = [] { return std::make_shared<const Alphabet>(std::vector<model::Operation>{model::Close{}}); };
  auto jobs = some_jobs(60);
  for (std::size_t n = 0; n < jobs.size(); ++n) {
    if (n % 20 == 0) jobs[n].alphabet = alphabet();
    if (n % 20 != 0) jobs[n].alphabet = jobs[n - 1].alphabet;
    if (n % 3 != 0) jobs[n].trials.emplace_back().add(0);
  }
  for (unsigned round = 0; round < 2; ++round) {
    Collector collector;
    const auto progress = connection.run(jobs, 0, jobs.size(), false, collector);
    EXPECT_EQ(progress.ending, Run::Ending::complete) << progress.note;
    EXPECT_EQ(collector.runs.size(), jobs.size());
    EXPECT_EQ(agent.alphabets(), 3 * (round + 1));
  }
  // The same agent, and the same jobs as the last ones: it has what they need.
  Collector collector;
  EXPECT_EQ(connection.run(jobs, 40, jobs.size(), false, collector).ending, Run::Ending::complete);
  EXPECT_EQ(agent.alphabets(), 6U);
}

// Far more than the line and both sides' buffers hold, in both directions: whoever waits for the other hangs.
TEST(AgentConnection, FullPipesDoNotDeadlock) {
  FakeAgent agent(live, 100);
  AgentConnection connection(agent.socket(), 30s);
  ASSERT_TRUE(connection.hello());
  const auto jobs = some_jobs(2000, 200);
  Collector collector;
  const auto progress = connection.run(jobs, 0, jobs.size(), false, collector);
  EXPECT_EQ(progress.ending, Run::Ending::complete) << progress.note;
  EXPECT_EQ(collector.runs.size(), jobs.size());
  EXPECT_TRUE(collector.in_order());
}

TEST(AgentConnection, OneLineServesManyBatches) {
  FakeAgent agent(live);
  AgentConnection connection(agent.socket(), 30s);
  ASSERT_TRUE(connection.hello());
  const auto jobs = some_jobs(10);
  for (int round = 0; round < 100; ++round) {
    Collector collector;
    EXPECT_EQ(connection.run(jobs, 0, jobs.size(), round % 2 != 0, collector).ending, Run::Ending::complete);
    EXPECT_EQ(collector.runs.size(), jobs.size());
  }
}

/// One that can count references, and does not when it should: that no leak was seen says nothing.
TEST(AgentConnection, AnAgentThatDoesNotCountIsFaulty) {
  const auto fault = [](FakeAgent::Plan plan, std::size_t jobs, std::string features = "tcx refcnt") {
    FakeAgent agent(std::move(plan), 1024, std::move(features));
    AgentConnection connection(agent.socket(), 10s);
    EXPECT_TRUE(connection.hello());
    Collector collector;
    return connection.run(some_jobs(jobs), 0, jobs, false, collector).fault;
  };
  const auto only = [](std::uint32_t period) {
    return [period](std::uint32_t job) {
      return job % period == period - 1 ? FakeAgent::Fate::live : FakeAgent::Fate::uncounted;
    };
  };
  EXPECT_EQ(fault(only(32), 64), "");
  EXPECT_THAT(fault(only(32), 65), HasSubstr("after the sequence of job 64 it did not")) << "the last of its frame";
  EXPECT_THAT(fault(only(33), 66), HasSubstr("after the sequence of job 31 it did not"));
  EXPECT_EQ(fault(only(1000), 65, "tcx"), "") << "it never said that it can";
}

TEST(AgentConnection, SilenceIsAHang) {
  FakeAgent agent([](std::uint32_t job) { return job == 3 ? FakeAgent::Fate::freeze : FakeAgent::Fate::live; }, 0);
  AgentConnection connection(agent.socket(), 2s);
  ASSERT_TRUE(connection.hello());
  Collector collector;
  const auto jobs = some_jobs(10);
  const auto progress = connection.run(jobs, 0, jobs.size(), false, collector);
  EXPECT_EQ(progress.ending, Run::Ending::hung);
  EXPECT_EQ(progress.taken, 3U);
  EXPECT_EQ(progress.sent, 10U);
  EXPECT_THAT(progress.note, HasSubstr("no answer"));
}

// However late this process comes to look: an answer that is there is no silence.
TEST(AgentConnection, AnAnswerThatIsThereIsNoHang) {
  FakeAgent agent(live);
  pollfd poll{agent.socket(), POLLIN, 0};
  ASSERT_EQ(::poll(&poll, 1, 10'000), 1);
  AgentConnection connection(agent.socket(), 0s);
  const auto hello = connection.hello();
  EXPECT_TRUE(hello) << hello.error().message;
}

TEST(AgentConnection, ALineThatIsNoneIsALoss) {
  const int number = Fd(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 500)).get();
  AgentConnection connection(number, 10s);
  const auto hello = connection.hello();
  ASSERT_FALSE(hello);
  EXPECT_THAT(hello.error().message, HasSubstr("recv: Bad file descriptor"));
}

TEST(AgentConnection, HeartbeatsAreNoAnswer) {
  FakeAgent agent([](std::uint32_t) { return FakeAgent::Fate::chatter; });
  AgentConnection connection(agent.socket(), 10s);
  ASSERT_TRUE(connection.hello());
  Collector collector;
  const auto jobs = some_jobs(10);
  EXPECT_EQ(connection.run(jobs, 0, jobs.size(), false, collector).ending, Run::Ending::complete);
  EXPECT_EQ(collector.runs.size(), jobs.size());
  const auto bench = connection.bench(jobs);
  ASSERT_TRUE(bench) << bench.error().message;
  EXPECT_EQ(bench->rounds, 1U);
}

TEST(AgentConnection, ARunMayComeInParts) {
  FakeAgent agent([](std::uint32_t job) { return job % 2 == 0 ? FakeAgent::Fate::parts : FakeAgent::Fate::live; });
  AgentConnection connection(agent.socket(), 10s);
  ASSERT_TRUE(connection.hello());
  Collector collector;
  const auto jobs = some_jobs(10, 7);
  const auto progress = connection.run(jobs, 0, jobs.size(), false, collector);
  EXPECT_EQ(progress.ending, Run::Ending::complete) << progress.note;
  ASSERT_EQ(collector.runs.size(), jobs.size());
  for (const auto& run : collector.runs) EXPECT_EQ(run.steps.size(), 7U);
}

TEST(AgentConnection, AClosedLineIsALoss) {
  FakeAgent agent([](std::uint32_t job) { return job == 3 ? FakeAgent::Fate::die : FakeAgent::Fate::live; }, 0);
  AgentConnection connection(agent.socket(), 10s);
  ASSERT_TRUE(connection.hello());
  Collector collector;
  const auto jobs = some_jobs(10);
  const auto progress = connection.run(jobs, 0, jobs.size(), false, collector);
  EXPECT_EQ(progress.ending, Run::Ending::lost);
  EXPECT_EQ(progress.taken, 3U);
}

TEST(AgentConnection, RubbishIsALossWithItsReason) {
  FakeAgent agent([](std::uint32_t) { return FakeAgent::Fate::babble; });
  AgentConnection connection(agent.socket(), 10s);
  ASSERT_TRUE(connection.hello());
  Collector collector;
  const auto jobs = some_jobs(10);
  const auto progress = connection.run(jobs, 0, jobs.size(), false, collector);
  EXPECT_EQ(progress.ending, Run::Ending::lost);
  EXPECT_THAT(progress.note, HasSubstr("bytes that begin no frame"));
}

TEST(AgentConnection, NobodyThereIsAnError) {
  FakeAgent agent([](std::uint32_t) { return FakeAgent::Fate::die; });
  AgentConnection connection(agent.socket(), 10s);
  ASSERT_TRUE(connection.hello());
  Collector collector;
  const auto jobs = some_jobs(1);
  connection.run(jobs, 0, 1, false, collector);
  AgentConnection again(agent.socket(), 10s);
  EXPECT_FALSE(again.hello());
}

}  // namespace
}  // namespace mprogcheck
