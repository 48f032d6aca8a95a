// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/supervise.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "kernel_oracle/testing/bad_line.hpp"
#include "kernel_oracle/testing/fake_agent.hpp"

namespace mprogcheck {
namespace {

using namespace std::chrono_literals;
using testing::Collector;
using testing::FakeAgent;
using Fate = FakeAgent::Fate;

/// Agents that follow the same plan, one after the other.
class FakeSource final : public AgentSource {
 public:
  explicit FakeSource(FakeAgent::Plan plan) : plan_(std::move(plan)) {}

  Result<AgentConnection*> agent() override {
    if (!connection_) {
      ++started;
      agent_ = std::make_unique<FakeAgent>(plan_);
      connection_.emplace(agent_->socket(), deadline);
      if (auto hello = connection_->hello(); !hello) return tl::unexpected(hello.error());
    }
    return &*connection_;
  }
  CrashReport discard(Run::Ending /*why*/) override {
    connection_.reset();
    agent_.reset();
    return report;
  }

  std::chrono::milliseconds deadline = 10s;
  CrashReport report;
  unsigned started = 0;

 private:
  FakeAgent::Plan plan_;
  std::unique_ptr<FakeAgent> agent_;
  std::optional<AgentConnection> connection_;
};

/// Its first line spoils a bit; those after it are good.
class SpoiltSource final : public AgentSource {
 public:
  explicit SpoiltSource(testing::BadLine::Flip flip) : flip_(flip) {}

  Result<AgentConnection*> agent() override {
    if (!connection_) {
      agent_ = std::make_unique<FakeAgent>([](std::uint32_t) { return Fate::live; }, 40);
      if (std::exchange(first_, false)) line_ = std::make_unique<testing::BadLine>(agent_->socket(), flip_);
      connection_.emplace(line_ ? line_->socket() : agent_->socket(), 5s);
      // What is spoilt of a greeting is an agent that cannot be had: the next one can.
      if (!connection_->hello()) {
        discard(Run::Ending::lost);
        return agent();
      }
    }
    return &*connection_;
  }
  CrashReport discard(Run::Ending /*why*/) override {
    ++discarded;
    connection_.reset();
    spoilt_ = spoilt();
    line_.reset();
    agent_.reset();
    return {};
  }
  [[nodiscard]] bool spoilt() const { return spoilt_ || (line_ && line_->spoilt()); }
  unsigned discarded = 0;

