// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Which pairs without an outcome a known divergence excuses: those that lie behind it.
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "campaign/testing/exploration.hpp"
#include "model/language/print.hpp"

namespace mprogcheck {
namespace {

namespace fs = std::filesystem;

class known_exploration : public exploration {
 protected:
  /// `sequence`: the operations of its probe.
  void known(const std::string& operation, const std::string& rule, const std::string& ending,
             const std::string& sequence) {
    const fs::path entry = directory_ / "known" / "entry";
    ASSERT_TRUE(write_file(entry / "known.json",
                           fmt::format(R"({{"reason": "r", "action": "stop", "operation": "{}", "rule": "{}",)"
                                       R"("ending": "{}"}})",
                                       operation, rule, ending)));
    ASSERT_TRUE(write_file(entry / "sequence.mpc", "mprogcheck 1\nnetdev d0\nprog p0..p2 sched_cls\n" + sequence));
    auto entries = read_known(directory_ / "known");
    ASSERT_TRUE(entries) << entries.error().message;
    entries_ = *entries;
  }
  ExploreReport explored_with(properties::Bound bound, const OracleFactory& factory, const std::string& out = "out") {
    ExploreOptions options{.bound = bound};
    options.known = entries_;
    options.out = directory_ / out;
    auto report = explored(options, factory);
    EXPECT_TRUE(report.findings.empty());
    EXPECT_GT(report.known.states.at(0).hits, 0U);
    return report;
  }
  std::vector<KnownDivergence> entries_;
};

/// Says of every link of the bound that it could not be made.
class Linkless final : public Oracle {
 public:
  [[nodiscard]] const OracleIdentity& identity() const override { return model_.identity(); }
  Result<void> run(std::span<const Job> jobs, RunSink& sink) override {
    class Refusing final : public RunSink {
     public:
      Refusing(std::span<const Job> jobs, RunSink& to) : jobs_(jobs), to_(to) {}
      void take(std::size_t number, Run& run) override {
        const auto& operations = jobs_[number].sequence.operations;
        for (std::size_t step = 0; step < run.steps.size(); ++step)
          if (model::print(operations[step]).starts_with("link l0 ")) run.steps[step].outcome = model::enomem;
        to_.take(number, run);
      }

     private:
      std::span<const Job> jobs_;
      RunSink& to_;
    } refusing(jobs, sink);
    return model_.run(jobs, refusing);
  }

 private:
  ModelOracle model_;
};
Result<std::unique_ptr<Oracle>> linkless(unsigned /*worker*/) {
  return std::make_unique<Linkless>();
}

TEST_F(known_exploration, excuses_what_only_ways_over_it_lead_to) {
  known("link *", "*", "", "link l0 tcx_ingress@d0 p0\n");
  const auto report = explored_with(small, linkless);
  ASSERT_FALSE(report.is_complete());
  EXPECT_EQ(report.behind, report.own_pairs - report.covered);
  EXPECT_EQ(report.missing(), 0U);
}

// Of what kills nothing of the kind is run again, but an entry speaks for no more than it names.
TEST_F(known_exploration, excuses_of_what_is_not_run_what_the_entry_names) {
  const std::string probe =
      "attach tcx_ingress@d0 p0\nattach tcx_ingress@d0 p1\nattach tcx_ingress@d0 p2 before fd(p1) replace p0\n";
  known("attach *", "mprog.replace", "*", probe);
  const auto all = explored_with({.programs = 3, .links = 0}, faulty("hang_on_replace_before"));
  ASSERT_FALSE(all.is_complete());
  EXPECT_EQ(all.behind, all.own_pairs - all.covered);
  EXPECT_EQ(all.missing(), 0U);

  known("attach * before*", "mprog.replace", "*", probe);
  const auto some = explored_with({.programs = 3, .links = 0}, faulty("hang_on_replace_before"), "some");
  EXPECT_GT(some.behind, 0U);
  EXPECT_GT(some.missing(), 0U) << "a replace that has no BEFORE was not run, and is not known";
}

}  // namespace
}  // namespace mprogcheck
