// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Sequences that say what they expect, as users replay them; and the folder of them, against the model and a kernel.
#include "cli/testing/command.hpp"

namespace mprogcheck::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* head = "mprogcheck 1\n# A title\nnetdev d0\nprog p0, p1 sched_cls returns next\n";

/// Every file of cases/.
std::string all_cases() {
  std::string files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(MPROGCHECK_SOURCE "/cases"))
    if (entry.path().extension() == ".mpc") files += " '" + entry.path().string() + "'";
  return files;
}

TEST_F(command, holds_a_file_to_what_it_expects) {
  write("fine.mpc", std::string(head) +
                        "attach tcx_ingress@d0 p0 => ok by mprog.attach list p0 revision 2\n"
                        "attach tcx_ingress@d0 p0 => -EEXIST # twice\n");
  const Ran ran = run("replay fine.mpc --kernel model --json r.json");
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("held, 2 steps"));
  const auto replayed = json("r.json")["replays"][0];
  EXPECT_EQ(replayed["verdict"], "held");
  EXPECT_EQ(replayed["title"], "A title");
  ASSERT_EQ(replayed["steps"].size(), 2U);
  const auto& first = replayed["steps"][0];
  EXPECT_EQ(first["operation"], "attach tcx_ingress@d0 p0");
  EXPECT_EQ(first["model"]["rule"], "mprog.attach");
  EXPECT_EQ(first["kernel"]["outcome"], "ok");
  EXPECT_EQ(first["lists"][0]["entries"], "p0");
  EXPECT_EQ(first["lists"][0]["revision"], 2);
}

TEST_F(command, says_which_of_the_three_disagrees) {
  write("slip.mpc", std::string(head) + "attach tcx_ingress@d0 p0\nattach tcx_ingress@d0 p1 => -EBUSY\n");
  const Ran slip = run("replay slip.mpc --kernel model --json r.json");
  EXPECT_EQ(slip.code, 1) << slip.out;
  EXPECT_THAT(slip.out, AllOf(HasSubstr("slip.mpc:6: attach tcx_ingress@d0 p1: outcome: the file expects -EBUSY; model "
                                        "and kernel say ok\n"),
                              HasSubstr("UNEXPECTED by the file in 1 line; held, 2 steps")));
  EXPECT_EQ(json("r.json")["replays"][0]["verdict"], "unexpected");
  EXPECT_EQ(json("r.json")["replays"][0]["unexpected"][0]["line"], 6);

  write("right.mpc",
        std::string(head) + "attach tcx_ingress@d0 p0\nattach tcx_ingress@d0 p1 before => ok list p1 p0\n");
  const Ran fault = run("replay right.mpc --kernel model:before_nothing_appends");
  EXPECT_EQ(fault.code, 1);
  EXPECT_THAT(fault.out, HasSubstr("tcx_ingress@d0: the file expects p1 p0; the kernel says p0 p1\n"));
  write("wrong.mpc",
        std::string(head) + "attach tcx_ingress@d0 p0\nattach tcx_ingress@d0 p1 before => ok list p0 p1\n");
  const Ran other = run("replay wrong.mpc --kernel model:before_nothing_appends");
  EXPECT_EQ(other.code, 1);
  EXPECT_THAT(other.out, HasSubstr("tcx_ingress@d0: the file expects p0 p1; the model says p1 p0\n"));
}

TEST_F(command, notes_names_that_nothing_declares) {
  write("slip.mpc", "mprogcheck 1\nnetdev d0\nattach tcx_ingress@d1 p7\n");
  const Ran noted = run("replay slip.mpc --kernel model");
  EXPECT_EQ(noted.code, 0) << noted.err;
  EXPECT_THAT(noted.out, HasSubstr("note      slip.mpc: it speaks of d1, p7, and nothing declares or binds them\n"));
  expect_refusal(run("replay slip.mpc --kernel model --strict"), 2, "d1, p7");
}

TEST_F(command, reads_standard_input) {
  write("fine.mpc", std::string(head) + "attach tcx_ingress@d0 p0 => ok\n");
  const std::string line = "cd '" + directory_.string() +
                           "' && '" MPROGCHECK_COMMAND "' replay - --kernel model < fine.mpc > out.txt 2> err.txt";
  EXPECT_EQ(std::system(line.c_str()), 0) << content(directory_ / "err.txt");  // NOLINT(cert-env33-c)
  EXPECT_THAT(content(directory_ / "out.txt"), HasSubstr("standard input  held, 1 step\n"));
  expect_refusal(run("replay - --kernel model"), 2, "standard input:1:1: expected mprogcheck 1");
}

TEST_F(command, writes_down_what_the_model_says) {
  write("bare.mpc",
        std::string(head) + "\n# why\nattach tcx_ingress@d0 p0  # a comment\nrun tcx_ingress@d0 => -EINVAL\n");
  const Ran ran = run("replay --write-expectations bare.mpc");
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(content(directory_ / "bare.mpc"),
            std::string(head) +
                "\n# why\n"
                "attach tcx_ingress@d0 p0  => ok by mprog.attach list p0 revision 2  # a comment\n"
                "run tcx_ingress@d0        => ok by run.next ran p0 packet passed\n");
  EXPECT_EQ(run("replay bare.mpc --kernel model").code, 0);
  expect_refusal(run("replay --write-expectations missing.mpc"), 2, "missing.mpc");
}

TEST_F(command, finds_the_model_as_the_cases_say) {
  const Ran ran = run("replay --strict --kernel model --json r.json" + all_cases());
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
  const auto replays = json("r.json")["replays"];
  EXPECT_GE(replays.size(), 11U);
  for (const auto& one : replays) {
    EXPECT_EQ(one["verdict"], "held") << one;
    EXPECT_NE(one["title"], "") << one["file"];
  }
}

TEST_F(command, finds_a_real_kernel_as_the_cases_say) {
  if (const auto kernel = mprogcheck::testing::find_stock_kernel(); !kernel) GTEST_SKIP() << kernel.error().message;
  const Ran ran = run("replay" + stock_kernel() + all_cases());
  // A kernel may lack what some of them need: of one that its mirror has no modules of any more, for one.
  if (ran.code == 4)
    EXPECT_THAT(ran.err, HasSubstr("lacks the feature"));
  else
    EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("held, "), Not(HasSubstr("DIFFERS")), Not(HasSubstr("UNEXPECTED"))));
}

}  // namespace
}  // namespace mprogcheck::cli
