// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/explore/explore.hpp"
#include "base/file.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "campaign/explore/model.hpp"
#include "campaign/journal.hpp"
#include "campaign/testing/exploration.hpp"
#include "model/language/print.hpp"
#include "oracle/model_oracle.hpp"
#include "oracle/planted/planted_fault.hpp"

namespace mprogcheck {
namespace {

namespace fs = std::filesystem;

TEST_F(exploration, has_an_outcome_for_every_pair) {
  const auto report = explored({.bound = small, .jobs = 2}, honest());
  EXPECT_TRUE(report.is_complete());
  EXPECT_EQ(report.covered, report.states * report.operations);
  EXPECT_EQ(report.pairs, report.own_pairs);
  EXPECT_TRUE(report.findings.empty());
  EXPECT_GT(report.canaries.planted, 0U);
  EXPECT_EQ(report.canaries.planted, report.canaries.caught);
  for (const auto& [call, row] : report.table.rows())
    for (const auto& [outcome, cell] : row) EXPECT_EQ(cell.covered, cell.total) << call << ' ' << outcome;
}

TEST_F(exploration, does_not_depend_on_how_many_oracles_there_are) {
  const auto factory = faulty("update_ignores_expected");
  const auto one = explored({.bound = small, .jobs = 1, .out = directory_ / "1"}, factory);
  const auto three = explored({.bound = small, .jobs = 3, .out = directory_ / "3"}, factory);
  EXPECT_EQ(one.covered, three.covered);
  ASSERT_EQ(one.findings.size(), three.findings.size());
  for (std::size_t n = 0; n < one.findings.size(); ++n) EXPECT_EQ(one.findings[n].shrunk, three.findings[n].shrunk);
}

struct Planted {
  const char* fault;
  properties::Property property;
  std::size_t operations;  ///< of the shortest sequence that shows it
  properties::Bound bound = {.programs = 2};
};
void PrintTo(const Planted& planted, std::ostream* out) {  // NOLINT(readability-identifier-naming): GoogleTest's
  *out << planted.fault;
}

class planted_fault : public exploration, public testing::WithParamInterface<Planted> {};
INSTANTIATE_TEST_SUITE_P(
    Faults, planted_fault,
    testing::Values(
        Planted{"before_nothing_appends", properties::Property::first_last, 2},
        Planted{"closed_fd_einval", properties::Property::outcome, 1},
        Planted{"relative_link_matches_any_owner", properties::Property::order, 4},
        Planted{"leaked_program_reference", properties::Property::atomic, 2},
        Planted{"leaked_reference_on_replace", properties::Property::refcount, 2},
        Planted{"revision_bumped_on_failure", properties::Property::atomic, 2},
        Planted{"warn_on_second_update", properties::Property::no_splat, 3},
        Planted{"close_forgets_to_detach", properties::Property::lifecycle, 2},
        Planted{"query_count_short", properties::Property::query, 3},
        Planted{"short_query_writes_nothing", properties::Property::query, 3},
        Planted{"hang_on_replace_before", properties::Property::no_splat, 3, {.programs = 3, .links = 0}},
        Planted{"after_appends", properties::Property::order, 3, {.programs = 3, .links = 0}},
        Planted{"egress_touches_ingress",
                properties::Property::isolation,
                1,
                {.hook = model::Hook::tcx_egress, .programs = 1, .links = 0}},
        Planted{"one_entry_too_many", properties::Property::capacity, 2, {.programs = 2, .links = 0, .fill = 62}},
        Planted{"replace_needs_room", properties::Property::capacity, 3, {.programs = 2, .links = 0, .fill = 62}}));

TEST_P(planted_fault, is_met_by_a_shortest_sequence) {
  const auto report = explored({.bound = GetParam().bound}, faulty(GetParam().fault));
  ASSERT_FALSE(report.findings.empty());
  const Finding& finding = report.findings.front();
  EXPECT_EQ(finding.divergence.primary, GetParam().property) << properties::to_string(finding.divergence.fingerprint);
  EXPECT_EQ(finding.shrunk.operations.size(), GetParam().operations) << model::print(finding.shrunk);
  for (const Finding& one : report.findings) EXPECT_EQ(one.label, Label::reproducible) << model::print(one.shrunk);
}

TEST_F(exploration, shards_add_up) {
  std::vector<fs::path> folders;
  std::uint64_t pairs = 0, covered = 0;
  for (unsigned index = 1; index <= 3; ++index) {
    folders.push_back(directory_ / std::to_string(index));
    const auto report = explored({.bound = small, .shard = {index, 3}, .out = folders.back()}, honest());
    EXPECT_TRUE(report.is_complete());
    EXPECT_LT(report.own_pairs, report.pairs);
    pairs = report.pairs;
    covered += report.covered;
  }
  EXPECT_EQ(covered, pairs);
  const auto merged = merge_shards(folders);
  ASSERT_TRUE(merged) << merged.error().message;
  EXPECT_EQ(merged->pairs, pairs);

  EXPECT_FALSE(merge_shards({folders[0], folders[2]})) << "one is missing";
  EXPECT_FALSE(merge_shards({folders[0], folders[1], folders[1]})) << "one is there twice";
  explored({.bound = {.programs = 1}, .shard = {2, 3}, .out = folders[1]}, honest());
  EXPECT_FALSE(merge_shards(folders)) << "one is of another bound";
}

TEST_F(exploration, goes_on_where_it_was) {
  std::atomic<bool> stop{false};
  ExploreOptions options{.bound = {.programs = 3}};
  options.stop = &stop;
  const auto first = explored(options, [&](unsigned) {
    return Result<std::unique_ptr<Oracle>>(std::make_unique<StopsAfter>(std::make_unique<ModelOracle>(), 20, stop));
  });
  EXPECT_TRUE(first.ended_early);
  EXPECT_FALSE(first.is_complete());
  EXPECT_GT(first.tours_done, 0U);
  stop = false;
  const fs::path file = directory_ / "out" / "explore.json";
  auto state = *unseal(*read_file(file));
  EXPECT_EQ(state["canaries"]["planted"], first.canaries.planted);
  state["canaries"] = {{"planted", 1'000'000}, {"caught", 1'000'000}};
  ASSERT_TRUE(write_file(file, seal(state)));
  const auto second = explored(options, honest());
  EXPECT_EQ(second.tours_carried_on, first.tours_done);
  EXPECT_TRUE(second.is_complete());
  const auto whole = explored({.bound = options.bound, .out = directory_ / "whole"}, honest());
  EXPECT_EQ(second.coverage, whole.coverage) << "it is of all starts";
  EXPECT_EQ(second.coverage.operations(), second.covered);
  EXPECT_GT(second.canaries.planted, 1'000'000U) << "they are of all starts";
  EXPECT_EQ(second.canaries.caught, second.canaries.planted);
  const auto third = explored(options, honest());
  EXPECT_EQ(third.tours_carried_on, 0U) << "a finished one is not gone on with";
}

TEST_F(exploration, that_was_stopped_counts_nothing_twice_and_forgets_no_suspect) {
  std::atomic<bool> stop{false};
  ExploreOptions options{.bound = {.programs = 2}};
  options.stop = &stop;
  const auto whole = explored({.bound = options.bound, .out = directory_ / "whole"}, faulty("closed_fd_einval"));
  // Interrupted during the first tour of each start: what the first met, the last tells.
  for (unsigned starts = 0; starts < 20; ++starts) {
    stop = false;
    Reporter silent;
    class Stopping final : public Oracle {
     public:
      Stopping(std::unique_ptr<Oracle> inner, std::atomic<bool>& stop) : inner_(std::move(inner)), stop_(stop) {}
      [[nodiscard]] const OracleIdentity& identity() const override { return inner_->identity(); }
      Result<void> run(std::span<const Job> jobs, RunSink& sink) override {
        if (jobs.size() == 1 && jobs[0].trials.size() > 1) stop_ = true;
        return inner_->run(jobs, sink);
      }

     private:
      std::unique_ptr<Oracle> inner_;
      std::atomic<bool>& stop_;
    };
    const auto report = explored(options, [&](unsigned) -> Result<std::unique_ptr<Oracle>> {
      auto inner = make_faulty_oracle("closed_fd_einval");
      return std::make_unique<Stopping>(std::move(*inner), stop);
    });
    EXPECT_LE(report.covered, report.own_pairs);
    EXPECT_FALSE(report.findings.empty());
    EXPECT_TRUE(starts != 0 || !report.is_complete()) << "it was stopped at its first tour";
    if (!report.is_complete()) continue;
    EXPECT_EQ(report.covered, whole.covered);
    EXPECT_EQ(report.findings.size(), whole.findings.size());
    return;
  }
  FAIL() << "it never came to an end";
}

TEST_F(exploration, a_frequent_difference_hides_no_other) {
  const auto report = explored({.bound = small}, faulty("exists_checked_before_stale"));
  std::set<std::string> calls;
  for (const Finding& finding : report.findings) calls.insert(finding.divergence.fingerprint.call);
  EXPECT_TRUE(calls.contains("attach"));
  EXPECT_TRUE(calls.contains("link"));
}

TEST_F(exploration, avoids_pairs_and_says_how_many) {
  // Of those that both entries are for, the first has the hits.
  for (const auto& [name, operation] : {std::pair("a_some", "attach tcx_ingress@d0 p2 *"), {"b_all", "attach *"}}) {
    const fs::path entry = directory_ / "known" / name;
    ASSERT_TRUE(write_file(entry / "known.json", fmt::format(R"({{"reason": "r", "action": "avoid", "operation": "{}",)"
                                                             R"("rule": "mprog.replace", "ending": "*"}})",
                                                             operation)));
    ASSERT_TRUE(write_file(
        entry / "sequence.mpc",
        "mprogcheck 1\nnetdev d0\nprog p0..p2 sched_cls\nattach tcx_ingress@d0 p0\nattach tcx_ingress@d0 p1\n"
        "attach tcx_ingress@d0 p2 before fd(p1) replace p0\n"));
  }
  ExploreOptions options{.bound = {.programs = 3, .links = 0}};
  options.known = *read_known(directory_ / "known");
  const auto report = explored(options, faulty("hang_on_replace_before"));
  EXPECT_TRUE(report.is_complete());
  EXPECT_TRUE(report.findings.empty());
  EXPECT_GT(report.avoided, 0U);
  ASSERT_EQ(report.known.states.size(), 2U);
  // Programs are alike, and every third pair is p2's.
  EXPECT_EQ(3 * report.known.states[0].hits, report.avoided);
  EXPECT_EQ(report.known.states[0].hits + report.known.states[1].hits, report.avoided);
  EXPECT_EQ(report.states, 16U) << "what is not avoided is all there";
  EXPECT_EQ(report.pairs + report.avoided, std::uint64_t{report.states} * report.operations);
}

/// Answers for a while, and then no more.
class Failing final : public Oracle {
 public:
  Failing(std::unique_ptr<Oracle> inner, unsigned after) : inner_(std::move(inner)), left_(after) {}
  [[nodiscard]] const OracleIdentity& identity() const override { return inner_->identity(); }
  Result<void> run(std::span<const Job> jobs, RunSink& sink) override {
    if (left_ == 0) return fail("the oracle is gone");
    --left_;
    return inner_->run(jobs, sink);
  }

