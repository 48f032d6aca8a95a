// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/fuzz/fuzz.hpp"
#include "base/file.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>

#include "campaign/fuzz/json_report.hpp"
#include "model/language/parse.hpp"
#include "model/language/print.hpp"
#include "oracle/model_oracle.hpp"
#include "oracle/planted/planted_fault.hpp"

namespace mprogcheck {
namespace {

namespace fs = std::filesystem;

class fuzz_campaign : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "mprogcheck-fuzz-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    options_.out = pattern;
    options_.hooks = {model::Hook::tcx_ingress, model::Hook::tcx_egress};
    options_.seed = "test";
  }
  void TearDown() override { fs::remove_all(options_.out); }

  static OracleFactory faulty(std::string_view name) {
    return [name](unsigned) { return make_faulty_oracle(name); };
  }

  FuzzOptions options_;
  Reporter silent_;
};

/// Writes down what it is given, and answers as the model.
class Recorder final : public Oracle {
 public:
  Recorder(std::map<std::string, unsigned>& seen, std::mutex& mutex) : seen_(seen), mutex_(mutex) {}
  [[nodiscard]] const OracleIdentity& identity() const override { return model_.identity(); }
  Result<void> run(std::span<const Job> jobs, RunSink& sink) override {
    {
      const std::scoped_lock lock(mutex_);
      for (const Job& job : jobs)
        if (job.lie == Lie::none) ++seen_[model::print(job.sequence)];
    }
    return model_.run(jobs, sink);
  }

 private:
  ModelOracle model_;
  std::map<std::string, unsigned>& seen_;
  std::mutex& mutex_;
};

