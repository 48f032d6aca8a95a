// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What happens in the middle of a batch: a guest dies and another one takes its place, this process is killed, a
// finding cannot be written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "campaign/fuzz/fuzz.hpp"
#include "oracle/model_oracle.hpp"

namespace mprogcheck {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// A kernel that dies of each `dup`, and is followed by another guest. `murder` also kills this process: after the job
/// behind the one that was fatal. `obstacle` is gone when the first batch is over.
class Dying final : public Oracle {
 public:
  explicit Dying(bool murder = false, fs::path obstacle = {}) : murder_(murder), obstacle_(std::move(obstacle)) {}
  [[nodiscard]] const OracleIdentity& identity() const override { return model_.identity(); }
  Result<void> run(std::span<const Job> jobs, RunSink& sink) override {
    class Breaking final : public RunSink {
     public:
      Breaking(Dying& oracle, std::span<const Job> jobs, RunSink& to) : oracle_(oracle), jobs_(jobs), to_(to) {}
      void take(std::size_t number, Run& run) override {
        const auto& operations = jobs_[number].sequence.operations;
        for (std::size_t i = 0; i < operations.size(); ++i) {
          if (!std::holds_alternative<model::Dup>(operations[i])) continue;
          run.steps.resize(i);
          run.ending = Run::Ending::splat;
          run.at = static_cast<std::uint32_t>(i);
          run.note = "BUG: unable to handle page fault for address: 00000000deadbeef";
          oracle_.console_ = "last words\n";
          break;
        }
        const bool died = run.ending != Run::Ending::complete;
        to_.take(number, run);
        oracle_.console_ = "another guest\n";
        if (oracle_.murder_ && oracle_.dead_ && !died) ::raise(SIGKILL);
        oracle_.dead_ = oracle_.dead_ || died;
      }

     private:
      Dying& oracle_;
      std::span<const Job> jobs_;
      RunSink& to_;
    };
    Breaking breaking(*this, jobs, sink);
    auto ran = model_.run(jobs, breaking);
    if (!obstacle_.empty()) fs::remove(obstacle_);
    return ran;
  }
  [[nodiscard]] std::string console_tail(std::size_t /*lines*/) const override { return console_; }

 private:
  ModelOracle model_;
  std::string console_;
  bool murder_, dead_ = false;
  fs::path obstacle_;
};

class mid_batch : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "mprogcheck-batch-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    options_.out = pattern;
    options_.hooks = {model::Hook::tcx_ingress};
    options_.seed = "batch";
    options_.sequences = 256;
  }
  void TearDown() override { fs::remove_all(options_.out); }

  static std::string first_line_of(const fs::path& path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
  }

  FuzzOptions options_;
  Reporter silent_;
};

/// What is saved at once, before anybody has looked into it.
class Unconfirmed final : public Reporter {
 public:
  void finding(const Finding& finding) override {
    if (finding.label == Label::unconfirmed) console = finding.console;
  }
  std::string console;
};

TEST_F(mid_batch, a_crash_has_the_console_of_the_guest_that_died) {
  Unconfirmed listener;
  const auto report = fuzz(
      options_, [](unsigned) -> Result<std::unique_ptr<Oracle>> { return std::make_unique<Dying>(); }, listener);
  ASSERT_TRUE(report && !report->error);
  ASSERT_EQ(report->findings.size(), 1U);
  const Finding& finding = report->findings.front();
  EXPECT_EQ(listener.console, "last words\n");
  EXPECT_EQ(finding.console, "last words\n");
  EXPECT_EQ(first_line_of(finding.folder / "console.log"), "last words");
  EXPECT_EQ(finding.label, Label::reproducible);
  EXPECT_EQ(properties::to_string(finding.divergence.fingerprint),
            "no_splat BUG: unable to handle page fault for address: #");
}

TEST_F(mid_batch, a_finding_is_on_disk_before_its_batch_is_over) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    (void)fuzz(
        options_, [](unsigned) -> Result<std::unique_ptr<Oracle>> { return std::make_unique<Dying>(true); }, silent_);
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  ASSERT_TRUE(fs::exists(options_.out / "findings"));
  unsigned findings = 0;
  for (const auto& folder : fs::directory_iterator(options_.out / "findings")) {
    const auto finding = load_finding(folder);
    ASSERT_TRUE(finding) << finding.error().message;
    EXPECT_EQ(finding->console, "last words\n");
    ++findings;
  }
  EXPECT_EQ(findings, 1U);
}

TEST_F(mid_batch, a_finding_that_cannot_be_kept_is_told) {
  const fs::path obstacle = options_.out / "findings";
  std::ofstream(obstacle) << "in the way";
  options_.keep_state = false;
  const auto report = fuzz(
      options_, [&](unsigned) -> Result<std::unique_ptr<Oracle>> { return std::make_unique<Dying>(false, obstacle); },
      silent_);
  ASSERT_TRUE(report && report->error);
  EXPECT_THAT(report->error->message, HasSubstr("--out"));
  EXPECT_EQ(report->findings.size(), 1U) << "found all the same";
}

}  // namespace
}  // namespace mprogcheck