 private:
  std::unique_ptr<Oracle> inner_;
  unsigned left_;
};

TEST_F(exploration, tells_what_it_met_though_the_oracle_fails_later) {
  Reporter silent;
  ExploreOptions options{.bound = small};
  options.out = directory_ / "out";
  const auto report = explore(
      options,
      [](unsigned) -> Result<std::unique_ptr<Oracle>> {
        return std::make_unique<Failing>(std::move(*make_faulty_oracle("closed_fd_einval")), 6);
      },
      silent);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->error);
  ASSERT_FALSE(report->findings.empty());
  EXPECT_TRUE(fs::exists(report->findings.front().folder / "sequence.mpc"));
}

TEST_F(exploration, shards_with_findings_can_be_put_together) {
  std::vector<fs::path> folders;
  for (unsigned index = 1; index <= 2; ++index) {
    folders.push_back(directory_ / std::to_string(index));
    explored({.bound = small, .shard = {index, 2}, .out = folders.back()}, faulty("before_nothing_appends"));
  }
  const auto merged = merge_shards(folders);
  ASSERT_TRUE(merged) << merged.error().message;
  EXPECT_GT(merged->findings, 0U);
}

TEST_F(exploration, another_one_does_not_take_the_place_of_one_that_is_not_finished) {
  std::atomic<bool> stop{false};
  ExploreOptions options{.bound = small};
  options.stop = &stop;
  const auto first = explored(options, [&](unsigned) {
    return Result<std::unique_ptr<Oracle>>(std::make_unique<StopsAfter>(std::make_unique<ModelOracle>(), 0, stop));
  });
  EXPECT_FALSE(first.is_complete());
  stop = false;
  Reporter silent;
  ExploreOptions other{.bound = {.programs = 1}};
  other.kernel = "model";
  other.out = directory_ / "out";
  const auto refused = explore(other, honest(), silent);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Error::Kind::usage);
  EXPECT_TRUE(explored(options, honest()).is_complete());
}

