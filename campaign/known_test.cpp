// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/known.hpp"
#include "base/file.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <memory>

#include "campaign/finding/finding.hpp"
#include "campaign/fuzz/fuzz.hpp"
#include "model/language/parse.hpp"
#include "model/language/print.hpp"
#include "oracle/model_oracle.hpp"
#include "oracle/observe.hpp"
#include "oracle/planted/planted_fault.hpp"

namespace mprogcheck {
namespace {

namespace fs = std::filesystem;

Result<Known> probe_built_in(Oracle& oracle) {
  return probe_known(oracle, *known_divergences());
}

TEST(known, every_entry_is_well_formed_and_named_after_its_quirk) {
  const auto divergences = known_divergences();
  ASSERT_TRUE(divergences) << divergences.error().message;
  EXPECT_EQ(std::ranges::count(*divergences, KnownAction::follow, &KnownDivergence::action), model::quirk_count);
  for (const KnownDivergence& divergence : *divergences) {
    EXPECT_EQ(divergence.quirk.has_value(), divergence.action == KnownAction::follow) << divergence.name;
    EXPECT_EQ(divergence.name, divergence.quirk ? model::name_of(*divergence.quirk) : divergence.name);
    EXPECT_FALSE(divergence.reason.empty());
  }
}

TEST(known, a_kernel_that_behaves_makes_entries_stale) {
  ModelOracle honest;
  const auto known = probe_built_in(honest);
  ASSERT_TRUE(known);
  EXPECT_EQ(known->traits, model::Traits{});
  for (const KnownState& state : known->states) EXPECT_TRUE(state.stale) << state.name;
}

TEST(known, another_bug_in_the_same_place_is_not_taken_for_the_known_one) {
  const auto oracle = make_faulty_oracle("capacity_one_short");
  ASSERT_TRUE(oracle);
  const auto known = probe_built_in(**oracle);
  ASSERT_TRUE(known);
  EXPECT_EQ(known->traits, model::Traits{});
  EXPECT_EQ(known->unexplained.size(), 1U);
}

TEST(known, a_kernel_with_a_quirk_is_recognized_by_the_entry_s_own_sequence) {
  for (unsigned i = 0; i < model::quirk_count; ++i) {
    model::Traits traits;
    traits.add(static_cast<model::Quirk>(i));
    ModelOracle oracle(traits);
    const auto known = probe_built_in(oracle);
    ASSERT_TRUE(known);
    EXPECT_EQ(known->traits, traits);
  }
}

TEST(known, what_shows_later_is_the_entry_s_only_behind_its_operation) {
  const auto pattern = KnownPattern::make("update *", "cgroup.update.beside_preorder", "*", "*", true);
  ASSERT_TRUE(pattern);
  const auto divergences = known_divergences();
  const auto entry = std::ranges::find(*divergences, "cgroup_update_beside_preorder", &KnownDivergence::name);
  ASSERT_NE(entry, divergences->end());
  const auto is_its = [&](const model::Sequence& sequence, std::size_t step) {
    properties::Divergence divergence;
    divergence.step = step;
    divergence.operation = sequence.operations[step];
    return std::pair(pattern->matches(sequence, divergence, {}), entry->pattern.matches(sequence, divergence, {}));
  };
  const auto both = [](bool one) { return std::pair(one, one); };
  EXPECT_EQ(is_its(entry->sequence, 3), both(true));
  EXPECT_EQ(is_its(entry->sequence, 2), both(false));
  EXPECT_EQ(is_its(entry->sequence, 1), both(false));
  model::Sequence without = entry->sequence;
  without.operations.erase(without.operations.begin() + 2);
  EXPECT_EQ(is_its(without, 2), both(false));
}

TEST(known, a_kernel_that_lacks_a_part_of_the_interface_is_told_of_by_its_features) {
  model::Traits older;
  older.lose(model::Extension::cgroup_order);
  ModelOracle oracle(older);
  const auto known = probe_built_in(oracle);
  ASSERT_TRUE(known);
  EXPECT_EQ(known->traits, older);
  EXPECT_TRUE(known->unexplained.empty());
}

TEST(known, a_canary_is_planted_where_the_model_with_its_quirks_can_lie) {
  const auto sequence = model::parse(
      "mprogcheck 1\nnetdev d0\nprog p0 sched_cls\nfill tcx_ingress@d0 63\ndetach tcx_ingress@d0\n"
      "link l0 tcx_ingress@d0 p0\ndetach_link l0\n");
  ASSERT_TRUE(sequence);
  model::Traits traits;
  traits.add(model::Quirk::full_list_keeps_tail);
  EXPECT_TRUE(lie_applies(*sequence, Lie::order, 3));
  EXPECT_FALSE(lie_applies(*sequence, Lie::order, 3, traits)) << "the list stays full, so there is no link to detach";
}

TEST(known, wildcards_stand_for_any_text) {
  EXPECT_TRUE(matches_wildcards("attach * before*", "attach tcx_ingress@d0 p0 before fd(p1)"));
  EXPECT_TRUE(matches_wildcards("attach * before*", "attach tcx_egress@d1 p0 before"));
  EXPECT_FALSE(matches_wildcards("attach * before*", "attach tcx_ingress@d0 p0 after p1"));
  EXPECT_TRUE(matches_wildcards("*", ""));
  EXPECT_TRUE(matches_wildcards("a*b*c", "aXbYbZc"));
  EXPECT_FALSE(matches_wildcards("a*b", "aXbY"));
  EXPECT_FALSE(matches_wildcards("", "a"));
}

/// A folder of known divergences, and campaigns that are given it.
class known_folder : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "mprogcheck-known-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override { fs::remove_all(directory_); }

