// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What green means: exit code 0 says that something was checked, enough to mean something, and that all of it held.
#include "base/file.hpp"
#include "campaign/journal.hpp"
#include "cli/testing/command.hpp"
#include "oracle/feature.hpp"

namespace mprogcheck::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* head = "mprogcheck 1\nnetdev d0\nprog p0, p1 sched_cls\n";

class verdict : public command {
 protected:
  /// Ends the command by a signal as soon as it has printed something.
  Ran interrupt(const std::string& arguments) const {
    const std::string line = "cd '" + directory_.string() + "' || exit 99; '" MPROGCHECK_COMMAND "' " + arguments +
                             " >out.txt 2>err.txt </dev/null & pid=$!; until [ -s out.txt ] || ! kill -0 $pid; do "
                             "sleep 0.01; done; kill -TERM $pid; wait $pid";
    const int status = std::system(line.c_str());  // NOLINT(cert-env33-c): the shell is what scripts have
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, content(directory_ / "out.txt"),
            content(directory_ / "err.txt")};
  }
  void known(const std::string& name, const std::string& entry, const std::string& operations) const {
    fs::create_directories(directory_ / "known" / name);
    write("known/" + name + "/known.json", entry);
    write("known/" + name + "/sequence.mpc", head + operations);
  }
};

TEST_F(verdict, a_campaign_whose_time_is_over_before_it_judged_anything_is_skipped) {
  const Ran ran = run("fuzz --kernel model --seconds 0.001 --json report.json");
  expect_refusal(ran, 4, "nothing was judged: its time was over");
  EXPECT_THAT(ran.out, HasSubstr("canaries  none was planted"));
  EXPECT_EQ(json("report.json")["operations"], 0);
}

/// A campaign that is gone on with is asked as a whole.
TEST_F(verdict, what_is_needed_must_have_been_asked_about_by_some_start) {
  ASSERT_EQ(run("fuzz --kernel model --sequences 1 --seed 1 --out out").code, 0);
  fs::path file;
  for (const auto& entry : fs::directory_iterator(directory_ / "out"))
    if (entry.path().filename().string().starts_with("state-")) file = entry.path();
  auto state = *unseal(content(file));
  state["finished"] = false;
  const auto gone_on_with = [&](const nlohmann::json& calls) {
    auto other = state;
    other.erase("calls");
    if (!calls.is_null()) other["calls"] = calls;
    EXPECT_TRUE(write_file(file, seal(other)));
    return run("fuzz --kernel model --sequences 2 --out out --need device");
  };
  expect_refusal(gone_on_with(state["calls"]), 4, "devices that are removed, made and moved were not asked about");
  expect_refusal(gone_on_with(nullptr), 4, "what earlier ones asked their state does not tell");
  const Ran asked = gone_on_with({{"remove", 1}});
  EXPECT_EQ(asked.code, 0) << asked.err;
  EXPECT_THAT(asked.out, HasSubstr("since this start"));
}

TEST_F(verdict, a_short_campaign_that_was_judged_holds) {
  const Ran ran = run("fuzz --kernel model --sequences 1 --seed 1");
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("unjudged  0.0 % of the operations"));
}

/// More was behind what is known than was judged.
TEST_F(verdict, a_campaign_that_known_divergences_hide_does_not_hold) {
  known("all", R"({"reason": "r", "action": "stop", "operation": "attach *", "rule": "*"})",
        "attach tcx_ingress@d0 p0\nattach tcx_ingress@d0 p1 before\n");
  const Ran ran =
      run("fuzz --kernel model:before_nothing_appends --known known --hook tcx_ingress --sequences 300 --json r.json");
  const auto report = json("r.json");
  EXPECT_GT(report["unjudged"], 0);
  EXPECT_GT(report["unjudged_share"], 0.0);
  EXPECT_THAT(ran.out, HasSubstr("ran after a divergence in their sequence"));
  EXPECT_NE(ran.code, 0) << "links have the same bug, or too little was judged";
}