TEST_F(exploration, does_not_go_on_with_what_is_none_of_its_own) {
  fs::create_directories(directory_ / "out");
  std::ofstream(directory_ / "out" / "explore.json") << "{}";
  Reporter silent;
  ExploreOptions options{.bound = {.programs = 1}};
  options.out = directory_ / "out";
  const auto report = explore(options, honest(), silent);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind, Error::Kind::usage);
}

TEST_F(exploration, does_not_go_on_with_tours_that_there_are_not) {
  ExploreOptions options{.bound = {.programs = 1}};
  options.kernel = "model";
  options.out = directory_ / "out";
  explored(options, honest());
  const fs::path file = options.out / "explore.json";
  auto state = *unseal(*read_file(file));
  state["finished"] = false;
  const auto goes_on = [&](const char* key, const nlohmann::json& value) {
    auto other = state;
    if (key != nullptr) other[key] = value;
    std::ofstream(file) << seal(other);
    Reporter silent;
    return explore(options, honest(), silent).has_value();
  };
  EXPECT_TRUE(goes_on(nullptr, {}));
  EXPECT_FALSE(goes_on("covered", state["covered"].get<unsigned>() + 1));
  EXPECT_FALSE(goes_on("done", {0, 1'000'000}));
  EXPECT_FALSE(goes_on("cuts", {{1'000'000, 0, 0}}));
  EXPECT_FALSE(goes_on("cuts", {{0, 1'000'000, 0}}));
  EXPECT_FALSE(goes_on("strays", {{0, 1'000'000}}));
  EXPECT_TRUE(goes_on("strays", {{0, 1}}));
}

