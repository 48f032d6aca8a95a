// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// A rule to be avoided: the kernel dies of every operation that the rule decides, by whatever name the object goes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "campaign/fuzz/fuzz.hpp"
#include "campaign/known.hpp"
#include "campaign/replay/replay.hpp"
#include "model/language/parse.hpp"
#include "model/world.hpp"
#include "oracle/model_oracle.hpp"

namespace mprogcheck {
namespace {

namespace fs = std::filesystem;
using model::Rule;

constexpr const char* last_words = "BUG: kernel NULL pointer dereference, address: 0000000000000004";

/// A kernel that dies of a relative without a program, and counts how often.
class Dies final : public Oracle {
 public:
  explicit Dies(bool disposable = true) : disposable_(disposable), identity_(model_.identity()) {}
  [[nodiscard]] const OracleIdentity& identity() const override { return identity_; }
  Result<void> run(std::span<const Job> jobs, RunSink& sink) override {
    Killing killing(jobs, sink, deaths);
    return model_.run(jobs, killing);
  }
  [[nodiscard]] bool is_disposable() const override { return disposable_; }
  [[nodiscard]] std::string console_tail(std::size_t) const override { return last_words; }
  void lack(std::string_view feature) { std::erase(identity_.features, feature); }

  unsigned deaths = 0;

 private:
  class Killing final : public RunSink {
   public:
    Killing(std::span<const Job> jobs, RunSink& sink, unsigned& deaths) : jobs_(jobs), sink_(sink), deaths_(deaths) {}
    void take(std::size_t number, Run& run) override {
      const model::Sequence& sequence = jobs_[number].sequence;
      model::World world = model::world_of(sequence);
      for (std::size_t i = 0; i < sequence.operations.size(); ++i) {
        if (world.apply(sequence.operations[i]).rule != Rule::relative_no_program) continue;
        run.steps.resize(i);
        run.ending = Run::Ending::splat;
        run.at = static_cast<std::uint32_t>(i);
        run.note = last_words;
        ++deaths_;
        break;
      }
      sink_.take(number, run);
    }

   private:
    std::span<const Job> jobs_;
    RunSink& sink_;
    unsigned& deaths_;
  };

