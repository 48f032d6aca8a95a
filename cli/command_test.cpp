// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The command as scripts use it: exit codes, one-line errors, the JSON's keys, the files of a finding.
#include "cli/testing/command.hpp"

namespace mprogcheck::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(command, refuses_what_it_does_not_know_in_one_line) {
  expect_refusal(run(""), 2, "--help");
  expect_refusal(run("frobnicate"), 2, "found \"frobnicate\"");
  expect_refusal(run("replay"), 2, "file");
  expect_refusal(run("fuzz --frobnicate"), 2, "--frobnicate");
  expect_refusal(run("fuzz --seconds soon"), 2, "--seconds");
  expect_refusal(run("fuzz --kernel model --sequences 0"), 2, "--sequences");
  expect_refusal(run("fuzz --hook xdp"), 2, "expected tcx");
  expect_refusal(run("fuzz --kernel model:frobnicate"), 2, "mprogcheck faults");
  expect_refusal(run("fuzz --kernel model --accel hax"), 2, "hax");
  expect_refusal(run("fuzz --kernel twin:somewhere"), 2, "twin");
}

TEST_F(command, asks_before_it_touches_the_running_kernel) {
  const Ran ran = run("fuzz --kernel here --sequences 1");
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, HasSubstr("--yes"));
  EXPECT_THAT(ran.out, HasSubstr("running kernel"));
}

TEST_F(command, help_and_version_succeed) {
  EXPECT_EQ(run("--help").code, 0);
  EXPECT_EQ(run("--version").code, 0);
  EXPECT_THAT(run("fuzz --help").out, HasSubstr("--seconds"));
}

TEST_F(command, says_where_a_sequence_is_malformed) {
  expect_refusal(run("replay missing.mpc --kernel model"), 2, "missing.mpc");
  expect_refusal(run("replay . --kernel model"), 2, "expected a file, found a folder");
  write("bad.mpc", "mprogcheck 1\nnetdev d0\nattach tcx_sideways@d0 p0\n");
  expect_refusal(run("replay bad.mpc --kernel model"), 2, "bad.mpc:3:8: expected ");
}

TEST_F(command, a_kernel_that_is_none_is_told) {
  write("short.img", "MZ");
  expect_refusal(run("fuzz --kernel ./missing.img --sequences 1"), 2, "missing.img");
  expect_refusal(run("fuzz --kernel ./short.img --sequences 1"), 2, "short.img");
  expect_refusal(run("fuzz --kernel debian:nosuchsuite --sequences 1"), 3, "kernel fetch");
}

TEST_F(command, an_out_folder_that_cannot_be_written_is_infrastructure) {
  write("file", "");
  const Ran ran = run("fuzz --kernel model:before_nothing_appends --sequences 500 --seed 1 --out file/out");
  EXPECT_EQ(ran.code, 3) << ran.out;
  EXPECT_THAT(ran.err, HasSubstr("--out"));
}

TEST_F(command, what_is_written_replaces_a_link_and_no_device_and_takes_any_bytes) {
  write("target", "mprogcheck 1\nnetdev d0\nprog p0 sched_cls\nattach tcx_ingress@d0 p0\n");
  const std::string before = content(directory_ / "target");
  for (const char* const arguments :
       {"faults --json link", "explore --model-only --progs 1 --graph link", "replay --write-expectations link"}) {
    fs::remove(directory_ / "link");
    fs::create_symlink("target", directory_ / "link");
    EXPECT_EQ(run(arguments).code, 0) << arguments;
    EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(directory_ / "link"))) << arguments;
    EXPECT_NE(content(directory_ / "link"), before) << arguments;
    EXPECT_EQ(content(directory_ / "target"), before) << arguments;
  }
  fs::create_symlink("/dev/null", directory_ / "null");
  for (const char* const arguments : {"faults --json null", "explore --model-only --progs 1 --graph null"}) {
    EXPECT_EQ(run(arguments).code, 0) << arguments;
    EXPECT_TRUE(fs::is_symlink(directory_ / "null")) << arguments;
  }
  EXPECT_EQ(run("faults --json /dev/null").code, 0);
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  expect_refusal(run("faults --json nowhere/report.json"), 3, "nowhere");
  const Ran late = run("fuzz --kernel model:before_nothing_appends --sequences 100 --json nowhere/report.json");
  expect_refusal(late, 2, "there is no folder nowhere");
  EXPECT_EQ(late.out, "");
  EXPECT_FALSE(fs::exists(directory_ / "nowhere"));
  EXPECT_EQ(run("fuzz --kernel model --sequences 10 --seed $(printf '\\377') --json report.json").code, 0);
}

