// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What replaying files shows is in cli/expectation_test.cpp; this is about kernels that lack a part of the interface.
#include "campaign/finding/expected.hpp"

#include <gtest/gtest.h>

#include "model/language/case.hpp"
#include "model/language/parse.hpp"
#include "oracle/model_oracle.hpp"

namespace mprogcheck {
namespace {

struct Keeping final : RunSink {
  Run run;
  void take(std::size_t, Run& taken) override { run = std::move(taken); }
};

model::Case case_of(const std::string& line) {
  const auto cases =
      model::parse_cases("mprogcheck 1\nnetdev d0\ncgroup c0\nprog p0 cgroup_skb\nprog p1 sched_cls\n" + line);
  EXPECT_TRUE(cases) << line;
  return cases ? cases->front() : model::Case();
}

TEST(expected, what_an_older_kernel_lacks_is_named_and_its_answer_left_to_the_model) {
  model::Traits older;
  older.lose(model::Extension::cgroup_order);
  const model::Case told = case_of("attach cgroup_ingress@c0 p0 before flags multi => ok list p0 revision 2\n");
  EXPECT_EQ(lacks_of_interface(told, older), "cgroup_order");
  EXPECT_EQ(lacks_of_interface(told, {}), "");
  EXPECT_EQ(lacks_of_interface(case_of("attach cgroup_ingress@c0 p0 before flags multi\n"), older), "");
  EXPECT_EQ(lacks_of_interface(case_of("attach tcx_ingress@d0 p1 before => ok\n"), older), "");

  const auto held_to = [&](const model::Case& file) {
    ModelOracle oracle(older);
    const Job job{.sequence = file.sequence, .traits = older, .depth = Depth::deep};
    Keeping sink;
    EXPECT_TRUE(oracle.run({&job, 1}, sink));
    return disagreements(file, sink.run);
  };
  auto all = held_to(told);
  EXPECT_TRUE(is_unexpected(all, true));
  leave_to_the_model(all);
  EXPECT_TRUE(all.empty());
  // A slip of the file stays one.
  all = held_to(case_of("attach cgroup_ingress@c0 p0 before flags multi => -EBUSY\n"));
  leave_to_the_model(all);
  EXPECT_TRUE(is_unexpected(all, true));
  ASSERT_EQ(all.size(), 1U);
  EXPECT_TRUE(all.front().kernel.empty());
}

}  // namespace
}  // namespace mprogcheck