TEST_F(verdict, what_is_known_may_not_be_anything) {
  known("star", R"({"reason": "r", "action": "stop", "operation": "*", "rule": "*", "observed": "*"})",
        "attach tcx_ingress@d0 p0\nattach tcx_ingress@d0 p1 before\n");
  for (const char* const verb : {"fuzz --sequences 10", "explore --progs 1"})
    expect_refusal(run(std::string(verb) + " --kernel model:before_nothing_appends --known known"), 2,
                   "what is known must not hide what is not");
}

TEST_F(verdict, an_interrupted_campaign_says_so_and_does_not_hold) {
  const Ran ran = interrupt("fuzz --kernel model --kernel model --sequences 1000000000 --json report.json");
  EXPECT_EQ(ran.code, 3) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("ended early: interrupted"));
  EXPECT_THAT(ran.err, AllOf(HasSubstr("it was interrupted when"), HasSubstr("interrupted before this began")));
  const auto report = json("report.json");
  EXPECT_EQ(report["ended_early"], true);
  ASSERT_EQ(report["runs"].size(), 2U);
  for (const auto& one : report["runs"]) {
    EXPECT_EQ(one["ended_early"], true);
    EXPECT_TRUE(one["findings"].empty());
  }
  EXPECT_TRUE(report["runs"][1]["error"].is_string());
}

TEST_F(verdict, an_interrupted_replay_says_what_it_did_not_run) {
  std::string corpus;
  for (unsigned n = 0; n < 20'000; ++n) corpus += head + std::string("attach tcx_ingress@d0 p0\n");
  write("corpus.mpc", corpus);
  const Ran ran = interrupt("replay corpus.mpc --step --kernel model --json report.json");
  EXPECT_EQ(ran.code, 3) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("ended early: interrupted"));
  const auto report = json("report.json");
  EXPECT_EQ(report["ended_early"], true);
  EXPECT_EQ(report["replays"].size(), 20'000U);
  EXPECT_EQ(report["replays"][0]["verdict"], "held");
  EXPECT_EQ(report["replays"].back()["verdict"], "not run");
}

TEST_F(verdict, a_sequence_without_operations_is_skipped_and_the_others_have_their_results) {
  write("empty.mpc", head);
  write("fine.mpc", head + std::string("attach tcx_ingress@d0 p0\n"));
  write("wrong.mpc", head + std::string("attach tcx_ingress@d0 p0\nattach tcx_ingress@d0 p1 before\n"));
  expect_refusal(run("replay empty.mpc --kernel model --json report.json"), 4, "empty.mpc: nothing to judge");
  EXPECT_EQ(json("report.json")["operations"], 0);
  expect_refusal(run("shrink empty.mpc --kernel model"), 4, "nothing to judge");

  const Ran some = run("replay fine.mpc empty.mpc wrong.mpc --kernel model --json report.json");
  expect_refusal(some, 4, "empty.mpc: nothing to judge");
  const auto report = json("report.json");
  ASSERT_EQ(report["replays"].size(), 3U);
  EXPECT_EQ(report["replays"][0]["verdict"], "held");
  EXPECT_EQ(report["replays"][1]["verdict"], "skipped");
  EXPECT_EQ(report["replays"][2]["verdict"], "held");
  EXPECT_EQ(report["skipped"].size(), 1U);
  EXPECT_THAT(some.out, AllOf(HasSubstr("held, 1 step\n"), HasSubstr("held, 2 steps\n")));

  const Ran broken = run("replay empty.mpc wrong.mpc --kernel model:before_nothing_appends --json report.json");
  EXPECT_EQ(broken.code, 1) << "1 beats 4";
  EXPECT_EQ(json("report.json")["findings"].size(), 1U);
  EXPECT_EQ(json("report.json")["findings"][0]["file"], "wrong.mpc");
}

TEST_F(verdict, several_kernels_stand_in_columns) {
  write("fine.mpc", head + std::string("attach tcx_ingress@d0 p0\n"));
  const Ran ran = run("replay fine.mpc --kernel model --kernel model:before_nothing_appends");
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("fine.mpc  model                         held"));
  EXPECT_THAT(ran.out, HasSubstr("fine.mpc  model:before_nothing_appends  held"));
}

