// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The oracle over a QEMU whose guest is a stranger: no kernel is needed, and no time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/file.hpp"
#include "base/testing/scratch.hpp"
#include "base/text.hpp"
#include "kernel_oracle/testing/fake_agent.hpp"
#include "kernel_oracle/testing/stranger.hpp"
#include "kernel_oracle/vm_oracle.hpp"
#include "vm/testing/bzimage.hpp"

namespace mprogcheck {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using testing::Collector;
using testing::Environment;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr std::string_view release = "6.99.0-fake";

class StrangerInAVm : public ::testing::Test {
 protected:
  void SetUp() override {
    config_.kernel.path = scratch_.file("bzImage");
    config_.kernel.release = release;
    config_.kernel.source = config_.kernel.path;
    config_.directory = scratch_.file("out");
    config_.agent = scratch_.file("init");
    config_.accelerator = vm::Accelerator::tcg;
    config_.snapshots = false;
    ASSERT_TRUE(write_file(config_.kernel.path, vm::testing_images::make_bzimage(release)));
    ASSERT_TRUE(write_file(config_.agent, "no agent"));
  }
  /// The QEMU that is found does this one.
  void expect(std::string_view deed) { deed_.emplace("MPROGCHECK_FAKE_DEED", std::string(deed)); }
  Result<std::unique_ptr<VmOracle>> start(std::string_view deed) {
    expect(deed);
    return VmOracle::start(config_);
  }
  Error refusal(std::string_view deed) {
    const auto started = start(deed);
    EXPECT_FALSE(started);
    if (started) return {};
    EXPECT_EQ(started.error().message, printable_line(started.error().message, 2000));
    return started.error();
  }
  [[nodiscard]] std::uintmax_t bytes_left() const {
    std::uintmax_t bytes = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(config_.directory))
      if (entry.is_regular_file()) bytes += entry.file_size();
    return bytes;
  }
  static std::vector<Job> jobs(std::size_t count) {
    Job job;
    job.sequence.operations.assign(3, model::Close{});
    return std::vector<Job>(count, job);
  }

  testing::Scratch scratch_;
  VmOracleConfig config_;
  Environment path_{"PATH", FAKE_QEMU};
  Environment release_{"MPROGCHECK_FAKE_RELEASE", std::string(release)};
  Environment cache_{"MPROGCHECK_CACHE", scratch_.file("cache")};
  std::optional<Environment> deed_;
};

TEST_F(StrangerInAVm, WithoutTcxIsTold) {
  const auto error = refusal("hello_poison");
  EXPECT_THAT(error.message, HasSubstr("red fake line"));
}

TEST_F(StrangerInAVm, WithoutTcxIsSkipped) {
  config_.kernel.release.clear();
  const auto error = refusal("hello_poison");
  EXPECT_EQ(error.kind, Error::Kind::skipped);
  EXPECT_THAT(error.message, HasSubstr("has no tcx"));
}

TEST_F(StrangerInAVm, ThatComplainsIsRefused) {
  EXPECT_THAT(refusal("complaints_poison").message, StartsWith("the guest cannot be trusted: red fake line"));
}

TEST_F(StrangerInAVm, ThatIsAnotherKernelThanItsImageIsRefused) {
  const auto error = refusal("other_release");
  EXPECT_EQ(error.kind, Error::Kind::infrastructure);
  EXPECT_THAT(error.message, AllOf(HasSubstr("expected the release that the image says, 6.99.0-fake"),
                                   HasSubstr("found that the guest runs 9.9.9-other")));
  config_.kernel.release.clear();  // as of a vmlinux, which does not say what it is
  const auto started = start("other_release");
  EXPECT_TRUE(started) << started.error().message;
}

TEST_F(StrangerInAVm, HasNoMoreTimeToIntroduceItselfThanToBoot) {
  config_.boot_deadline = 3s;
  config_.answer_deadline = 1500ms;
  EXPECT_THAT(refusal("incomplete").message, HasSubstr("did not introduce itself"));
  EXPECT_THAT(refusal("never").message, HasSubstr("did not answer within"));
}