 private:
  testing::BadLine::Flip flip_;
  bool first_ = true, spoilt_ = false;
  std::unique_ptr<FakeAgent> agent_;
  std::unique_ptr<testing::BadLine> line_;
  std::optional<AgentConnection> connection_;
};

std::vector<Job> some_jobs(std::size_t count) {
  Job job;
  job.sequence.operations.assign(3, model::Close{});
  return std::vector<Job>(count, job);
}

// Whatever subset of the jobs kills: each of them, and no other, is blamed, and every job has its run, in order.
RC_GTEST_PROP(Supervise, TheJobThatKillsIsFound, ()) {
  const auto count = *rc::gen::inRange<std::size_t>(1, 60);
  const auto killers = *rc::gen::container<std::set<std::uint32_t>>(
      rc::gen::inRange<std::uint32_t>(0, static_cast<std::uint32_t>(count)));
  FakeSource source([&](std::uint32_t job) { return killers.count(job) != 0 ? Fate::die : Fate::live; });
  const auto jobs = some_jobs(count);
  Collector collector;
  RC_ASSERT(run_supervised(source, jobs, collector).has_value());
  RC_ASSERT(collector.in_order());
  RC_ASSERT(collector.runs.size() == count);
  for (std::uint32_t n = 0; n < count; ++n)
    RC_ASSERT(collector.runs[n].ending == (killers.count(n) != 0 ? Run::Ending::lost : Run::Ending::complete));
}

// Whatever bit is flipped, in either direction: no run is lost, none is wrong, and it does not go unnoticed.
RC_GTEST_PROP(Supervise, AFlippedBitIsNoticedAndNothingLost, ()) {
  const auto way = *rc::gen::element(testing::BadLine::Way::to_agent, testing::BadLine::Way::to_host);
  SpoiltSource source(
      {.way = way, .byte = *rc::gen::inRange<std::uint64_t>(0, 1400), .bit = *rc::gen::inRange(0U, 8U)});
  const auto jobs = some_jobs(10);
  Collector collector;
  RC_ASSERT(run_supervised(source, jobs, collector).has_value());
  RC_ASSERT(collector.in_order());
  RC_ASSERT(collector.runs.size() == jobs.size());
  unsigned bad = 0;
  for (const auto& run : collector.runs) {
    const bool complete = run.ending == Run::Ending::complete;
    bad += !complete;
    RC_ASSERT(!complete || run.steps.size() == 3U);
  }
  RC_ASSERT(bad <= 1U);
  RC_CLASSIFY(source.spoilt());
  RC_ASSERT((source.discarded != 0) == source.spoilt());
}

TEST(Supervise, TheConsoleNamesTheJob) {
  unsigned deaths = 0;
  FakeSource source([&](std::uint32_t job) { return job == 5 && deaths++ == 0 ? Fate::die : Fate::live; });
  source.report = {.splat = "BUG: it broke", .job = 5, .step = 2};
  const auto jobs = some_jobs(10);
  Collector collector;
  ASSERT_TRUE(run_supervised(source, jobs, collector));
  ASSERT_EQ(collector.runs.size(), 10U);
  EXPECT_TRUE(collector.in_order());
  EXPECT_EQ(collector.runs[5].ending, Run::Ending::splat);
  EXPECT_EQ(collector.runs[5].note, "BUG: it broke");
  EXPECT_EQ(collector.runs[5].at, 2U);
  EXPECT_EQ(source.started, 2U);
}

// A death that does not come back must not go unsaid.
TEST(Supervise, ADeathThatDoesNotRepeatIsReported) {
  unsigned deaths = 0;
  FakeSource source([&](std::uint32_t job) { return job == 5 && deaths++ == 0 ? Fate::die : Fate::live; });
  const auto jobs = some_jobs(10);
  Collector collector;
  ASSERT_TRUE(run_supervised(source, jobs, collector));
  ASSERT_EQ(collector.runs.size(), 10U);
  unsigned lost = 0;
  for (const auto& run : collector.runs) lost += run.ending == Run::Ending::lost;
  EXPECT_EQ(lost, 1U);
  EXPECT_THAT(collector.runs[9].note, ::testing::HasSubstr("one by one they all passed"));
}

TEST(Supervise, AHangIsFoundOneByOne) {
  FakeSource source([&](std::uint32_t job) { return job == 7 ? Fate::freeze : Fate::live; });
  source.deadline = 2s;
  const auto jobs = some_jobs(10);
  Collector collector;
  ASSERT_TRUE(run_supervised(source, jobs, collector));
  ASSERT_EQ(collector.runs.size(), 10U);
  for (std::size_t n = 0; n < 10; ++n)
    EXPECT_EQ(collector.runs[n].ending, n == 7 ? Run::Ending::hung : Run::Ending::complete);
  EXPECT_THAT(collector.runs[7].note, ::testing::HasSubstr("at which step of the sequence is not known"));
}

TEST(Supervise, AnUncleanWorldIsNotUsedAgain) {
  FakeSource source([&](std::uint32_t job) { return job == 2 ? Fate::unclean : Fate::live; });
  const auto jobs = some_jobs(5);
  Collector collector;
  ASSERT_TRUE(run_supervised(source, jobs, collector));
  ASSERT_EQ(collector.runs.size(), 5U);
  EXPECT_EQ(collector.runs[2].ending, Run::Ending::unclean);
  EXPECT_EQ(collector.runs[2].note, "left something");
  EXPECT_EQ(source.started, 2U);
}

}  // namespace
}  // namespace mprogcheck
