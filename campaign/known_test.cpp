// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/known.hpp"

#include <gtest/gtest.h>

#include "kernel_oracle/model_oracle.hpp"
#include "kernel_oracle/planted_fault.hpp"

namespace mprogcheck {
namespace {

TEST(known, every_entry_is_well_formed_and_named_after_its_quirk) {
  const auto divergences = known_divergences();
  ASSERT_TRUE(divergences) << divergences.error().message;
  EXPECT_EQ(divergences->size(), model::quirk_count);
  for (const KnownDivergence& divergence : *divergences) {
    EXPECT_EQ(divergence.name, model::name_of(divergence.quirk));
    EXPECT_FALSE(divergence.reason.empty());
  }
}

TEST(known, a_kernel_that_behaves_makes_entries_stale) {
  ModelOracle honest;
  const auto known = probe_known(honest);
  ASSERT_TRUE(known);
  EXPECT_EQ(known->quirks, model::Quirks{});
  for (const KnownState& state : known->states) EXPECT_TRUE(state.stale) << state.name;
}

TEST(known, another_bug_in_the_same_place_is_not_taken_for_the_known_one) {
  const auto oracle = make_faulty_oracle("capacity_one_short");
  ASSERT_TRUE(oracle);
  const auto known = probe_known(**oracle);
  ASSERT_TRUE(known);
  EXPECT_EQ(known->quirks, model::Quirks{});
  EXPECT_EQ(known->unexplained.size(), 1U);
}

TEST(known, a_kernel_with_a_quirk_is_recognized_by_the_entry_s_own_sequence) {
  for (unsigned i = 0; i < model::quirk_count; ++i) {
    model::Quirks quirks;
    quirks.add(static_cast<model::Quirk>(i));
    ModelOracle oracle(quirks);
    const auto known = probe_known(oracle);
    ASSERT_TRUE(known);
    EXPECT_EQ(known->quirks, quirks);
  }
}

}  // namespace
}  // namespace mprogcheck
