// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// A finding belongs to the start of the campaign that found it, and to the kernel that it ran on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>

#include "base/testing/scratch.hpp"
#include "campaign/fuzz/campaign_folder.hpp"
#include "campaign/fuzz/fuzz.hpp"
#include "campaign/testing/campaign_text.hpp"
#include "campaign/testing/exploration.hpp"
#include "oracle/planted/planted_fault.hpp"

namespace mprogcheck {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using testing::Listener;
using ::testing::Not;
using testing::Scratch;
using testing::text_of;

/// A kernel of that image; with the fault, if any.
class Image final : public Oracle {
 public:
  Image(std::string image, std::unique_ptr<Oracle> inner) : inner_(std::move(inner)), identity_(inner_->identity()) {
    identity_.release = "6.12.1";
    identity_.image = std::move(image);
  }
  [[nodiscard]] const OracleIdentity& identity() const override { return identity_; }
  Result<void> run(std::span<const Job> jobs, RunSink& sink) override { return inner_->run(jobs, sink); }

 private:
  std::unique_ptr<Oracle> inner_;
  OracleIdentity identity_;
};

class earlier_findings : public ::testing::Test {
 protected:
  FuzzReport fuzzed(const std::string& image, const char* fault, const std::string& kernel = "bzImage") {
    FuzzOptions options;
    options.hooks = {model::Hook::tcx_ingress};
    options.kernel = kernel;
    options.seed = "7";
    options.sequences = 256;
    options.confirmations = 1;
    options.out = out_;
    listener_.notes.clear();
    auto report = fuzz(
        options,
        [&](unsigned) -> Result<std::unique_ptr<Oracle>> {
          auto inner = fault != nullptr ? make_faulty_oracle(fault) : std::make_unique<ModelOracle>();
          return std::make_unique<Image>(image, std::move(*inner));
        },
        listener_);
    EXPECT_TRUE(report && !report->error);
    return std::move(*report);
  }

  Scratch scratch_;
  fs::path out_ = scratch_.file("out");
  Listener listener_;
};

TEST_F(earlier_findings, are_none_of_a_kernel_that_was_built_again) {
  const auto first = fuzzed("aa", "run_drop_passes");
  ASSERT_FALSE(first.findings.empty());
  const auto second = fuzzed("bb", nullptr);
  EXPECT_TRUE(second.findings.empty());
  const fs::path aside = out_ / "earlier" / "1";
  EXPECT_THAT(listener_.notes, HasSubstr(aside.string()));
  for (const Finding& finding : first.findings) {
    EXPECT_FALSE(fs::exists(finding.folder)) << "findings/ is of the last campaign";
    const auto kept = load_finding(aside / finding.folder.filename());
    ASSERT_TRUE(kept);
    EXPECT_EQ(kept->origin.kernel.image, "aa");
    EXPECT_EQ(kept->hits, finding.hits);
  }
}

TEST_F(earlier_findings, of_the_same_seed_and_kernel_are_not_counted_again) {
  const auto first = fuzzed("aa", "run_drop_passes");
  const auto second = fuzzed("aa", "run_drop_passes");
  EXPECT_EQ(text_of(second), text_of(first));
  EXPECT_EQ(second.carried_on, 0U);
  EXPECT_TRUE(fs::exists(out_ / "earlier" / "1"));
  EXPECT_EQ(fuzzed("aa", nullptr).findings.size(), 0U);
  EXPECT_TRUE(fs::exists(out_ / "earlier" / "2"));
}

TEST_F(earlier_findings, of_another_kernel_in_the_same_folder_stay) {
  const auto first = fuzzed("aa", "run_drop_passes", "one");
  const auto second = fuzzed("bb", "run_drop_passes", "other");
  EXPECT_THAT(listener_.notes, Not(HasSubstr("earlier")));
  ASSERT_EQ(first.findings.size(), second.findings.size());
  for (std::size_t n = 0; n < first.findings.size(); ++n) {
    EXPECT_NE(first.findings[n].folder, second.findings[n].folder);
    EXPECT_EQ(load_finding(first.findings[n].folder)->origin.campaign, "one");
    EXPECT_EQ(load_finding(second.findings[n].folder)->origin.campaign, "other");
  }
}

TEST_F(earlier_findings, that_are_the_oldest_of_many_go_and_that_is_said) {
  for (unsigned number = 5; number < 5 + CampaignFolder::most_earlier; ++number)
    fs::create_directories(out_ / "earlier" / std::to_string(number) / "finding");
  fs::create_directories(out_ / "earlier" / "notes");
  ASSERT_FALSE(fuzzed("aa", "run_drop_passes").findings.empty());
  fuzzed("aa", nullptr);
  EXPECT_TRUE(fs::exists(out_ / "earlier" / "21")) << "behind the last one, and in no gap";
  EXPECT_FALSE(fs::exists(out_ / "earlier" / "5"));
  EXPECT_TRUE(fs::exists(out_ / "earlier" / "6"));
  EXPECT_TRUE(fs::exists(out_ / "earlier" / "notes")) << "none of ours";
  EXPECT_THAT(listener_.notes, HasSubstr((out_ / "earlier" / "5").string() + " is removed"));
}

TEST_F(exploration, that_begins_anew_puts_earlier_findings_aside) {
  const auto first = explored({.bound = small}, faulty("closed_fd_einval"));
  ASSERT_FALSE(first.findings.empty());
  EXPECT_TRUE(explored({.bound = small}, honest()).findings.empty());
  EXPECT_FALSE(fs::exists(first.findings[0].folder));
  EXPECT_TRUE(load_finding(directory_ / "out" / "earlier" / "1" / first.findings[0].folder.filename()));
}

}  // namespace
}  // namespace mprogcheck