TEST_F(fuzz_campaign, one_job_and_four_run_the_same_sequences) {
  options_.sequences = 10'000;
  std::map<std::string, unsigned> seen[2];
  std::uint64_t operations[2];
  std::size_t pairs[2];
  std::mutex mutex;
  for (const unsigned round : {0U, 1U}) {
    options_.jobs = round == 0 ? 1 : 4;
    const auto report = fuzz(
        options_,
        [&](unsigned) -> Result<std::unique_ptr<Oracle>> { return std::make_unique<Recorder>(seen[round], mutex); },
        silent_);
    ASSERT_TRUE(report && !report->error);
    EXPECT_EQ(report->progress.sequences, 10'000U);
    EXPECT_TRUE(report->findings.empty());
    operations[round] = report->progress.operations;
    pairs[round] = report->pairs.covered;
    EXPECT_LT(report->pairs.covered, report->pairs.total);
    const auto coverage = to_json(*report, options_)["coverage"];
    EXPECT_EQ(coverage["pairs_total"], properties::usual_pair_space().size());
    EXPECT_EQ(coverage["pairs_covered"], report->pairs.covered);
    EXPECT_TRUE(coverage["unseen_rules"].is_array());
    EXPECT_TRUE(coverage["unseen_errnos"].empty()) << coverage["unseen_errnos"];
  }
  EXPECT_EQ(seen[0], seen[1]);
  EXPECT_EQ(operations[0], operations[1]);
  EXPECT_EQ(pairs[0], pairs[1]);
  EXPECT_GT(pairs[0], operations[0] / 100);
}

/// Tells the truth even where it is asked to lie: an agent that only echoes what is expected of it.
class Echo final : public Oracle {
 public:
  [[nodiscard]] const OracleIdentity& identity() const override { return model_.identity(); }
  Result<void> run(std::span<const Job> jobs, RunSink& sink) override {
    std::vector<Job> honest(jobs.begin(), jobs.end());
    for (Job& job : honest) job.lie = Lie::none;
    return model_.run(honest, sink);
  }

 private:
  ModelOracle model_;
};

TEST_F(fuzz_campaign, a_canary_that_is_not_caught_is_infrastructure) {
  options_.sequences = 1000;
  const auto report = fuzz(
      options_, [](unsigned) -> Result<std::unique_ptr<Oracle>> { return std::make_unique<Echo>(); }, silent_);
  ASSERT_TRUE(report);
  ASSERT_TRUE(report->error);
  EXPECT_EQ(report->error->kind, Error::Kind::infrastructure);
  EXPECT_NE(report->error->message.find("canary"), std::string::npos);
  EXPECT_LT(report->progress.canaries.caught, report->progress.canaries.planted);
}

TEST_F(fuzz_campaign, every_kind_of_canary_is_caught) {
  constexpr unsigned kinds = lies - 1;
  options_.sequences = 256 * kinds;
  const auto report = fuzz(
      options_, [](unsigned) -> Result<std::unique_ptr<Oracle>> { return std::make_unique<ModelOracle>(); }, silent_);
  ASSERT_TRUE(report && !report->error);
  EXPECT_EQ(report->progress.canaries.planted, kinds) << "one in each batch, each lie in turn";
  EXPECT_EQ(report->progress.canaries.planted, report->progress.canaries.caught);
}

/// As a guest does in fast depth: references are not shown, and after every 32nd run it is seen whether one was leaked.
class CountsLater final : public Oracle {
 public:
  explicit CountsLater(std::string_view fault) : faulty_(std::move(*make_faulty_oracle(fault))) {}
  [[nodiscard]] const OracleIdentity& identity() const override { return faulty_->identity(); }
  Result<void> run(std::span<const Job> jobs, RunSink& sink) override {
    Blur blur(jobs, sink);
    return faulty_->run(jobs, blur);
  }

 private:
  class Blur final : public RunSink {
   public:
    Blur(std::span<const Job> jobs, RunSink& sink) : jobs_(jobs), sink_(sink) {}
    void take(std::size_t number, Run& run) override {
      const Job& job = jobs_[number];
      if (job.depth == Depth::fast && job.lie != Lie::references) blur(job, run, number + 1 == jobs_.size());
      sink_.take(number, run);
    }

   private:
    void blur(const Job& job, Run& run, bool last) {
      if (run.ending == Run::Ending::unclean && job.lie != Lie::leak) {
        run.ending = Run::Ending::complete;
        run.note.clear();
        run.miscounted = false;
      }
      model::World world = world_of(job);
      for (const auto& operation : job.sequence.operations) world.apply(operation);
      for (ProgramView& view : run.programs) {
        leaked_ = leaked_ || (view.alive && view.references != world.program(view.program).references);
        view.references = unknown_references;
      }
      for (LinkView& view : run.links) view.references = unknown_references;
      if (!last && unchecked_ < 31) {
        ++unchecked_;
        return;
      }
      if (leaked_) {
        run.ending = Run::Ending::unclean;
        run.note = "references";
        run.miscounted = true;
        run.unchecked = unchecked_;
      }
      leaked_ = false;
      unchecked_ = 0;
    }

    std::span<const Job> jobs_;
    RunSink& sink_;
    bool leaked_ = false;
    std::uint32_t unchecked_ = 0;
  };

  std::unique_ptr<Oracle> faulty_;
};

TEST_F(fuzz_campaign, a_leak_that_is_found_late_is_pinned_on_its_operation) {
  options_.sequences = 2000;
  const auto report = fuzz(
      options_,
      [](unsigned) -> Result<std::unique_ptr<Oracle>> {
        return std::make_unique<CountsLater>("leaked_program_reference");
      },
      silent_);
  ASSERT_TRUE(report && !report->error);
  ASSERT_FALSE(report->findings.empty());
  for (const Finding& finding : report->findings) {
    EXPECT_TRUE(finding.divergence.broken.contains(properties::Property::refcount))
        << to_string(finding.divergence.fingerprint);
    EXPECT_EQ(finding.divergence.fingerprint.call, "attach");
    EXPECT_EQ(finding.label, Label::reproducible);
    EXPECT_LE(finding.shrunk.operations.size(), 2U);
  }
  // Nothing is left of the runs after which the leaks were seen.
  for (const auto& folder : fs::directory_iterator(options_.out / "findings"))
    EXPECT_NE(std::ranges::find(report->findings, folder.path(), &Finding::folder), report->findings.end())
        << folder.path();
}

/// Watches what is on disk when it is told of a finding.
class DiskWatcher final : public Reporter {
 public:
  void finding(const Finding& finding) override {
    if (finding.label == Label::unconfirmed) {
      ++before_shrinking;
      EXPECT_TRUE(fs::exists(finding.folder / "sequence.mpc"));
      EXPECT_TRUE(fs::exists(finding.folder / "report.txt"));
      EXPECT_FALSE(fs::exists(finding.folder / "shrunk.mpc"));
    } else {
      ++after_shrinking;
      EXPECT_TRUE(fs::exists(finding.folder / "shrunk.mpc"));
    }
  }
  unsigned before_shrinking = 0, after_shrinking = 0;
};

TEST_F(fuzz_campaign, a_finding_is_on_disk_before_it_is_shrunk) {
  options_.sequences = 2000;
  options_.jobs = 2;
  DiskWatcher watcher;
  const auto report = fuzz(options_, faulty("before_nothing_appends"), watcher);
  ASSERT_TRUE(report && !report->error);
  EXPECT_GE(watcher.before_shrinking, 1U);
  EXPECT_GE(watcher.after_shrinking, 1U);
  ASSERT_FALSE(report->findings.empty());
  EXPECT_EQ(report->findings.front().label, Label::reproducible);
  EXPECT_GT(report->findings.front().hits, 1U);
  EXPECT_GT(report->progress.unjudged, 0U);
}

TEST_F(fuzz_campaign, stops_when_told_to) {
  std::atomic<bool> stop{true};
  options_.stop = &stop;
  options_.seconds = 3600;
  const auto report = fuzz(
      options_, [](unsigned) -> Result<std::unique_ptr<Oracle>> { return std::make_unique<ModelOracle>(); }, silent_);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->ended_early);
}