  ModelOracle model_;
  bool disposable_;
  OracleIdentity identity_;
};

KnownDivergence the_entry() {
  const auto all = known_divergences();
  EXPECT_TRUE(all);
  const auto entry = std::ranges::find(*all, "relative_without_program", &KnownDivergence::name);
  EXPECT_NE(entry, all->end());
  return *entry;
}

Known probed(Oracle& oracle) {
  auto known = probe_known(oracle, {the_entry()});
  EXPECT_TRUE(known);
  return std::move(*known);
}

model::Sequence sequence(const std::string& operations) {
  auto parsed = model::parse("mprogcheck 1\nnetdev d0\nprog p0, p1 sched_cls\ncaller u uid 1000\n" + operations);
  EXPECT_TRUE(parsed) << operations;
  return std::move(*parsed);
}

TEST(avoid_by_rule, sees_the_object_by_every_name_and_id) {
  Dies oracle;
  const Known known = probed(oracle);
  EXPECT_EQ(oracle.deaths, 1U);
  ASSERT_TRUE(known.avoids());
  const std::string names = "dup h0 o17\nopen h1 link id(h0)\npin b0 h1\nget h2 b0\nattach tcx_ingress@d0 p0\n";
  for (const char* deadly :
       {"attach tcx_ingress@d0 p1 before link fd(h0)", "attach tcx_ingress@d0 p1 link id(h1)",
        "attach tcx_ingress@d0 p1 replace p0 link fd(h2)", "link l0 tcx_ingress@d0 p1 after link fd(h1)",
        "detach tcx_ingress@d0 p0 before link id(h2)", "as u attach tcx_ingress@d0 p1 after link id(h0)"}) {
    EXPECT_TRUE(known.forbids(sequence(names + deadly + "\n"))) << deadly;
    auto left = sequence(names + deadly + "\nclose h0\n");
    std::vector<std::uint64_t> hits;
    known.leave_out(left, hits);
    EXPECT_EQ(left, sequence(names + "close h0\n")) << deadly;
    EXPECT_EQ(hits, std::vector<std::uint64_t>{1});
  }
}

/// The same texts, where another rule decides: nothing of the object is looked at, and nobody dies.
TEST(avoid_by_rule, leaves_in_what_something_else_decides) {
  Dies oracle;
  const Known known = probed(oracle);
  for (const char* harmless :
       {"attach tcx_ingress@d0 p0\nattach tcx_ingress@d0 p0 before link fd(o17)\n",
        "attach tcx_ingress@d0 p1 before link fd(o17) revision 77\n", "attach tcx_ingress@d0 p1 before link fd(h0)\n",
        "dup h0 o17\nclose h0\nattach tcx_ingress@d0 p1 before link fd(h0)\n",
        "dup h0 o17\ndup h0 o3\nattach tcx_ingress@d0 p1 before link fd(h0)\n",
        "detach tcx_ingress@d0 p0 before link fd(o17)\n", "detach tcx_ingress@d0 before link fd(o17)\n"})
    EXPECT_FALSE(known.forbids(sequence(harmless))) << harmless;
}

TEST(avoid_by_rule, nobody_misses_what_is_not_to_be_met) {
  const auto misses = [](const Known& known) {
    const auto rules = unseen_rules(properties::Coverage(), known);
    return std::ranges::find(rules, model::Rule::relative_no_program) != rules.end();
  };
  Dies oracle;
  EXPECT_FALSE(misses(probed(oracle)));
  ModelOracle mended;
  EXPECT_TRUE(misses(probed(mended)));
}

TEST(avoid_by_rule, does_not_try_it_on_a_kernel_that_cannot_be_thrown_away) {
  Dies oracle(false);
  const Known known = probed(oracle);
  EXPECT_EQ(oracle.deaths, 0U);
  EXPECT_TRUE(known.avoids());
}

TEST(avoid_by_rule, has_nothing_to_avoid_where_the_kernel_has_no_such_object) {
  Dies oracle;
  oracle.lack("struct_ops_link");
  const Known known = probed(oracle);
  EXPECT_EQ(oracle.deaths, 0U);
  EXPECT_FALSE(known.avoids());
}

TEST(avoid_by_rule, is_over_when_the_kernel_is_mended) {
  ModelOracle mended;
  const Known known = probed(mended);
  EXPECT_FALSE(known.avoids());
  EXPECT_TRUE(known.states.at(0).stale);
}

TEST(avoid_by_rule, is_shown_by_a_replay_all_the_same) {
  Dies oracle;
  const Known known = probed(oracle);
  const auto replayed = replay(the_entry().sequence, oracle, known);
  ASSERT_TRUE(replayed);
  EXPECT_EQ(oracle.deaths, 2U);
  EXPECT_EQ(replayed->verdict, Replay::Verdict::differs) << "the guest is dead, that is no way to hold";
  EXPECT_EQ(replayed->known_as, "relative_without_program");
  EXPECT_EQ(replayed->console, last_words);
}

/// Campaigns on it.
class avoiding_campaign : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "mprogcheck-avoid-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    options_.out = pattern;
    options_.hooks = {model::Hook::tcx_ingress, model::Hook::tcx_egress};
    options_.seed = "avoid";
    options_.sequences = 6000;
    options_.known = {the_entry()};
  }
  void TearDown() override { fs::remove_all(options_.out); }
  FuzzReport fuzz_on(std::unique_ptr<Oracle> oracle) {
    Reporter silent;
    auto report = fuzz(
        options_, [&oracle](unsigned) -> Result<std::unique_ptr<Oracle>> { return std::move(oracle); }, silent);
    EXPECT_TRUE(report && !report->error) << (report ? report->error->message : report.error().message);
    return std::move(*report);
  }

  FuzzOptions options_;
};

/// The oracle is gone with the campaign: what it says of deaths is kept here.
class Counted final : public Oracle {
 public:
  explicit Counted(unsigned& deaths) : deaths_(deaths) {}
  ~Counted() override { deaths_ = dies_.deaths; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  [[nodiscard]] const OracleIdentity& identity() const override { return dies_.identity(); }
  Result<void> run(std::span<const Job> jobs, RunSink& sink) override { return dies_.run(jobs, sink); }

 private:
  Dies dies_;
  unsigned& deaths_;
};

TEST_F(avoiding_campaign, goes_around_it) {
  unsigned deaths = 0;
  const auto report = fuzz_on(std::make_unique<Counted>(deaths));
  EXPECT_EQ(deaths, 1U) << "the probe, and nothing else";
  EXPECT_TRUE(report.findings.empty());
  EXPECT_FALSE(report.known.states.at(0).stale);
  EXPECT_GT(report.known.states.at(0).hits, 5U);
  EXPECT_EQ(report.coverage.count(Rule::relative_no_program), 0U);
  EXPECT_EQ(report.progress.sequences, options_.sequences);
}

TEST_F(avoiding_campaign, runs_it_on_a_kernel_that_is_mended) {
  const auto report = fuzz_on(std::make_unique<ModelOracle>());
  EXPECT_TRUE(report.findings.empty());
  EXPECT_TRUE(report.known.states.at(0).stale);
  EXPECT_EQ(report.known.states.at(0).hits, 0U);
  EXPECT_GT(report.coverage.count(Rule::relative_no_program), 5U);
}

}  // namespace
}  // namespace mprogcheck
