// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// A campaign that is killed at any moment, and the next start in the same folder.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <memory>

#include "base/digest.hpp"
#include "base/file.hpp"
#include "campaign/fuzz/campaign_folder.hpp"
#include "campaign/fuzz/fuzz.hpp"
#include "campaign/testing/campaign_text.hpp"
#include "model/language/print.hpp"
#include "oracle/model_oracle.hpp"
#include "oracle/planted/planted_fault.hpp"
#include "properties/generate/generate.hpp"

namespace mprogcheck {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using testing::Listener;
using testing::text_of;

Result<std::unique_ptr<Oracle>> faulty(unsigned /*worker*/) {
  return make_faulty_oracle("before_nothing_appends");
}

/// Kills its process when it is asked for the nth time. Counts how often it is asked.
class Deadly final : public Oracle {
 public:
  Deadly(unsigned& calls, unsigned nth) : calls_(calls), nth_(nth), oracle_(std::move(*faulty(0))) {}
  [[nodiscard]] const OracleIdentity& identity() const override { return oracle_->identity(); }
  Result<void> run(std::span<const Job> jobs, RunSink& sink) override {
    if (++calls_ == nth_) ::raise(SIGKILL);
    return oracle_->run(jobs, sink);
  }

 private:
  unsigned& calls_;
  unsigned nth_;
  std::unique_ptr<Oracle> oracle_;
};

class resumed_campaign : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "mprogcheck-resume-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    options_.out = pattern;
    options_.hooks = {model::Hook::tcx_ingress, model::Hook::tcx_egress};
    options_.seed = "resume";
    options_.kernel = "model:before_nothing_appends";
    options_.sequences = 4 * 256;
  }
  void TearDown() override { fs::remove_all(options_.out); }

  Result<FuzzReport> start() { return fuzz(options_, faulty, listener_); }

  /// Starts the campaign in a process that is killed as soon as its oracle is asked for the nth time.
  void start_and_kill(unsigned nth) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      unsigned calls = 0;
      Reporter silent;
      (void)fuzz(
          options_,
          [&calls, nth](unsigned) -> Result<std::unique_ptr<Oracle>> { return std::make_unique<Deadly>(calls, nth); },
          silent);
      ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "it had ended before its oracle was asked " << nth << " times";
  }

  FuzzOptions options_;
  Listener listener_;
};

TEST_F(resumed_campaign, killed_at_any_moment_loses_nothing_and_repeats_little) {
  unsigned calls = 0;
  const auto whole = fuzz(
      options_, [&](unsigned) -> Result<std::unique_ptr<Oracle>> { return std::make_unique<Deadly>(calls, 0); },
      listener_);
  ASSERT_TRUE(whole && !whole->error);
  ASSERT_EQ(whole->findings.size(), 2U);
  ASSERT_GT(calls, 12U);
  unsigned carried_on = 0;
  for (const unsigned nth : {1U, 2U, 3U, 4U, 6U, 8U, 12U, calls - 1, calls}) {
    fs::remove_all(options_.out);
    start_and_kill(nth);
    const auto report = start();
    ASSERT_TRUE(report && !report->error) << nth;
    EXPECT_EQ(text_of(*report), text_of(*whole)) << nth;
    EXPECT_EQ(report->progress.sequences, *options_.sequences) << nth;
    EXPECT_EQ(report->progress.operations, whole->progress.operations) << nth;
    EXPECT_EQ(report->calls, whole->calls) << nth;
    EXPECT_TRUE(report->knows_calls) << nth;
    EXPECT_THAT(listener_.notes, HasSubstr("carries on")) << nth;
    carried_on += report->carried_on != 0 ? 1U : 0U;
  }
  EXPECT_GT(carried_on, 0U);
}

/// Of two workers one fails in the middle of the first batch, when the other is done with one behind it: that will be
/// run again.
TEST_F(resumed_campaign, counts_nothing_twice_that_was_behind_where_it_goes_on) {
  struct Moment {
    std::string first;  ///< sequence of the first batch
    std::atomic<unsigned> done{0};
    std::atomic<bool> fails{true};
  } moment;
  class Staggering final : public Oracle {
   public:
    explicit Staggering(Moment& moment) : moment_(moment) {}
    [[nodiscard]] const OracleIdentity& identity() const override { return model_.identity(); }
    Result<void> run(std::span<const Job> jobs, RunSink& sink) override {
      const auto is_first = [this](const Job& job) { return model::print(job.sequence) == moment_.first; };
      if (moment_.fails && std::ranges::any_of(jobs, is_first)) {
        while (moment_.done == 0) moment_.done.wait(0);
        if (auto ran = model_.run(jobs.first(jobs.size() / 2), sink); !ran) return ran;
        return fail("the first batch cannot be run");
      }
      auto ran = model_.run(jobs, sink);
      ++moment_.done;
      moment_.done.notify_all();
      return ran;
    }

   private:
    ModelOracle model_;
    Moment& moment_;
  };
  // Long enough that no other batch has it, too.
  const properties::Generator generator(
      {.seed = Digest().add(options_.seed).value(), .shard = 0, .hooks = options_.hooks, .nonsense_ppm = {}});
  std::size_t longest = 0;
  for (std::uint64_t n = 0; n < 256; ++n)
    if (const auto sequence = generator.sequence(n); sequence.operations.size() > longest) {
      longest = sequence.operations.size();
      moment.first = model::print(sequence);
    }
  options_.kernel = "model";
  options_.jobs = 2;
  options_.sequences = 8 * 256;  // more batches than one worker takes ahead: the other one has some
  const OracleFactory factory = [&](unsigned) { return Result<std::unique_ptr<Oracle>>(new Staggering(moment)); };
  const auto first = fuzz(options_, factory, listener_);
  ASSERT_TRUE(first && first->error);
  EXPECT_EQ(first->progress.sequences, 0U);
  moment.fails = false;
  const auto second = fuzz(options_, factory, listener_);
  ASSERT_TRUE(second && !second->error);
  EXPECT_EQ(second->carried_on, 0U);
  EXPECT_EQ(second->progress.sequences, *options_.sequences);
}