  void entry(const std::string& name, const std::string& json, const std::string& operations) const {
    const fs::path folder = directory_ / "known" / name;
    ASSERT_TRUE(write_file(folder / "known.json", json));
    ASSERT_TRUE(write_file(folder / "sequence.mpc", "mprogcheck 1\nnetdev d0\nprog p0..p2 sched_cls\n" + operations));
  }
  FuzzReport fuzz_with_known(const OracleFactory& factory, std::uint64_t sequences = 2000) {
    FuzzOptions options;
    options.out = directory_ / "out";
    options.hooks = {model::Hook::tcx_ingress};
    options.seed = "known";
    options.sequences = sequences;
    auto known = read_known(directory_ / "known");
    EXPECT_TRUE(known) << (known ? "" : known.error().message);
    options.known = std::move(*known);
    Reporter silent;
    auto report = fuzz(options, factory, silent);
    EXPECT_TRUE(report && !report->error) << (report ? report->error->message : report.error().message);
    return std::move(*report);
  }
  static OracleFactory faulty(std::string name) {
    return [name](unsigned) { return make_faulty_oracle(name); };
  }

  fs::path directory_;
};

constexpr const char* two_attaches = "attach tcx_ingress@d0 p0\nattach tcx_ingress@d0 p1 before\n";

TEST_F(known_folder, an_entry_to_stop_at_takes_the_divergences_that_match_and_no_others) {
  entry("attach_before",
        R"({"reason": "r", "action": "stop", "operation": "attach * before*", "rule": "mprog.attach*"})", two_attaches);
  const auto report = fuzz_with_known(faulty("before_nothing_appends"));
  ASSERT_EQ(report.known.states.size(), 1U);
  EXPECT_FALSE(report.known.states[0].stale);
  EXPECT_GT(report.known.states[0].hits, 100U);
  EXPECT_GT(report.progress.unjudged, 0U) << "judging stops there";
  ASSERT_FALSE(report.findings.empty()) << "links have the same bug, and nobody said that it is known";
  for (const Finding& finding : report.findings) EXPECT_NE(finding.divergence.fingerprint.call, "attach");
}

TEST_F(known_folder, an_entry_that_no_longer_diverges_is_stale_and_hides_nothing) {
  entry("healed", R"({"reason": "r", "action": "stop", "operation": "attach *", "rule": "*"})",
        "attach tcx_ingress@d0 p0\n");
  const auto report = fuzz_with_known(faulty("before_nothing_appends"));
  EXPECT_TRUE(report.known.states.at(0).stale);
  EXPECT_EQ(report.known.states.at(0).hits, 0U);
  EXPECT_FALSE(report.findings.empty());
}

TEST_F(known_folder, an_entry_whose_sequence_diverges_otherwise_is_a_finding) {
  entry("elsewhere", R"({"reason": "r", "action": "stop", "operation": "detach *", "rule": "*"})", two_attaches);
  const auto report = fuzz_with_known(faulty("before_nothing_appends"), 1);
  EXPECT_TRUE(report.known.states.at(0).stale);
  ASSERT_FALSE(report.findings.empty());
  EXPECT_EQ(report.findings.front().divergence.fingerprint.call, "attach");
}

/// A kernel that dies of an attach before nothing, and counts how often.
class Dies final : public Oracle {
 public:
  explicit Dies(std::atomic<unsigned>& deaths) : deaths_(deaths) {}
  [[nodiscard]] const OracleIdentity& identity() const override { return model_.identity(); }
  Result<void> run(std::span<const Job> jobs, RunSink& sink) override {
    Killing killing(jobs, sink, deaths_);
    return model_.run(jobs, killing);
  }
  Result<void> renew(Start) override {
    ++guests_;
    return {};
  }
  [[nodiscard]] std::uint64_t guests() const override { return guests_; }