TEST_F(StrangerInAVm, IsNotWaitedForAfterTheCurfew) {
  static Curfew curfew;  // the fixture's configuration outlives this function
  config_.curfew = &curfew;
  for (const auto* deed : {"never", "incomplete"}) {
    config_.boot_deadline = 1h;
    config_.answer_deadline = 1h;
    curfew.set(Curfew::Clock::now() + 200ms);
    EXPECT_EQ(refusal(deed).kind, Error::Kind::interrupted) << deed;
  }
  for (const auto* deed : {"log_for_ever", "silent_job", "slow_parts", "trickle"}) {
    curfew.lift();
    const auto oracle = start(deed);
    ASSERT_TRUE(oracle) << oracle.error().message;
    curfew.set(Curfew::Clock::now() + 200ms);
    Collector collector;
    const auto ran = (*oracle)->run(jobs(3), collector);
    ASSERT_FALSE(ran) << deed;
    EXPECT_EQ(ran.error().kind, Error::Kind::interrupted) << deed;
    EXPECT_EQ((*oracle)->qemu_pid(), -1) << "a guest that is at work is of no use any more";
    EXPECT_EQ((*oracle)->run(jobs(3), collector).error().kind, Error::Kind::interrupted) << "nor is there another";
  }
}

/// A guest may say what it likes on its console: a title is short, and the time to read it is not for the guest to
/// choose.
TEST_F(StrangerInAVm, HasAShortTitle) {
  const auto end_of = [this](std::string_view deed) {
    const auto oracle = start(deed);
    EXPECT_TRUE(oracle) << oracle.error().message;
    Collector collector;
    EXPECT_TRUE((*oracle)->run(jobs(1), collector));
    EXPECT_THAT(collector.runs, SizeIs(1));
    collector.runs.resize(1);
    EXPECT_EQ(collector.runs[0].note, printable_line(collector.runs[0].note, 400));
    EXPECT_LE((*oracle)->console_tail(200).size(), 200'000U);
    return collector.runs[0];
  };
  const auto of_long = end_of("long_splat");
  EXPECT_EQ(of_long.ending, mprogcheck::Run::Ending::splat);
  EXPECT_THAT(of_long.note, StartsWith("BUG: AAAA"));
  const auto poisoned = end_of("console_poison");
  EXPECT_EQ(poisoned.ending, mprogcheck::Run::Ending::splat);
  EXPECT_THAT(poisoned.note, HasSubstr("BUG: kernel NULL pointer dereference, address: 0000 "));
  EXPECT_EQ(end_of("half_splats").ending, mprogcheck::Run::Ending::lost);
}

TEST_F(StrangerInAVm, FillsNoDisk) {
  const auto oracle = start("console_flood");
  ASSERT_TRUE(oracle) << oracle.error().message;
  Collector collector;
  ASSERT_TRUE((*oracle)->run(jobs(2), collector));
  EXPECT_THAT((*oracle)->console_tail(2), HasSubstr("last words"));
  EXPECT_THAT(read_file(config_.directory + "/vm0/console.log").value(), HasSubstr("bytes are left out here"));
  EXPECT_LE(bytes_left(), 5U << 20) << "20 MB of each of two guests";
}

TEST_F(StrangerInAVm, LeavesNoMoreFoldersHoweverOftenItDies) {
  const auto oracle = start("console_poison");
  ASSERT_TRUE(oracle) << oracle.error().message;
  Collector collector;
  const auto many = jobs(VmOracle::folders_kept + 5);
  ASSERT_TRUE((*oracle)->run(many, collector));
  EXPECT_THAT(collector.runs, SizeIs(many.size()));
  EXPECT_GE((*oracle)->guests(), many.size());
  std::size_t folders = 0;
  for (const auto& entry : std::filesystem::directory_iterator(config_.directory))
    folders += entry.is_directory() ? 1 : 0;
  EXPECT_EQ(folders, VmOracle::folders_kept);
}

}  // namespace
}  // namespace mprogcheck
