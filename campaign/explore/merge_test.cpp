// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What shards say of each other's kernels, when they are put together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "campaign/fuzz/earned.hpp"
#include "campaign/testing/exploration.hpp"

namespace mprogcheck {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// The model, whose references nobody can count.
class Uncounted final : public Oracle {
 public:
  Uncounted() : identity_(model_.identity()) { std::erase(identity_.features, feature_refcnt); }
  [[nodiscard]] const OracleIdentity& identity() const override { return identity_; }
  Result<void> run(std::span<const Job> jobs, RunSink& sink) override { return model_.run(jobs, sink); }

 private:
  ModelOracle model_;
  OracleIdentity identity_;
};
Result<std::unique_ptr<Oracle>> uncounted(unsigned /*worker*/) {
  return std::make_unique<Uncounted>();
}

TEST_F(exploration, of_shards_put_together_says_what_any_of_them_did_not_check) {
  CanaryCount canaries;
  std::vector<fs::path> folders;
  for (unsigned index = 1; index <= 2; ++index) {
    folders.push_back(directory_ / std::to_string(index));
    const auto report = explored({.bound = small, .shard = {index, 2}, .out = folders.back()},
                                 index == 1 ? honest() : OracleFactory(uncounted));
    canaries.planted += report.canaries.planted;
    canaries.caught += report.canaries.caught;
  }
  const auto merged = merge_shards(folders);
  ASSERT_TRUE(merged) << merged.error().message;
  EXPECT_THAT(merged->unchecked, ElementsAre(feature_named(feature_refcnt)));
  EXPECT_GT(merged->canaries.planted, 0U);
  EXPECT_EQ(merged->canaries.planted, canaries.planted);
  EXPECT_EQ(merged->canaries.caught, canaries.caught);
  EXPECT_TRUE(is_enough(judged(*merged)));

  explored({.bound = small, .shard = {2, 2}, .out = folders[1]}, honest());
  EXPECT_THAT(merge_shards(folders)->unchecked, IsEmpty());
}

TEST_F(exploration, that_goes_on_says_what_an_earlier_start_did_not_check) {
  std::atomic<bool> stop{false};
  ExploreOptions options{.bound = small};
  options.stop = &stop;
  ASSERT_TRUE(explored(options, [&](unsigned) -> Result<std::unique_ptr<Oracle>> {
                return std::make_unique<StopsAfter>(std::make_unique<Uncounted>(), 4, stop);
              }).ended_early);
  stop = false;
  const auto second = explored(options, honest());
  EXPECT_TRUE(second.is_complete());
  EXPECT_THAT(second.unchecked, ElementsAre(feature_named(feature_refcnt)));
}

TEST(merged_shards, that_judged_too_little_or_had_no_canary_do_not_hold) {
  MergedShards merged;
  merged.pairs = most_pairs_without_canary;
  EXPECT_FALSE(is_enough(judged(merged))) << "nobody vouches for it";
  merged.canaries = {1, 1};
  EXPECT_TRUE(is_enough(judged(merged)));
  merged.uncovered = merged.pairs / 2 + 1;
  EXPECT_FALSE(is_enough(judged(merged)));
  merged.uncovered = 0;
  merged.avoided = merged.pairs + 1;
  EXPECT_FALSE(is_enough(judged(merged)));
}

}  // namespace
}  // namespace mprogcheck