 private:
  class Killing final : public RunSink {
   public:
    Killing(std::span<const Job> jobs, RunSink& sink, std::atomic<unsigned>& deaths)
        : jobs_(jobs), sink_(sink), deaths_(deaths) {}
    void take(std::size_t number, Run& run) override {
      const auto& operations = jobs_[number].sequence.operations;
      for (std::size_t i = 0; i < operations.size(); ++i) {
        const auto* attach = std::get_if<model::Attach>(&operations[i]);
        if (attach == nullptr || (attach->flags & model::flag::before) == 0) continue;
        run.steps.resize(i);
        run.ending = Run::Ending::splat;
        run.at = static_cast<std::uint32_t>(i);
        run.note = "BUG: unable to handle page fault";
        ++deaths_;
        break;
      }
      sink_.take(number, run);
    }

   private:
    std::span<const Job> jobs_;
    RunSink& sink_;
    std::atomic<unsigned>& deaths_;
  };

  ModelOracle model_;
  std::atomic<unsigned>& deaths_;
  std::uint64_t guests_ = 1;
};

TEST_F(known_folder, what_is_to_be_avoided_is_run_by_its_probe_alone_and_in_a_guest_of_its_own) {
  entry("deadly", R"({"reason": "r", "action": "avoid", "operation": "attach * before*", "rule": "*"})", two_attaches);
  std::atomic<unsigned> deaths{0};
  Oracle* oracle = nullptr;
  const auto report = fuzz_with_known([&](unsigned) -> Result<std::unique_ptr<Oracle>> {
    auto made = std::make_unique<Dies>(deaths);
    oracle = made.get();
    EXPECT_EQ(oracle->guests(), 1U);
    return made;
  });
  EXPECT_EQ(deaths, 1U);
  EXPECT_TRUE(report.findings.empty());
  EXPECT_FALSE(report.known.states.at(0).stale);
  EXPECT_GT(report.known.states.at(0).hits, 100U);
  EXPECT_EQ(report.progress.sequences, 2000U);
}

TEST_F(known_folder, shrinking_does_not_run_what_is_to_be_avoided) {
  entry("deadly", R"({"reason": "r", "action": "avoid", "operation": "attach tcx_ingress@d0 p0*", "rule": "*"})",
        "attach tcx_ingress@d0 p0 before\n");
  const auto known = read_known(directory_ / "known");
  ASSERT_TRUE(known);
  std::atomic<unsigned> deaths{0};
  Dies oracle(deaths);
  const auto probed = probe_known(oracle, *known);
  ASSERT_TRUE(probed);
  EXPECT_TRUE(probed->avoids());
  EXPECT_EQ(oracle.guests(), 2U);
  const auto sequence = [](const char* operations) {
    return *model::parse(std::string("mprogcheck 1\nnetdev d0\nprog p0..p2 sched_cls\n") + operations);
  };
  EXPECT_TRUE(probed->forbids(sequence("attach tcx_ingress@d0 p1\nattach tcx_ingress@d0 p0\n")));
  EXPECT_FALSE(probed->forbids(sequence("attach tcx_ingress@d0 p1\n")));
  auto left = sequence("attach tcx_ingress@d0 p1\nattach tcx_ingress@d0 p0\ndetach tcx_ingress@d0 p1\n");
  std::vector<std::uint64_t> hits;
  probed->leave_out(left, hits);
  EXPECT_EQ(left, sequence("attach tcx_ingress@d0 p1\ndetach tcx_ingress@d0 p1\n"));
  EXPECT_EQ(hits, std::vector<std::uint64_t>{1});
}

TEST_F(known_folder, a_quirk_is_followed) {
  entry("tail", R"({"reason": "r", "action": "follow full_list_keeps_tail", "rule": "mprog.detach.full_tail"})",
        "fill tcx_ingress@d0 63\ndetach tcx_ingress@d0\n");
  model::Traits traits;
  traits.add(model::Quirk::full_list_keeps_tail);
  const auto report = fuzz_with_known(
      [traits](unsigned) -> Result<std::unique_ptr<Oracle>> { return std::make_unique<ModelOracle>(traits); }, 4000);
  EXPECT_TRUE(report.findings.empty());
  EXPECT_FALSE(report.known.states.at(0).stale);
  EXPECT_GT(report.known.states.at(0).hits, 0U);
}

TEST_F(known_folder, says_which_file_is_malformed) {
  const auto message = [this] {
    const auto known = read_known(directory_ / "known");
    EXPECT_FALSE(known);
    EXPECT_EQ(known.error().kind, Error::Kind::usage);
    return known ? std::string() : known.error().message;
  };
  EXPECT_NE(message().find("--known"), std::string::npos);
  entry("one", "{}", two_attaches);
  EXPECT_NE(message().find("one/known.json: expected a \"reason\""), std::string::npos);
  entry("one", R"({"reason": "r", "action": "stop", "operation": "*", "rule": "no.such"})", two_attaches);
  EXPECT_NE(message().find("no.such"), std::string::npos);
  entry("one", R"({"reason": "r", "action": "stop", "rule": "*"})", two_attaches);
  EXPECT_NE(message().find("\"operation\""), std::string::npos);
  entry("one", R"({"reason": "r", "action": "stop", "operation": "*", "rule": "*", "obsreved": "-EPERM"})",
        two_attaches);
  EXPECT_NE(message().find("found \"obsreved\""), std::string::npos) << message();
  entry("one", R"({"reason": "r", "action": "follow nope", "rule": "mprog.detach.full_tail"})", two_attaches);
  EXPECT_NE(message().find("one of full_list_keeps_tail"), std::string::npos) << message();
  EXPECT_NE(message().find("found \"nope\""), std::string::npos) << message();
  entry("one", R"({"reason": "r", "action": "follow full_list_keeps_tail", "rule": "mprog.detach.*"})", two_attaches);
  EXPECT_NE(message().find("found \"mprog.detach.*\""), std::string::npos) << message();
  entry("one", R"({"reason": "r", "action": "stop", "operation": "attach *", "rule": "*"})", "frobnicate\n");
  EXPECT_NE(message().find("one/sequence.mpc:4:1"), std::string::npos);
}

/// An entry names a rule or a call: it may not hide everything.
TEST_F(known_folder, refuses_an_entry_that_is_about_anything) {
  const auto refused = [this](const char* action, const std::string& operation, const std::string& rule) {
    entry("one",
          fmt::format(R"({{"reason": "r", "action": "{}", "operation": "{}", "rule": "{}", "observed": "-EPERM"}})",
                      action, operation, rule),
          two_attaches);
    const auto known = read_known(directory_ / "known");
    if (known) return false;
    EXPECT_EQ(known.error().kind, Error::Kind::usage);
    EXPECT_NE(known.error().message.find("must not hide what is not"), std::string::npos) << known.error().message;
    return true;
  };
  for (const char* const action : {"stop", "avoid"}) {
    for (const char* const operation : {"*", "**", "a*", "* tcx_ingress@d0 *", "as *", "as u *", "as "})
      for (const char* const rule : {"*", "m*", "*.*", "*a*", "mprog.*"})
        EXPECT_TRUE(refused(action, operation, rule)) << operation << " " << rule;
    for (const char* const operation : {"attach *", "attach*", "as * attach *", "as u attach tcx_ingress@d0 p0"})
      EXPECT_FALSE(refused("stop", operation, "*")) << operation;
    for (const char* const rule : {"mprog.attach*", "mprog.relative.no_program", "prog_attach.*"})
      EXPECT_FALSE(refused("stop", "*", rule)) << rule;
  }
}

/// Where there is no guest to throw away, nothing else holds the entry to its sequence.
TEST_F(known_folder, what_is_to_be_avoided_is_in_its_own_sequence) {
  entry("one", R"({"reason": "r", "action": "avoid", "operation": "detach *", "rule": "*"})", two_attaches);
  const auto known = read_known(directory_ / "known");
  ASSERT_FALSE(known);
  EXPECT_NE(known.error().message.find("in sequence.mpc"), std::string::npos) << known.error().message;
}

TEST_F(known_folder, names_and_reasons_are_printed_as_text_and_no_more) {
  entry("a\x1b[31mred\nfindings  none",
        R"({"reason": "r\u001b]0;x\u0007\ns", "action": "stop", "operation": "attach *", "rule": "*"})", two_attaches);
  const auto known = read_known(directory_ / "known");
  ASSERT_TRUE(known) << known.error().message;
  for (const std::string& text : {known->front().name, known->front().reason})
    EXPECT_TRUE(std::ranges::none_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; })) << text;
}

}  // namespace
}  // namespace mprogcheck