/// Breaks down after its first batch.
class Mortal final : public Oracle {
 public:
  [[nodiscard]] const OracleIdentity& identity() const override { return model_.identity(); }
  Result<void> run(std::span<const Job> jobs, RunSink& sink) override {
    if (tired_) return fail("the machine room is on fire");
    tired_ = true;
    return model_.run(jobs, sink);
  }

 private:
  ModelOracle model_;
  bool tired_ = false;
};

TEST_F(fuzz_campaign, what_was_checked_before_an_error_is_not_lost) {
  options_.sequences = 100'000;
  const auto report = fuzz(
      options_, [](unsigned) -> Result<std::unique_ptr<Oracle>> { return std::make_unique<Mortal>(); }, silent_);
  ASSERT_TRUE(report);
  ASSERT_TRUE(report->error);
  EXPECT_EQ(report->error->message, "the machine room is on fire");
  EXPECT_EQ(report->progress.sequences, 256U);
}

TEST_F(fuzz_campaign, finds_the_same_with_any_number_of_jobs) {
  options_.sequences = 3000;
  for (const char* fault : {"before_nothing_appends", "capacity_one_short", "replace_moves_to_end"}) {
    std::string told[2];
    for (const unsigned jobs : {1U, 3U}) {
      fs::remove_all(options_.out);
      options_.jobs = jobs;
      const auto report = fuzz(options_, faulty(fault), silent_);
      ASSERT_TRUE(report && !report->error);
      ASSERT_FALSE(report->findings.empty());
      std::string& text = told[jobs == 1 ? 0 : 1];
      text = to_json(report->findings).dump(1);
      for (const Finding& finding : report->findings)
        text += model::print(finding.found) + model::print(finding.shrunk);
      text += std::to_string(report->progress.operations) + " " + std::to_string(report->progress.unjudged);
    }
    EXPECT_EQ(told[0], told[1]) << fault;
  }
}

/// Behaves until a sequence has loaded three programs; from then on, until it is renewed, it has a bug.
class Infectious final : public Oracle {
 public:
  Infectious() : sick_(std::move(*make_faulty_oracle("before_nothing_appends"))) {}
  [[nodiscard]] const OracleIdentity& identity() const override { return well_.identity(); }
  Result<void> run(std::span<const Job> jobs, RunSink& sink) override {
    class Renumbered final : public RunSink {
     public:
      Renumbered(RunSink& to, std::size_t number) : to_(to), number_(number) {}
      void take(std::size_t, Run& run) override { to_.take(number_, run); }

     private:
      RunSink& to_;
      std::size_t number_;
    };
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      Renumbered renumbered(sink, i);
      Oracle& oracle = infected_ ? static_cast<Oracle&>(*sick_) : well_;
      if (auto ran = oracle.run(jobs.subspan(i, 1), renumbered); !ran) return ran;
      infected_ = infected_ || loads(jobs[i].sequence) >= 3;
    }
    return {};
  }
  Result<void> renew(Start) override {
    infected_ = false;
    ++guests_;
    return {};
  }
  [[nodiscard]] std::uint64_t guests() const override { return guests_; }

  static std::ptrdiff_t loads(const model::Sequence& sequence) {
    return std::ranges::count_if(sequence.operations, [](const model::Operation& operation) {
      return std::holds_alternative<model::Load>(operation);
    });
  }

 private:
  ModelOracle well_;
  std::unique_ptr<Oracle> sick_;
  bool infected_ = false;
  std::uint64_t guests_ = 1;
};

