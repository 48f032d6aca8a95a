// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// A campaign that is ended from outside, at any moment and as often as anybody likes, says in the end what it would
// have said without.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <random>

#include "base/testing/scratch.hpp"
#include "campaign/fuzz/fuzz.hpp"
#include "campaign/testing/campaign_text.hpp"
#include "campaign/testing/exploration.hpp"
#include "oracle/planted/planted_fault.hpp"

namespace mprogcheck {
namespace {

namespace fs = std::filesystem;
using testing::Listener;
using testing::Scratch;
using testing::text_of;

constexpr const char* fault = "before_nothing_appends";

/// Counts how often its oracle is asked.
class Counting final : public Oracle {
 public:
  explicit Counting(std::size_t& calls) : calls_(calls), inner_(std::move(*make_faulty_oracle(fault))) {}
  [[nodiscard]] const OracleIdentity& identity() const override { return inner_->identity(); }
  Result<void> run(std::span<const Job> jobs, RunSink& sink) override {
    ++calls_;
    return inner_->run(jobs, sink);
  }

 private:
  std::size_t& calls_;
  std::unique_ptr<Oracle> inner_;
};

class interrupted_campaign : public ::testing::Test {
 protected:
  void SetUp() override {
    options_.hooks = {model::Hook::tcx_ingress, model::Hook::tcx_egress};
    options_.kernel = std::string("model:") + fault;
    options_.seed = "interrupted";
    options_.sequences = 4 * 256;
    options_.stop = &stop_;
    const auto whole =
        run(scratch_.file("whole"), [this](unsigned) { return Result<std::unique_ptr<Oracle>>(new Counting(calls_)); });
    whole_ = text_of(*whole);
    ASSERT_GT(whole->findings.size(), 1U);
    for (const Finding& finding : whole->findings) ASSERT_GT(finding.hits, 1U);
  }

  Result<FuzzReport> run(
      const fs::path& out, const OracleFactory& factory = [](unsigned) { return make_faulty_oracle(fault); }) {
    options_.out = out;
    return fuzz(options_, factory, listener_);
  }

