// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/finding/finding.hpp"
#include "base/file.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <stdlib.h>

#include "campaign/finding/one_run.hpp"
#include "model/language/parse.hpp"
#include "oracle/planted/planted_fault.hpp"

namespace mprogcheck {
namespace {

namespace fs = std::filesystem;

class finding_folder : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "mprogcheck-finding-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override { fs::remove_all(directory_); }

  static Finding some_finding() {
    const auto sequence = model::parse(
        "mprogcheck 1\nnetdev d0\nprog p0, p1 sched_cls\nattach tcx_ingress@d0 p0\nattach tcx_ingress@d0 p1 before\n");
    const auto oracle = make_faulty_oracle("before_nothing_appends");
    const auto judgement = run_once(**oracle, {.sequence = *sequence, .traits = {}});
    Finding finding;
    finding.found = *sequence;
    finding.divergence = *judgement->divergence;
    finding.console = "last words\n";
    return finding;
  }

  fs::path directory_;
};

TEST_F(finding_folder, holds_what_is_needed_to_replay_it) {
  Finding finding = some_finding();
  ASSERT_TRUE(save(finding, directory_));
  EXPECT_EQ(model::parse(*read_file(finding.folder / "sequence.mpc")), finding.found);
  EXPECT_EQ(*read_file(finding.folder / "console.log"), "last words\n");
  EXPECT_NE(read_file(finding.folder / "report.txt")->find("first_last"), std::string::npos);
  EXPECT_FALSE(fs::exists(finding.folder / "shrunk.mpc"));
}

TEST_F(finding_folder, says_on_which_kernel_it_was) {
  Finding finding = some_finding();
  finding.shrunk = finding.found;
  finding.origin.kernel = {
      .source = "debian:trixie", .release = "6.12.1", .accelerator = "tcg", .features = {}, .image = "aa"};
  ASSERT_TRUE(save(finding, directory_));
  const auto read = load_finding(finding.folder);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->origin.kernel.release, "6.12.1");
  EXPECT_EQ(read->origin.kernel.image, "aa");
}

TEST_F(finding_folder, the_same_finding_keeps_its_folder) {
  Finding first = some_finding();
  Finding second = some_finding();
  second.shrunk = second.found;
  ASSERT_TRUE(save(first, directory_));
  ASSERT_TRUE(save(second, directory_));
  EXPECT_EQ(first.folder, second.folder);
  EXPECT_TRUE(fs::exists(first.folder / "shrunk.mpc"));
  for (const auto& entry : fs::directory_iterator(first.folder)) EXPECT_NE(entry.path().extension(), ".partial");
}

std::string some_words() {
  return *rc::gen::container<std::string>(rc::gen::element('a', 'Z', '0', ' ', '"', '\\', '#', ':', '\n', '/'));
}

properties::Fingerprint some_fingerprint() {
  const auto some_outcome = [] { return model::Outcome{*rc::gen::inRange(-133, 1)}; };
  const auto some_fate = [] { return static_cast<model::Fate>(*rc::gen::inRange(0U, model::fates)); };
  return {static_cast<properties::Property>(*rc::gen::inRange(0U, properties::property_count)),
          *rc::gen::element<std::string>("", "attach", "query", "run"),
          static_cast<model::Rule>(*rc::gen::inRange<std::size_t>(0, model::rule_count)),
          some_outcome(),
          some_outcome(),
          some_words(),
          some_fate(),
          some_fate(),
          some_words()};
}

RC_GTEST_FIXTURE_PROP(finding_folder, gives_back_what_makes_it_the_same_finding, ()) {
  Finding finding = some_finding();
  finding.divergence.fingerprint = some_fingerprint();
  finding.divergence.primary = finding.divergence.fingerprint.property;
  finding.depth = *rc::gen::element(Depth::fast, Depth::deep);
  RC_ASSERT(save(finding, directory_).has_value());
  const auto loaded = load_finding(finding.folder);
  RC_ASSERT(loaded.has_value());
  RC_ASSERT(loaded->divergence.fingerprint == finding.divergence.fingerprint);
  RC_ASSERT(loaded->depth == finding.depth);
  RC_ASSERT(folder_of(*loaded, directory_) == finding.folder);
}

}  // namespace
}  // namespace mprogcheck
