// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/replay/replay.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/file.hpp"
#include "base/testing/scratch.hpp"
#include "model/language/parse.hpp"
#include "oracle/model_oracle.hpp"
#include "oracle/planted/planted_fault.hpp"

namespace mprogcheck {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Verdict = Replay::Verdict;

/// Wrong only while nobody looks: the revision after the last step of a fast run.
class Shy final : public Oracle {
 public:
  [[nodiscard]] const OracleIdentity& identity() const override { return model_.identity(); }
  Result<void> run(std::span<const Job> jobs, RunSink& sink) override {
    std::vector<Job> told(jobs.begin(), jobs.end());
    for (Job& job : told)
      if (job.depth == Depth::fast) {
        job.lie = Lie::revision;
        job.lie_at = static_cast<std::uint32_t>(job.sequence.operations.size() - 1);
      }
    return model_.run(told, sink);
  }

 private:
  ModelOracle model_;
};

model::Sequence two_attaches() {
  return *model::parse(
      "mprogcheck 1\nnetdev d0\nprog p0, p1 sched_cls\nattach tcx_ingress@d0 p0\nattach tcx_ingress@d0 p1 before\n");
}

TEST(replay, what_shows_in_fast_depth_alone_has_not_held) {
  Shy oracle;
  const auto replayed = replay(two_attaches(), oracle, {});
  ASSERT_TRUE(replayed);
  EXPECT_EQ(replayed->verdict, Verdict::differs);
  EXPECT_EQ(replayed->depth, Depth::fast);
}

TEST(replay, shows_step_by_step_the_lists_of_both_where_they_differ) {
  const auto oracle = make_faulty_oracle("before_nothing_appends");
  const auto replayed = replay(two_attaches(), **oracle, {});
  ASSERT_TRUE(replayed);
  EXPECT_EQ(replayed->verdict, Verdict::differs);
  EXPECT_THAT(step_by_step(two_attaches(), *replayed),
              AllOf(HasSubstr("      tcx_ingress@d0 revision 2: p0\n"),
                    HasSubstr("      model  tcx_ingress@d0 revision 3: p1, p0\n"
                              "      kernel tcx_ingress@d0 revision 3: p0, p1\n")));
}

/// Of a link that the model has detached, what differs is the link: it comes before the lists that agree.
TEST(replay, shows_what_differs_first) {
  const auto sequence =
      *model::parse("mprogcheck 1\nnetdev d0\nprog p0, p1 sched_cls\nlink l0 tcx_ingress@d0 p0\nupdate l0 p1\n");
  class Lying final : public Oracle {
   public:
    [[nodiscard]] const OracleIdentity& identity() const override { return model_.identity(); }
    Result<void> run(std::span<const Job> jobs, RunSink& sink) override {
      std::vector<Job> told(jobs.begin(), jobs.end());
      for (Job& one : told) one.lie = Lie::lifecycle;
      return model_.run(told, sink);
    }

   private:
    ModelOracle model_;
  } oracle;
  const auto replayed = replay(sequence, oracle, {});
  ASSERT_TRUE(replayed);
  ASSERT_EQ(replayed->verdict, Verdict::differs);
  const std::string text = step_by_step(sequence, *replayed);
  const auto differs = text.find("DIFFERS"), object = text.find("l0", differs),
             list = text.find("tcx_ingress@d0", differs);
  ASSERT_NE(object, std::string::npos) << text;
  EXPECT_LT(object, list) << text;
}

TEST(replay, takes_a_byte_order_mark_and_tells_utf_16) {
  const mprogcheck::testing::Scratch scratch;
  const std::string text = "mprogcheck 1\nnetdev d0\n";
  ASSERT_TRUE(write_file(scratch.file("marked.mpc"), "\xef\xbb\xbf" + text));
  EXPECT_TRUE(read_sequences({scratch.file("marked.mpc")}));
  ASSERT_TRUE(write_file(scratch.file("wide.mpc"), std::string("\xff\xfem\0p\0", 6)));
  const auto wide = read_sequences({scratch.file("wide.mpc")});
  ASSERT_FALSE(wide);
  EXPECT_EQ(wide.error().kind, Error::Kind::usage);
  EXPECT_THAT(wide.error().message, HasSubstr("UTF-16"));
}

TEST(replay, shows_all_steps_of_a_known_divergence_that_is_followed) {
  const auto all = known_divergences();
  ASSERT_TRUE(all);
  const auto tail = std::ranges::find(*all, "full_list_keeps_tail", &KnownDivergence::name);
  ASSERT_NE(tail, all->end());
  model::Traits traits;
  traits.add(model::Quirk::full_list_keeps_tail);
  ModelOracle oracle(traits);
  const auto known = probe_known(oracle, {*tail});
  ASSERT_TRUE(known);
  auto sequence = *model::parse(
      "mprogcheck 1\nnetdev d0\nprog p0 sched_cls\nfill tcx_ingress@d0 63\ndetach tcx_ingress@d0\n"
      "attach tcx_egress@d0 p0\n");
  const auto replayed = replay(sequence, oracle, *known);
  ASSERT_TRUE(replayed);
  EXPECT_EQ(replayed->verdict, Verdict::known);
  const std::string text = step_by_step(sequence, *replayed);
  EXPECT_THAT(text, AllOf(HasSubstr("KNOWN: full_list_keeps_tail"), HasSubstr("   3  attach tcx_egress@d0 p0\n"),
                          Not(HasSubstr("DIFFERS"))));
}

}  // namespace
}  // namespace mprogcheck