/// An oracle that answers every trial as the model would, whatever it is told to say.
class Deaf final : public Oracle {
 public:
  [[nodiscard]] const OracleIdentity& identity() const override { return model_.identity(); }
  Result<void> run(std::span<const Job> jobs, RunSink& sink) override {
    std::vector<Job> heard(jobs.begin(), jobs.end());
    for (Job& job : heard)
      for (Trials& trials : job.trials) trials.lie = TrialLie::none;
    return model_.run(heard, sink);
  }

 private:
  ModelOracle model_;
};

TEST_F(exploration, believes_no_oracle_that_shows_nothing_of_a_lie) {
  Reporter silent;
  ExploreOptions options{.bound = {.programs = 1}};
  options.out = directory_ / "out";
  const auto report = explore(
      options, [](unsigned) { return Result<std::unique_ptr<Oracle>>(std::make_unique<Deaf>()); }, silent);
  ASSERT_TRUE(report);
  ASSERT_TRUE(report->error);
  EXPECT_EQ(report->error->kind, Error::Kind::infrastructure);
}

TEST(model_exploration, keeps_its_invariants) {
  for (const auto naming : {model::Naming::labelled, model::Naming::symmetric}) {
    const auto result = explore_model(small, naming);
    EXPECT_TRUE(result.complete);
    EXPECT_TRUE(result.broken.empty());
    EXPECT_EQ(result.pairs, result.table.sum().total);
  }
}

TEST(model_exploration, ends_when_it_is_told) {
  const std::atomic<bool> stop{true};
  const auto result = explore_model(small, model::Naming::symmetric, &stop);
  EXPECT_TRUE(result.ended_early);
  EXPECT_FALSE(result.complete);
  EXPECT_EQ(result.pairs, 0U);
  EXPECT_FALSE(state_graph_dot(small, model::Naming::symmetric, &stop));
}

TEST_F(exploration, that_is_stopped_before_its_states_are_known_says_so) {
  const std::atomic<bool> stop{true};
  ExploreOptions options{.bound = small};
  options.out = directory_ / "out";
  options.stop = &stop;
  Reporter silent;
  const auto report = explore(options, honest(), silent);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind, Error::Kind::infrastructure);
}

TEST(shard, is_said_as_a_part) {
  EXPECT_EQ(parse_shard("2/5"), (Shard{2, 5}));
  for (const char* wrong : {"", "2", "0/5", "6/5", "2/", "/5", "2/5x", "a/b", "2 /5"})
    EXPECT_FALSE(parse_shard(wrong)) << wrong;
}

}  // namespace
}  // namespace mprogcheck