TEST_F(command, a_found_divergence_beats_a_disk_that_fails) {
  const std::string fuzz = "fuzz --kernel model:before_nothing_appends --sequences 100 --seed 1 --out once";
  ASSERT_EQ(run(fuzz).code, 1);
  for (const auto& entry : fs::directory_iterator(directory_ / "once/findings")) {
    fs::remove_all(entry.path());
    std::ofstream(entry.path()) << "in the way";
  }
  const Ran ran = run(fuzz);
  EXPECT_EQ(ran.code, 1) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("--out"));
}

TEST_F(command, an_output_that_nobody_takes_hides_no_divergence_and_is_told) {
  expect_refusal(run("faults >/dev/full 2>err.txt #"), 3, "standard output");
  const std::string fuzz = "fuzz --kernel model:before_nothing_appends --sequences 100 --seed 1 --json report.json";
  EXPECT_EQ(run(fuzz + " >/dev/full 2>err.txt #").code, 1);
  EXPECT_FALSE(json("report.json")["findings"].empty());
  EXPECT_EQ(run("fuzz --kernel ./missing.img --sequences 1 2>/dev/full #").code, 2);
}

TEST_F(command, fuzz_holds_on_the_model_itself) {
  const Ran ran = run("fuzz --kernel model --sequences 600 --seed 7 --json report.json");
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("findings  none"));
  const auto report = json("report.json");
  for (const char* key : {"schema", "verb", "version", "kernel", "seed", "sequences", "operations", "unjudged",
                          "seconds", "operations_per_second", "canaries", "findings", "known", "coverage", "skipped",
                          "unchecked", "ended_early", "left_out", "unjudged_share"})
    EXPECT_TRUE(report.contains(key)) << key;
  EXPECT_THAT(ran.out, ::testing::ContainsRegex("\npairs     .* of .* \\(state, operation\\) pairs of .* met\n"));
  EXPECT_GT(report["coverage"]["pairs_covered"], 0);
  EXPECT_LT(report["coverage"]["pairs_covered"], report["coverage"]["pairs_total"]);
  EXPECT_EQ(report["seed"], "7");
  EXPECT_EQ(report["sequences"], 600);
  EXPECT_GT(report["canaries"]["planted"], 0);
  EXPECT_EQ(report["canaries"]["planted"], report["canaries"]["caught"]);
}

TEST_F(command, a_finding_is_kept_shrunk_and_replayable) {
  const std::string kernel = "--kernel model:before_nothing_appends";
  const Ran fuzzed = run("fuzz " + kernel + " --sequences 500 --seed 1 --json report.json --out found");
  ASSERT_EQ(fuzzed.code, 1) << fuzzed.err;
  const auto finding = json("report.json")["findings"][0];
  EXPECT_EQ(finding["label"], "reproducible");
  EXPECT_EQ(finding["confirmed"]["k"], finding["confirmed"]["n"]);
  EXPECT_LE(finding["operations"], 6);
  const fs::path folder = directory_ / std::string(finding["folder"]);
  for (const char* name : {"sequence.mpc", "shrunk.mpc", "divergence.json", "report.txt"})
    EXPECT_FALSE(content(folder / name).empty()) << name;

  const std::string shrunk = std::string(finding["folder"]) + "/shrunk.mpc";
  const Ran again = run("replay " + shrunk + " " + kernel + " --json replay.json");
  EXPECT_EQ(again.code, 1);
  EXPECT_EQ(json("replay.json")["replays"][0]["fingerprint"], finding["fingerprint"]);
  EXPECT_EQ(run("replay " + shrunk + " --kernel model").code, 0);

  const Ran stepped = run("replay " + shrunk + " " + kernel + " --step");
  EXPECT_EQ(stepped.code, 1);
  EXPECT_THAT(stepped.out, AllOf(HasSubstr("mprog.attach"), HasSubstr("DIFFERS")));

  const Ran both = run("replay " + shrunk + " --kernel model " + kernel);
  EXPECT_EQ(both.code, 1);
  EXPECT_THAT(both.out, AllOf(HasSubstr("held"), HasSubstr("DIFFERS")));

  const Ran shrink = run("shrink " + std::string(finding["folder"]) + "/sequence.mpc " + kernel + " --out again");
  EXPECT_EQ(shrink.code, 1);
  EXPECT_THAT(shrink.out, HasSubstr(content(folder / "shrunk.mpc")));
}

TEST_F(command, there_is_nothing_to_shrink_where_all_holds) {
  write("fine.mpc", "mprogcheck 1\nnetdev d0\nprog p0 sched_cls\nattach tcx_ingress@d0 p0\n");
  const Ran ran = run("shrink fine.mpc --kernel model");
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("nothing to shrink"));
}

TEST_F(command, faults_lists_at_least_twenty) {
  const Ran ran = run("faults");
  EXPECT_EQ(ran.code, 0);
  EXPECT_GE(std::ranges::count(ran.out, '\n'), 20);
}

