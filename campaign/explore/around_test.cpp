// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Explorations of kernels that do not go where the model goes.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>

#include "campaign/testing/exploration.hpp"

namespace mprogcheck {
namespace {

namespace fs = std::filesystem;

TEST_F(exploration, of_a_kernel_that_goes_astray_counts_only_what_it_knows) {
  // In the first state already.
  const auto report = explored({.bound = {.programs = 3, .links = 1}}, faulty("close_forgets_to_detach"));
  EXPECT_FALSE(report.is_complete());
  EXPECT_LT(report.covered, report.own_pairs);
  EXPECT_FALSE(report.findings.empty());
  // The others can be come by in another way; errnos are as they should be.
  fs::remove_all(directory_ / "out");
  const auto around = explored({.bound = {.programs = 3, .links = 0}}, faulty("after_appends"));
  EXPECT_TRUE(around.is_complete());
  for (const auto& [call, row] : around.table.rows())
    for (const auto& [outcome, cell] : row) EXPECT_EQ(cell.covered, cell.total) << call << ' ' << outcome;
}

/// Says of the step before each tour's second stop that it failed.
class Astray final : public Oracle {
 public:
  [[nodiscard]] const OracleIdentity& identity() const override { return model_.identity(); }
  Result<void> run(std::span<const Job> jobs, RunSink& sink) override {
    Leading leading(sink);
    return model_.run(jobs, leading);
  }

 private:
  class Leading final : public RunSink {
   public:
    explicit Leading(RunSink& sink) : sink_(sink) {}
    void take(std::size_t number, Run& run) override {
      if (run.trials.size() > 1) run.steps[run.trials[1].step].outcome = model::enomem;
      sink_.take(number, run);
    }

   private:
    RunSink& sink_;
  };
  ModelOracle model_;
};

TEST_F(exploration, what_is_tried_after_a_step_that_differs_does_not_count) {
  const auto report =
      explored({.bound = small}, [](unsigned) { return Result<std::unique_ptr<Oracle>>(std::make_unique<Astray>()); });
  EXPECT_FALSE(report.findings.empty());
  EXPECT_GT(report.states, 2 * report.tours) << "else there is nothing to leave out";
  EXPECT_LE(report.covered, (report.tours + report.around.tours) * report.operations)
      << "no tour came further than its first stop";
}

// A state that only a wrong way leads to is no state of theirs.
TEST_F(exploration, goes_around_what_leads_elsewhere) {
  for (const char* fault : {"before_nothing_appends", "detach_ignores_owner", "exists_not_checked_for_links",
                            "query_count_short", "update_keeps_program"}) {
    SCOPED_TRACE(fault);
    fs::remove_all(directory_ / "out");
    const auto report = explored({.bound = small, .jobs = 2}, faulty(fault));
    EXPECT_TRUE(report.is_complete());
    EXPECT_FALSE(report.findings.empty());
    EXPECT_GT(report.around.strays, 0U);
    EXPECT_GT(report.around.tours, 0U);
  }
}

/// Counts the guests that hang.
class Counted final : public Oracle {
 public:
  explicit Counted(std::unique_ptr<Oracle> inner, unsigned& deaths) : inner_(std::move(inner)), deaths_(deaths) {}
  [[nodiscard]] const OracleIdentity& identity() const override { return inner_->identity(); }
  Result<void> renew(Start how) override { return inner_->renew(how); }
  Result<void> run(std::span<const Job> jobs, RunSink& sink) override {
    class Look final : public RunSink {
     public:
      Look(RunSink& to, unsigned& deaths) : to_(to), deaths_(deaths) {}
      void take(std::size_t job, Run& run) override {
        if (run.ending == Run::Ending::hung) ++deaths_;
        to_.take(job, run);
      }

     private:
      RunSink& to_;
      unsigned& deaths_;
    } look(sink, deaths_);
    return inner_->run(jobs, look);
  }

 private:
  std::unique_ptr<Oracle> inner_;
  unsigned& deaths_;
};

// A guest dies of a replace: the others have their outcomes, and it is not run again, nor are its like.
TEST_F(exploration, runs_nothing_more_of_what_kills) {
  unsigned deaths = 0;
  const auto report =
      explored({.bound = {.programs = 3, .links = 0}}, [&](unsigned) -> Result<std::unique_ptr<Oracle>> {
        return std::make_unique<Counted>(std::move(*make_faulty_oracle("hang_on_replace_before")), deaths);
      });
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_EQ(report.findings[0].shrunk.operations.size(), 3U);
  EXPECT_GT(report.around.tours, 0U);
  EXPECT_LT(deaths, 64U) << "of the tours, and to shrink and confirm it";
  const auto replaces = std::ranges::count_if(
      report.table.rows().at("attach"), [](const auto& cell) { return cell.second.covered != cell.second.total; });
  EXPECT_EQ(replaces, 1) << "only what a replace gives is missing";
  EXPECT_LT(report.table.rows().at("attach").at("ok").covered, report.table.rows().at("attach").at("ok").total);
  for (const auto& [call, row] : report.table.rows())
    for (const auto& [outcome, cell] : row)
      EXPECT_TRUE(call == "attach" || cell.covered == cell.total) << call << ' ' << outcome;
}

// What was seen on the ways around is in the folder only when all of it is done.
TEST_F(exploration, that_was_stopped_on_its_ways_around_begins_them_again) {
  const auto whole = explored({.bound = small, .out = directory_ / "whole"}, faulty("before_nothing_appends"));
  ASSERT_TRUE(whole.is_complete());
  std::size_t stopped_on_the_way = 0;
  for (std::size_t runs = 10; runs < 10'000; runs *= 3) {
    fs::remove_all(directory_ / "out");
    std::atomic<bool> stop = false;
    ExploreOptions options{.bound = small};
    options.stop = &stop;
    const auto first = explored(options, [&](unsigned) -> Result<std::unique_ptr<Oracle>> {
      return std::make_unique<StopsAfter>(std::move(*make_faulty_oracle("before_nothing_appends")), runs, stop);
    });
    if (!first.ended_early) break;
    stopped_on_the_way += first.around.tours != 0 ? 1 : 0;
    options.stop = nullptr;
    const auto second = explored(options, faulty("before_nothing_appends"));
    EXPECT_TRUE(second.is_complete());
    EXPECT_EQ(second.covered, whole.covered);
    EXPECT_EQ(second.around.strays, whole.around.strays);
    EXPECT_EQ(second.findings.size(), whole.findings.size());
    EXPECT_EQ(second.table.rows(), whole.table.rows());
  }
  EXPECT_GT(stopped_on_the_way, 0U);
}

}  // namespace
}  // namespace mprogcheck
