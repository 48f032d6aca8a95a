// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// A kernel that was built again under the same release is another kernel: nothing goes on with it.
#include "campaign/kernel/kernel_identity.hpp"
#include "base/file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "campaign/explore/explore.hpp"
#include "campaign/fuzz/fuzz.hpp"
#include "campaign/testing/exploration.hpp"
#include "oracle/model_oracle.hpp"

namespace mprogcheck {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

/// The model, as a kernel from an image.
class Built final : public Oracle {
 public:
  explicit Built(std::string image) : identity_(model_.identity()) {
    identity_.release = "6.12.1";
    identity_.image = std::move(image);
  }
  [[nodiscard]] const OracleIdentity& identity() const override { return identity_; }
  Result<void> run(std::span<const Job> jobs, RunSink& sink) override { return model_.run(jobs, sink); }

 private:
  ModelOracle model_;
  OracleIdentity identity_;
};

class rebuilt_kernel : public testing::Test {
 protected:
  static constexpr unsigned never = ~0U;

  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "mprogcheck-rebuilt-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override { fs::remove_all(directory_); }

  OracleFactory built(const std::string& image, unsigned after) {
    stop_ = false;
    return [this, image, after](unsigned) -> Result<std::unique_ptr<Oracle>> {
      return std::make_unique<StopsAfter>(std::make_unique<Built>(image), after, stop_);
    };
  }
  Result<ExploreReport> explored(const std::string& image, unsigned after = never, Shard shard = {},
                                 const std::string& out = "out") {
    ExploreOptions options{.bound = {.programs = 2}, .shard = shard, .kernel = "bzImage", .out = directory_ / out};
    options.stop = &stop_;
    Reporter silent;
    return explore(options, built(image, after), silent);
  }
  Result<FuzzReport> fuzzed(const std::string& image, unsigned after = never) {
    FuzzOptions options;
    options.out = directory_ / "out";
    options.hooks = {model::Hook::tcx_ingress};
    options.kernel = "bzImage";
    options.seed = "rebuilt";
    options.sequences = 1024;
    options.stop = &stop_;
    Reporter silent;
    return fuzz(options, built(image, after), silent);
  }
  template <typename Report>
  static void expect_refusal(const Report& report) {
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().kind, Error::Kind::usage);
    EXPECT_THAT(report.error().message, AllOf(HasSubstr("expected"), HasSubstr("6.12.1, image aa"), HasSubstr("found"),
                                              HasSubstr("6.12.1, image bb")));
    EXPECT_EQ(report.error().message.find('\n'), std::string::npos);
  }
  /// As an mprogcheck left it that did not look at images, and put no checksum to it.
  void make_old(const std::string& out) const {
    const fs::path file = directory_ / out / "explore.json";
    auto state = nlohmann::json::parse(*read_file(file));
    state.erase("image");
    state.erase("checksum");
    ASSERT_TRUE(write_file(file, state.dump()));
  }

  fs::path directory_;
  std::atomic<bool> stop_{false};
};

TEST_F(rebuilt_kernel, takes_over_no_exploration) {
  const auto first = explored("aa", 2);
  ASSERT_TRUE(first) << first.error().message;
  ASSERT_TRUE(first->ended_early);
  expect_refusal(explored("bb"));
  const auto second = explored("aa");
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(second->tours_carried_on, first->tours_done);
  EXPECT_TRUE(second->is_complete());
  EXPECT_TRUE(explored("bb")) << "that one is finished";
}

TEST_F(rebuilt_kernel, has_no_shard_of_the_other) {
  for (unsigned index = 1; index <= 2; ++index)
    ASSERT_TRUE(explored(index == 1 ? "aa" : "bb", never, {index, 2}, std::to_string(index)));
  expect_refusal(merge_shards({directory_ / "1", directory_ / "2"}));
  ASSERT_TRUE(explored("aa", never, {2, 2}, "2"));
  const auto merged = merge_shards({directory_ / "1", directory_ / "2"});
  ASSERT_TRUE(merged) << merged.error().message;
  EXPECT_EQ(merged->identity, (KernelIdentity{"6.12.1", "aa"}));
}

TEST_F(rebuilt_kernel, takes_over_no_campaign) {
  const auto first = fuzzed("aa", 2);
  ASSERT_TRUE(first) << first.error().message;
  ASSERT_LT(first->progress.sequences, 1024U);
  expect_refusal(fuzzed("bb"));
  const auto second = fuzzed("aa");
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(second->carried_on, first->progress.sequences);
}

/// Nobody knows on which image it was.
TEST_F(rebuilt_kernel, what_an_earlier_version_left_is_refused_but_where_it_is_finished) {
  ASSERT_TRUE(explored("aa", 2));
  make_old("out");
  const auto refused = explored("aa");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("earlier mprogcheck"));
  const auto merged = merge_shards({directory_ / "out"});
  ASSERT_FALSE(merged);
  EXPECT_THAT(merged.error().message, HasSubstr("earlier mprogcheck"));

  ASSERT_TRUE(explored("aa", never, {}, "finished"));
  make_old("finished");
  EXPECT_TRUE(explored("bb", never, {}, "finished"));
}

}  // namespace
}  // namespace mprogcheck