TEST_F(command, a_real_kernel_surprises_as_documented) {
  if (const auto kernel = mprogcheck::testing::find_stock_kernel(); !kernel) GTEST_SKIP() << kernel.error().message;
  const Ran ran = run("replay '" MPROGCHECK_SOURCE "/docs/surprises.mpc' --json report.json" + stock_kernel());
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
  EXPECT_EQ(json("report.json")["replays"][0]["verdict"], "held");
  const Ran full =
      run("replay '" MPROGCHECK_SOURCE "/campaign/known/full_list_keeps_tail/sequence.mpc' --json full.json" +
          stock_kernel());
  EXPECT_EQ(full.code, 0) << full.err;
  // What it does is known, or mended.
  EXPECT_THAT(std::string(json("full.json")["replays"][0]["verdict"]), ::testing::AnyOf("known", "held"));
}

TEST_F(command, explores_the_model_alone) {
  const Ran ran = run("explore --model-only --progs 2 --json report.json --graph states.dot");
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
  const auto report = json("report.json");
  EXPECT_EQ(report["verb"], "explore");
  EXPECT_EQ(report["coverage"]["pairs_total"], report["operations"]);
  EXPECT_EQ(report["findings"].size(), 0U);
  EXPECT_EQ(std::uint64_t{report["states"]} * (std::uint64_t{report["operations"]} / std::uint64_t{report["states"]}),
            std::uint64_t{report["operations"]});
  EXPECT_THAT(content(directory_ / "states.dot"), HasSubstr("digraph"));
}

TEST_F(command, draws_the_graph_of_the_documents) {
  ASSERT_EQ(run("explore --model-only --progs 2 --links 1 --graph states.dot").code, 0);
  EXPECT_EQ(content(directory_ / "states.dot"), content(MPROGCHECK_SOURCE "/docs/states.dot"))
      << "draw docs/states.dot and docs/states.svg again, and read docs/states.md";
}

TEST_F(command, explores_the_design_of_2023_and_finds_what_it_breaks) {
  const Ran ran = run("explore --model-only --dialect rfc_v2 --progs 2 --links 1 --json report.json");
  EXPECT_EQ(ran.code, 1) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("ordinary_detach_spares_first"));
  EXPECT_GT(json("report.json")["findings"].size(), 0U);
  expect_refusal(run("explore --dialect rfc_v2"), 2, "--model-only");
}

/// On top is what all explorations have together, and each has a report of its own.
TEST_F(command, explores_several_hooks_in_one_report) {
  EXPECT_EQ(
      run("explore --hook tcx --kernel model --kernel model:before_nothing_appends --progs 2 --json all.json").code, 1);
  const auto all = json("all.json");
  ASSERT_EQ(all["runs"].size(), 4U);
  std::uint64_t operations = 0, planted = 0, findings = 0, covered = 0;
  for (const auto& one : all["runs"]) {
    operations += std::uint64_t{one["operations"]};
    planted += std::uint64_t{one["canaries"]["planted"]};
    covered += std::uint64_t{one["coverage"]["pairs_covered"]};
    findings += one["findings"].size();
    for (const auto& [key, value] : one.items()) EXPECT_TRUE(all.contains(key)) << key;
  }
  EXPECT_NE(all["runs"][0]["bound"]["hook"], all["runs"][2]["bound"]["hook"]);
  EXPECT_EQ(all["runs"][0]["findings"].size(), 0U);
  EXPECT_GT(findings, 0U);
  EXPECT_EQ(all["findings"].size(), findings) << "the first has none, and all have";
  EXPECT_EQ(all["operations"], operations);
  EXPECT_EQ(all["canaries"]["planted"], planted);
  EXPECT_EQ(all["coverage"]["pairs_covered"], covered);
  EXPECT_EQ(all["kernel"]["source"], "model");

  ASSERT_EQ(run("explore --kernel model --progs 1 --json one.json").code, 0);
  auto one = json("one.json");
  ASSERT_EQ(one["runs"].size(), 1U);
  for (const auto& [key, value] : one["runs"][0].items()) EXPECT_EQ(one[key], value) << key;
}

TEST_F(command, an_exploration_that_did_not_come_about_is_in_the_report) {
  EXPECT_EQ(run("explore --kernel ./missing.img --kernel model --progs 1 --json report.json").code, 2);
  const auto report = json("report.json");
  ASSERT_EQ(report["runs"].size(), 2U);
  EXPECT_EQ(report["complete"], false);
  EXPECT_THAT(std::string(report["error"]), HasSubstr("missing.img"));
  EXPECT_EQ(report["runs"][0]["findings"].size(), 0U);
  EXPECT_EQ(report["runs"][1]["complete"], true);
}