TEST_F(resumed_campaign, may_be_killed_again_and_again) {
  const auto whole = start();
  ASSERT_TRUE(whole);
  fs::remove_all(options_.out);
  for (const unsigned nth : {2U, 3U, 4U, 2U}) start_and_kill(nth);
  const auto report = start();
  ASSERT_TRUE(report && !report->error);
  EXPECT_EQ(text_of(*report), text_of(*whole));
}

TEST_F(resumed_campaign, goes_on_without_being_told_the_seed) {
  start_and_kill(3);
  options_.seed.clear();
  const auto report = start();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->seed, "resume");
}

TEST_F(resumed_campaign, does_not_go_on_as_another_one) {
  start_and_kill(3);
  options_.seed = "other";
  const auto report = start();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind, Error::Kind::usage);
  EXPECT_THAT(report.error().message, ::testing::AllOf(HasSubstr("seed resume"), HasSubstr("--out")));
  options_.seed = "resume";
  options_.hooks.pop_back();
  EXPECT_FALSE(start());
}

TEST_F(resumed_campaign, one_that_has_ended_is_followed_by_a_new_one) {
  ASSERT_TRUE(start());
  options_.seed = "other";
  const auto report = start();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->carried_on, 0U);
  EXPECT_EQ(report->progress.sequences, *options_.sequences);
}

TEST_F(resumed_campaign, what_is_torn_is_told_and_left_alone) {
  start_and_kill(6);
  const fs::path torn = options_.out / "findings" / "order-attach-00000000";
  ASSERT_TRUE(write_file(torn / "sequence.mpc", "mprogcheck 1\n"));
  ASSERT_TRUE(write_file(torn / "divergence.json.partial", "{\"prop"));
  const auto report = start();
  ASSERT_TRUE(report && !report->error);
  EXPECT_EQ(report->findings.size(), 2U);
  EXPECT_THAT(listener_.notes, HasSubstr("order-attach-00000000: torn"));
  EXPECT_TRUE(fs::exists(torn / "sequence.mpc"));
}

TEST_F(resumed_campaign, half_a_state_is_none) {
  start_and_kill(6);
  for (const auto& entry : fs::directory_iterator(options_.out))
    if (entry.path().filename().string().starts_with("state-")) fs::resize_file(entry.path(), 40);
  const auto report = start();
  ASSERT_TRUE(report && !report->error);
  EXPECT_EQ(report->carried_on, 0U);
  EXPECT_EQ(report->findings.size(), 2U);
  EXPECT_THAT(listener_.notes, HasSubstr("torn"));
}

TEST_F(resumed_campaign, two_at_a_time_have_no_room_in_one_folder) {
  const auto first = CampaignFolder::open(options_.out);
  ASSERT_TRUE(first);
  const auto second = start();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, Error::Kind::usage);
  EXPECT_THAT(second.error().message, HasSubstr("another mprogcheck"));
}

TEST_F(resumed_campaign, a_finding_on_disk_says_what_it_said) {
  const auto report = start();
  ASSERT_TRUE(report);
  for (const Finding& finding : report->findings) {
    const auto read = load_finding(finding.folder);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->divergence.fingerprint, finding.divergence.fingerprint);
    EXPECT_EQ(read->found, finding.found);
    EXPECT_EQ(read->shrunk, finding.shrunk);
    EXPECT_EQ(read->before, finding.before);
    EXPECT_EQ(read->label, finding.label);
    EXPECT_EQ(read->confirmed, finding.confirmed);
    EXPECT_EQ(read->hits, finding.hits);
    EXPECT_EQ(read->unjudged, finding.unjudged);
    EXPECT_EQ(read->history, finding.history);
    EXPECT_EQ(read->origin.seed, finding.origin.seed);
  }
}

}  // namespace
}  // namespace mprogcheck
