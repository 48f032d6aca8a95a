// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/fuzz/batch_sink.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "model/language/parse.hpp"
#include "oracle/model_oracle.hpp"
#include "oracle/planted/planted_fault.hpp"

namespace mprogcheck {
namespace {

/// One sequence, honest and as a canary that lies about its last step.
Batch batch_with_canary(bool canary_first) {
  const auto sequence = model::parse(
      "mprogcheck 1\nnetdev d0\nprog p0..p1 sched_cls\nattach tcx_ingress@d0 p0\nattach tcx_ingress@d0 p1 before\n");
  EXPECT_TRUE(sequence);
  const Job honest{.sequence = *sequence, .traits = {}};
  Job canary = honest;
  canary.lie = Lie::first_last;
  canary.lie_at = 1;
  Batch batch;
  batch.count = 1;
  batch.jobs = canary_first ? std::vector{canary, honest} : std::vector{honest, canary};
  batch.index = {0, 0};
  batch.canary = canary_first ? 0 : 1;
  return batch;
}

class batch_sink : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(CanaryFirst, batch_sink, testing::Bool());

TEST_P(batch_sink, counts_a_lie_that_was_seen) {
  const Batch batch = batch_with_canary(GetParam());
  BatchSink sink(batch, [](std::size_t, const auto&) { FAIL() << "an honest kernel"; });
  ASSERT_TRUE(ModelOracle().run(batch.jobs, sink));
  EXPECT_TRUE(sink.trustworthy());
  EXPECT_EQ(sink.part().canaries.planted, 1U);
  EXPECT_EQ(sink.part().canaries.caught, 1U);
  EXPECT_EQ(sink.pairs().size(), 2U);
}

TEST_P(batch_sink, trusts_no_oracle_that_shows_nothing_of_a_lie) {
  const Batch batch = batch_with_canary(GetParam());
  BatchSink sink(batch, [](std::size_t, const auto&) { FAIL() << "nothing differs"; });
  auto jobs = batch.jobs;
  for (Job& job : jobs) job.lie = Lie::none;
  ASSERT_TRUE(ModelOracle().run(jobs, sink));
  EXPECT_FALSE(sink.trustworthy());
  EXPECT_EQ(sink.part().canaries.planted, 1U);
  EXPECT_EQ(sink.part().canaries.caught, 0U);
}

TEST_P(batch_sink, a_lie_that_undoes_what_the_kernel_does_wrong_is_not_missed) {
  const Batch batch = batch_with_canary(GetParam());
  unsigned met = 0;
  BatchSink sink(batch, [&](std::size_t number, const properties::Divergence& divergence) {
    ++met;
    EXPECT_NE(batch.canary, number);
    EXPECT_EQ(divergence.step, 1U);
  });
  const auto oracle = make_faulty_oracle("before_nothing_appends");
  ASSERT_TRUE(oracle);
  ASSERT_TRUE((*oracle)->run(batch.jobs, sink));
  EXPECT_EQ(met, 1U);
  EXPECT_TRUE(sink.trustworthy());
  EXPECT_EQ(sink.part().canaries.planted, 0U) << "it tells nothing";
}

}  // namespace
}  // namespace mprogcheck
