// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// A campaign and an exploration go on with what they left only if it is as they left it, to the last byte.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <memory>

#include "base/testing/scratch.hpp"
#include "campaign/explore/state.hpp"
#include "campaign/fuzz/campaign_folder.hpp"
#include "campaign/fuzz/fuzz.hpp"
#include "campaign/testing/campaign_text.hpp"
#include "campaign/testing/damage.hpp"
#include "campaign/testing/exploration.hpp"
#include "oracle/planted/planted_fault.hpp"

namespace mprogcheck {
namespace {

namespace fs = std::filesystem;
using testing::Damage;
using ::testing::HasSubstr;
using testing::Listener;
using testing::Scratch;
using testing::text_of;

/// A campaign that was stopped when it had found all that it will find.
class damaged_campaign : public ::testing::Test {
 protected:
  static constexpr const char* kernel = "model:run_stops_at_next";

  void SetUp() override {
    options_.hooks = {model::Hook::tcx_ingress, model::Hook::tcx_egress};
    options_.kernel = kernel;
    options_.seed = "damage";
    options_.sequences = 2 * 256;
    options_.confirmations = 1;
    whole_ = text_of(*run(scratch_.file("whole")));
    std::atomic<bool> stop{false};
    options_.stop = &stop;
    run(left_, [&stop](unsigned) -> Result<std::unique_ptr<Oracle>> {
      return std::make_unique<StopsAtTheEnd>(std::move(*make_faulty_oracle("run_stops_at_next")), stop);
    });
    options_.stop = nullptr;
    const auto last = CampaignFolder::open(left_)->last(kernel, [](std::string_view) {});
    ASSERT_TRUE(last);
    ASSERT_GT(last->findings.size(), 1U);
    ASSERT_GT(last->state.progress.sequences, 0U);
    begin_again();
  }

  /// Sets `stop` in the second batch.
  class StopsAtTheEnd final : public Oracle {
   public:
    StopsAtTheEnd(std::unique_ptr<Oracle> inner, std::atomic<bool>& stop) : inner_(std::move(inner)), stop_(stop) {}
    [[nodiscard]] const OracleIdentity& identity() const override { return inner_->identity(); }
    Result<void> run(std::span<const Job> jobs, RunSink& sink) override {
      if (jobs.size() > 200 && ++batches_ == 2) stop_ = true;
      return inner_->run(jobs, sink);
    }

   private:
    std::unique_ptr<Oracle> inner_;
    std::atomic<bool>& stop_;
    unsigned batches_ = 0;
  };

  Result<FuzzReport> run(
      const fs::path& out,
      const OracleFactory& factory = [](unsigned) { return make_faulty_oracle("run_stops_at_next"); }) {
    options_.out = out;
    listener_.notes.clear();
    return fuzz(options_, factory, listener_);
  }
  void begin_again() {
    fs::remove_all(out_);
    fs::copy(left_, out_, fs::copy_options::recursive);
  }
  [[nodiscard]] std::vector<fs::path> journals() const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(out_))
      if (entry.path().extension() == ".json" || entry.path().extension() == ".mpc") files.push_back(entry.path());
    std::ranges::sort(files);
    return files;
  }

  Scratch scratch_;
  fs::path left_ = scratch_.file("left"), out_ = scratch_.file("out");
  FuzzOptions options_;
  Listener listener_;
  std::string whole_;
};

TEST_F(damaged_campaign, is_whole_or_begun_anew_and_that_is_said) {
  const auto read = [&](std::string& notes) {
    const auto last = CampaignFolder::open(out_)->last(kernel, [&](std::string_view line) { notes += line; });
    std::string text = "begun anew";
    if (!last) return text;
    text = fmt::format("{} {} {}", last->state.next, last->state.progress.operations, last->state.seed);
    for (const Finding& finding : last->findings) text += text_of(finding);
    return text;
  };
  std::string silence;
  const std::string whole = read(silence);
  EXPECT_EQ(silence, "");
  unsigned anew = 0, healed = 0;
  for (unsigned seed = 0; seed < 1000; ++seed) {
    Damage damage(seed);
    const std::string done = damage.to_one_of(journals());
    if (done.empty()) continue;
    std::string notes;
    const std::string found = read(notes);
    if (found == "begun anew")
      ++anew;
    else
      ++healed;
    EXPECT_TRUE(found == whole || found == "begun anew") << done << ": " << found;
    // Where the state is gone altogether, what it counted is said when the new campaign puts it aside.
    EXPECT_TRUE(done.starts_with("all of out/state") || !notes.empty()) << done;
    begin_again();
  }
  EXPECT_GT(anew, 200U);
  EXPECT_GT(healed, 100U) << "sequences of people's";
}