TEST_F(command, explores_shards_and_proves_that_none_is_missing) {
  for (const char* shard : {"1/2", "2/2"})
    EXPECT_EQ(run(std::string("explore --kernel model --progs 1 --out s") + shard[0] + " --shard " + shard).code, 0);
  const Ran merged = run("explore --merge s1 s2");
  EXPECT_EQ(merged.code, 0) << merged.err;
  EXPECT_THAT(merged.out, AllOf(HasSubstr("all "), HasSubstr("canaries  ")));
  EXPECT_EQ(run("explore --merge s1 s2 --json report.json").code, 0);
  const auto report = json("report.json");
  EXPECT_GT(report["canaries"]["planted"], 0);
  EXPECT_EQ(report["unchecked"].size(), 0U);
  EXPECT_EQ(report["unjudged_share"], 0.0);
  expect_refusal(run("explore --merge s1"), 2, "missing");
  expect_refusal(run("explore --merge nowhere"), 2, "explore.json");
  expect_refusal(run("explore --kernel model --shard 3/2"), 2, "i/n");
}

TEST_F(command, a_faulty_kernel_is_explored_to_a_finding) {
  const Ran ran = run("explore --kernel model:before_nothing_appends --progs 2 --json report.json");
  EXPECT_EQ(ran.code, 1) << ran.out << ran.err;
  EXPECT_EQ(json("report.json")["findings"][0]["property"], "first_last");
}

/// Every pair of three programs and a link, in both directions.
TEST_F(command, a_real_kernel_is_explored_whole) {
  if (const auto kernel = mprogcheck::testing::find_stock_kernel(); !kernel) GTEST_SKIP() << kernel.error().message;
  const Ran ran = run("explore --json report.json" + stock_kernel());
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
  const auto report = json("report.json");
  EXPECT_EQ(report["complete"], true);
  EXPECT_EQ(report["states"], 97) << "of the model";
  EXPECT_EQ(report["coverage"]["pairs_covered"], report["coverage"]["pairs_total"]);
  EXPECT_EQ(report["canaries"]["planted"], report["canaries"]["caught"]);
  EXPECT_EQ(report["findings"].size(), 0U);
  EXPECT_EQ(run("explore --hook tcx_egress --progs 2 --out egress" + stock_kernel()).code, 0);
  EXPECT_EQ(run("explore --progs 2 --links 0 --fill 62 --out full" + stock_kernel()).code, 0);
}

/// The same of both ends of a netkit pair, where an empty list has a past.
TEST_F(command, a_real_kernel_is_explored_whole_at_netkit) {
  if (const auto kernel = mprogcheck::testing::find_stock_kernel(); !kernel) GTEST_SKIP() << kernel.error().message;
  const Ran ran = run("explore --hook netkit --json report.json" + stock_kernel());
  if (ran.code == 4) GTEST_SKIP() << ran.err;
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
  const auto report = json("report.json");
  ASSERT_EQ(report["runs"].size(), 2U);
  for (const auto& one : report["runs"]) {
    EXPECT_EQ(one["complete"], true);
    EXPECT_EQ(one["coverage"]["pairs_covered"], one["coverage"]["pairs_total"]);
    EXPECT_EQ(one["findings"].size(), 0U);
  }
  EXPECT_EQ(report["canaries"]["planted"], report["canaries"]["caught"]);
}

/// Everything that goes, but for links: a removal or a move costs a guest ten milliseconds.
TEST_F(command, a_real_kernel_lets_everything_go) {
  if (run("kernel list").out.starts_with("no kernels"))
    GTEST_SKIP() << "needs a kernel: mprogcheck kernel fetch debian:trixie";
  const Ran ran = run("explore --lifetimes --links 0 --json report.json");
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
  const auto report = json("report.json");
  EXPECT_EQ(report["complete"], true);
  EXPECT_EQ(report["states"], 230);
  EXPECT_EQ(report["bound"]["lifetimes"], true);
  EXPECT_EQ(report["bound"]["progs"], 1);
  EXPECT_EQ(report["coverage"]["pairs_covered"], report["coverage"]["pairs_total"]);
  EXPECT_EQ(report["findings"].size(), 0U);
}

TEST_F(command, a_missing_qemu_is_told) {
  write("fine.mpc", "mprogcheck 1\nnetdev d0\nprog p0 sched_cls\nattach tcx_ingress@d0 p0\n");
  if (const auto kernel = mprogcheck::testing::find_stock_kernel(); !kernel) GTEST_SKIP() << kernel.error().message;
  const Ran ran = run("replay fine.mpc" + stock_kernel(), "PATH=/nonexistent");
  expect_refusal(ran, 3, "qemu");
}

}  // namespace
}  // namespace mprogcheck::cli