TEST_F(verdict, need_takes_features_and_properties_and_nothing_else) {
  for (const char* const verb : {"fuzz --sequences 10", "explore --progs 1"})
    EXPECT_EQ(run(std::string(verb) + " --kernel model --need refcnt,next_id --need refcount").code, 0) << verb;
  expect_refusal(run("fuzz --kernel model --need refcnt,frobnicate"), 2, "found \"frobnicate\"");
  expect_refusal(run("explore --kernel model --progs 1 --need run"), 2, "expected refcnt or next_id");
  expect_refusal(run("explore --model-only --need refcnt"), 2, "--need");
}

TEST(documents, have_every_feature_and_what_cures_its_lack) {
  const std::string text = content(MPROGCHECK_SOURCE "/docs/reports.md");
  for (const Feature& feature : features()) {
    EXPECT_THAT(text, HasSubstr("`" + std::string(feature.name) + "`"));
    std::string cure(feature.cure);
    std::istringstream words(cure);
    for (std::string word; words >> word;)
      if (word.starts_with("CONFIG_")) {
        EXPECT_THAT(text, HasSubstr(word.substr(0, word.find(',')))) << feature.name;
      }
  }
}

/// A kernel that has everything, by an agent that finds less there: what a bare kernel is to the host.
class bare_kernel : public verdict {
 protected:
  void SetUp() override {
    verdict::SetUp();
    if (const auto kernel = mprogcheck::testing::find_stock_kernel(); !kernel) GTEST_SKIP() << kernel.error().message;
    std::string agent = content(MPROGCHECK_AGENT_FILE);
    for (const std::string name : {" refcnt", " pin", "raw_tp_prog"}) {
      std::size_t found = 0;
      for (std::size_t at = agent.find(name + '\0'); at != std::string::npos; at = agent.find(name + '\0', at)) {
        agent[at + name.size() - 1] = '~';
        ++found;
      }
      ASSERT_NE(found, 0U) << name;
    }
    write("agent", agent);
    fs::permissions(directory_ / "agent", fs::perms::owner_all);
    environment_ = "MPROGCHECK_AGENT='" + (directory_ / "agent").string() + "'";
  }

  std::string environment_;
};

TEST_F(bare_kernel, a_campaign_says_what_it_did_not_check) {
  const Ran ran = run("fuzz --sequences 300 --jobs 1 --json report.json" + stock_kernel(), environment_);
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("unchecked refcnt: reference counts are not checked"),
                             HasSubstr("CONFIG_BPF_EVENTS"), HasSubstr("unchecked raw_tp_prog")));
  const auto report = json("report.json");
  std::vector<std::string> names;
  for (const auto& one : report["unchecked"]) names.push_back(one["name"]);
  EXPECT_THAT(names, ::testing::IsSupersetOf({"refcnt", "pin", "raw_tp_prog"}));
  EXPECT_EQ(report["skipped"], nlohmann::json(names));
  expect_refusal(run("fuzz --sequences 300 --jobs 1 --need refcount" + stock_kernel(), environment_), 4,
                 "CONFIG_BPF_EVENTS");
}

TEST_F(bare_kernel, replays_what_it_can_and_skips_the_rest_by_name) {
  write("a.mpc", head + std::string("attach tcx_ingress@d0 p0\n"));
  write("b.mpc", head + std::string("link l0 tcx_ingress@d0 p0\npin b0 l0\n"));
  write("c.mpc", head + std::string("attach tcx_ingress@d0 p1\n"));
  const Ran ran = run("replay a.mpc b.mpc c.mpc --json report.json" + stock_kernel(), environment_);
  expect_refusal(ran, 4, "b.mpc: kernel");
  EXPECT_THAT(ran.out, HasSubstr("unchecked refcnt"));
  const auto report = json("report.json");
  EXPECT_EQ(report["replays"][0]["verdict"], "held");
  EXPECT_EQ(report["replays"][1]["verdict"], "skipped");
  EXPECT_EQ(report["replays"][2]["verdict"], "held");
  EXPECT_THAT(std::string(report["skipped"][0]), HasSubstr("\"pin\""));
}

TEST_F(bare_kernel, is_measured_all_the_same) {
  const Ran ran = run("bench --sequences 256 --rounds 1 --jobs 1 --json report.json" + stock_kernel(), environment_);
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("unchecked raw_tp_prog"));
  EXPECT_GT(json("report.json")["judged"], 0);
}

}  // namespace
}  // namespace mprogcheck::cli