TEST_F(damaged_campaign, ends_with_all_that_it_finds) {
  for (unsigned seed = 0; seed < 24; ++seed) {
    Damage damage(1'000'000 + seed);
    std::string done;
    for (std::size_t times = 1 + damage.below(3); times > 0; --times) done += damage.to_one_of(journals()) + ", ";
    const auto report = run(out_);
    ASSERT_TRUE(report && !report->error) << done;
    EXPECT_EQ(text_of(*report), whole_) << done << listener_.notes;
    begin_again();
  }
}

TEST_F(damaged_campaign, a_counted_finding_that_is_gone_is_found_again) {
  fs::remove_all(out_ / "findings");
  const auto report = run(out_);
  ASSERT_TRUE(report && !report->error);
  EXPECT_EQ(text_of(*report), whole_);
  EXPECT_EQ(report->carried_on, 0U);
  EXPECT_THAT(listener_.notes, HasSubstr("expected finding 1 of "));
  EXPECT_THAT(listener_.notes, HasSubstr("this is a new one"));
}

TEST_F(damaged_campaign, without_its_state_leaves_its_findings_aside) {
  for (const fs::path& file : journals())
    if (file.filename().string().starts_with("state-")) fs::remove(file);
  const auto report = run(out_);
  ASSERT_TRUE(report && !report->error);
  EXPECT_EQ(text_of(*report), whole_);
  EXPECT_THAT(listener_.notes, HasSubstr("are now in " + (out_ / "earlier" / "1").string()));
}

TEST_F(damaged_campaign, sequences_that_somebody_changed_are_written_again) {
  for (const fs::path& file : journals())
    if (file.extension() == ".mpc") {
      ASSERT_TRUE(write_file(file, "mprogcheck 1\n"));
    }
  const auto report = run(out_);
  ASSERT_TRUE(report && !report->error);
  EXPECT_EQ(text_of(*report), whole_);
  EXPECT_GT(report->carried_on, 0U);
  EXPECT_THAT(listener_.notes, HasSubstr("written again"));
  for (const Finding& finding : report->findings) EXPECT_TRUE(shows_its_sequences(finding));
}

TEST_F(exploration, that_is_damaged_is_refused) {
  std::atomic<bool> stop{false};
  ExploreOptions options{.bound = small, .stop = &stop};
  explored(options, [&](unsigned) {
    return Result<std::unique_ptr<Oracle>>(
        std::make_unique<StopsAfter>(std::move(*make_faulty_oracle("closed_fd_einval")), 8, stop));
  });
  const fs::path out = directory_ / "out", file = out / "explore.json";
  const std::string left = *read_file(file);
  ASSERT_FALSE((*read_explore_state(out))->finished);
  unsigned refused = 0;
  for (unsigned seed = 0; seed < 1000; ++seed) {
    Damage damage(seed);
    const std::string done = damage.to_one_of({file});
    if (done.empty()) continue;
    const auto state = read_explore_state(out);
    if (done.starts_with("all")) {
      EXPECT_TRUE(state && !*state);
    } else {
      EXPECT_TRUE(!state || (*state)->is_old) << done;
      ++refused;
    }
    ASSERT_TRUE(write_file(file, left, false));
  }
  EXPECT_GT(refused, 500U);
  stop = false;
  for (unsigned seed = 0; seed < 8; ++seed) {
    Damage damage(2'000'000 + seed);
    while (damage.to_one_of({file}).empty()) continue;
    if (!fs::exists(file)) continue;
    Reporter silent;
    options.kernel = "model";
    options.out = out;
    const auto report = explore(options, faulty("closed_fd_einval"), silent);
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().kind, Error::Kind::usage);
    ASSERT_TRUE(write_file(file, left, false));
  }
}

}  // namespace
}  // namespace mprogcheck