TEST_F(fuzz_campaign, a_finding_that_needs_another_sequence_before_it_keeps_that_one) {
  options_.sequences = 1000;
  const auto report = fuzz(
      options_, [](unsigned) -> Result<std::unique_ptr<Oracle>> { return std::make_unique<Infectious>(); }, silent_);
  ASSERT_TRUE(report && !report->error);
  ASSERT_FALSE(report->findings.empty());
  const Finding& finding = report->findings.front();
  EXPECT_EQ(finding.label, Label::reproducible) << finding.confirmed << " of " << finding.runs;
  ASSERT_EQ(finding.before.size(), 1U);
  EXPECT_GE(Infectious::loads(finding.before.front()), 3);
  const auto kept = model::parse_all(*read_file(finding.folder / "shrunk.mpc"));
  ASSERT_TRUE(kept);
  EXPECT_EQ(*kept, (std::vector{finding.before.front(), finding.shrunk}));
}

/// Honest, but that the first run that lies leaves a reference behind, or may have: once, and never again.
class LeaksOnceBesideACanary final : public Oracle {
 public:
  [[nodiscard]] const OracleIdentity& identity() const override { return model_.identity(); }
  Result<void> run(std::span<const Job> jobs, RunSink& sink) override {
    class Leaking final : public RunSink {
     public:
      Leaking(std::span<const Job> jobs, RunSink& to, bool& leaked) : jobs_(jobs), to_(to), leaked_(leaked) {}
      void take(std::size_t number, Run& run) override {
        if (!leaked_ && jobs_[number].lie != Lie::none && number >= 3) {
          leaked_ = true;
          run.ending = Run::Ending::unclean;
          run.note = "references: one too many";
          run.miscounted = true;
          run.unchecked = 3;
        }
        to_.take(number, run);
      }

     private:
      std::span<const Job> jobs_;
      RunSink& to_;
      bool& leaked_;
    };
    Leaking leaking(jobs, sink, leaked_);
    return model_.run(jobs, leaking);
  }
  [[nodiscard]] bool leaked() const { return leaked_; }

 private:
  ModelOracle model_;
  bool leaked_ = false;
};

TEST_F(fuzz_campaign, a_leak_that_shows_once_after_a_canary_is_a_flaky_finding) {
  options_.sequences = 2000;
  const auto report = fuzz(
      options_, [](unsigned) -> Result<std::unique_ptr<Oracle>> { return std::make_unique<LeaksOnceBesideACanary>(); },
      silent_);
  ASSERT_TRUE(report && !report->error);
  ASSERT_EQ(report->findings.size(), 1U);
  const Finding& finding = report->findings.front();
  EXPECT_EQ(finding.divergence.primary, properties::Property::refcount);
  EXPECT_EQ(finding.label, Label::flaky);
  EXPECT_EQ(finding.confirmed, 0U);
  EXPECT_EQ(finding.runs, 4U);
}

/// The guest stops answering in one run, and in no other.
class LostOnce final : public Oracle {
 public:
  [[nodiscard]] const OracleIdentity& identity() const override { return model_.identity(); }
  Result<void> run(std::span<const Job> jobs, RunSink& sink) override {
    class Losing final : public RunSink {
     public:
      Losing(RunSink& to, bool& lost) : to_(to), lost_(lost) {}
      void take(std::size_t number, Run& run) override {
        if (!lost_ && run.steps.size() > 4) {
          lost_ = true;
          run.steps.resize(2);
          run.ending = Run::Ending::lost;
        }
        to_.take(number, run);
      }

     private:
      RunSink& to_;
      bool& lost_;
    };
    Losing losing(sink, lost_);
    return model_.run(jobs, losing);
  }

 private:
  ModelOracle model_;
  bool lost_ = false;
};

TEST_F(fuzz_campaign, a_guest_that_is_lost_once_is_infrastructure) {
  options_.sequences = 600;
  const auto report = fuzz(
      options_, [](unsigned) -> Result<std::unique_ptr<Oracle>> { return std::make_unique<LostOnce>(); }, silent_);
  ASSERT_TRUE(report && !report->error);
  ASSERT_EQ(report->findings.size(), 1U);
  EXPECT_EQ(report->findings.front().label, Label::infrastructure);
  EXPECT_EQ(report->progress.sequences, 600U);
}

}  // namespace
}  // namespace mprogcheck