  Scratch scratch_;
  FuzzOptions options_;
  Listener listener_;
  std::string whole_;
  std::size_t calls_ = 0;
  std::atomic<bool> stop_{false};
};

/// While it judges, shrinks, looks for a shorter one and confirms.
TEST_F(interrupted_campaign, leaves_to_the_next_start_what_it_was_looking_into) {
  const fs::path out = scratch_.file("out");
  unsigned unconfirmed = 0;
  for (std::size_t times = 0; times < calls_; times += 1 + calls_ / 40) {
    const auto first = run(out, [&](unsigned) {
      return Result<std::unique_ptr<Oracle>>(new StopsAfter(std::move(*make_faulty_oracle(fault)), times, stop_));
    });
    ASSERT_TRUE(first && !first->error);
    EXPECT_TRUE(first->ended_early);
    for (const Finding& finding : first->findings) {
      EXPECT_TRUE(finding.minimal || finding.label == Label::unconfirmed) << text_of(finding);
      const auto kept = load_finding(finding.folder);
      ASSERT_TRUE(kept);
      EXPECT_EQ(kept->label, finding.label);
      unconfirmed += finding.label == Label::unconfirmed ? 1U : 0U;
    }
    stop_ = false;
    const auto second = run(out);
    ASSERT_TRUE(second && !second->error);
    EXPECT_EQ(text_of(*second), whole_) << "stopped when the oracle had been asked " << times << " times";
    fs::remove_all(out);
  }
  EXPECT_GT(unconfirmed, 10U);
}

/// Both of a process of ours, at a moment that its processor time decides.
enum class End { killed, stopped };
std::atomic<bool>* stop_of_child = nullptr;

void end_after(End end, unsigned microseconds) {
  ::signal(
      SIGPROF, end == End::killed ? [](int) { ::kill(::getpid(), SIGKILL); } : [](int) { *stop_of_child = true; });
  const itimerval timer{.it_interval = {},
                        .it_value = {static_cast<time_t>(microseconds / 1'000'000),
                                     static_cast<suseconds_t>(1 + microseconds % 999'999)}};
  ::setitimer(ITIMER_PROF, &timer, nullptr);
}

/// Of all threads of this process, in microseconds.
std::uint64_t processor_time() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& time) {
    return static_cast<std::uint64_t>(time.tv_sec * 1'000'000 + time.tv_usec);
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

TEST_F(interrupted_campaign, at_random_moments_adds_up) {
  const auto before = processor_time();
  ASSERT_TRUE(run(scratch_.file("measured")));
  const auto takes = processor_time() - before;
  std::mt19937_64 random(1);
  stop_of_child = &stop_;
  unsigned interrupted = 0;
  for (unsigned round = 0; round < 12; ++round) {
    const fs::path out = scratch_.file("out");
    options_.jobs = 1 + round % 2;
    for (unsigned times = 0; times < 1 + round % 4; ++times) {
      const auto end = random() % 3 == 0 ? End::stopped : End::killed;
      const auto moment = static_cast<unsigned>(random() % takes);
      const pid_t child = ::fork();
      ASSERT_GE(child, 0);
      if (child == 0) {
        end_after(end, moment);
        (void)run(out);
        ::_exit(0);
      }
      int status = 0;
      ASSERT_EQ(::waitpid(child, &status, 0), child);
      interrupted += WIFSIGNALED(status) ? 1U : 0U;
      ASSERT_TRUE(WIFEXITED(status) || WTERMSIG(status) == SIGKILL) << status;
    }
    listener_.notes.clear();
    const auto report = run(out);
    ASSERT_TRUE(report && !report->error);
    EXPECT_EQ(text_of(*report), whole_) << "round " << round << "\n" << listener_.notes;
    fs::remove_all(out);
  }
  EXPECT_GT(interrupted, 4U);
}

std::string text_of(const ExploreReport& report) {
  std::string text = fmt::format("{} of {} pairs, {} operations, {} steps, {} strays\n", report.covered,
                                 report.own_pairs, report.coverage.operations(), report.steps, report.around.strays);
  for (const Finding& finding : report.findings) text += text_of(finding);
  return text;
}

TEST_F(exploration, at_random_moments_adds_up) {
  std::mt19937_64 random(2);
  std::atomic<bool> stop{false};
  stop_of_child = &stop;
  ExploreOptions options{.bound = {.programs = 3}, .stop = &stop};
  const auto before = processor_time();
  options.out = directory_ / "whole";
  const std::string whole = text_of(explored(options, faulty("closed_fd_einval")));
  const auto takes = processor_time() - before;
  options.out = directory_ / "out";
  for (unsigned times = 0; times < 8; ++times) {
    const auto end = random() % 2 == 0 ? End::stopped : End::killed;
    const auto moment = static_cast<unsigned>(random() % takes);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      end_after(end, moment);
      Reporter silent;
      options.kernel = "model";  // as explored() has it
      (void)explore(options, faulty("closed_fd_einval"), silent);
      ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
  }
  EXPECT_EQ(text_of(explored(options, faulty("closed_fd_einval"))), whole);
}

/// What was judged behind a batch that was never run counts once, though the campaign is not over.
TEST_F(interrupted_campaign, goes_on_without_what_was_ahead) {
  const fs::path out = scratch_.file("out");
  options_.jobs = 2;
  for (std::size_t times = 0; times < 8; ++times) {
    const auto first = run(out, [&](unsigned) {
      return Result<std::unique_ptr<Oracle>>(new StopsAfter(std::move(*make_faulty_oracle(fault)), times, stop_));
    });
    ASSERT_TRUE(first && !first->error);
    stop_ = false;
  }
  const auto last = run(out);
  ASSERT_TRUE(last && !last->error);
  EXPECT_EQ(text_of(*last), whole_);
}

}  // namespace
}  // namespace mprogcheck
