// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/vm_oracle.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "kernel_oracle/testing/agreement.hpp"
#include "kernel_oracle/testing/fake_agent.hpp"
#include "kernel_oracle/testing/probed_kernel.hpp"
#include "model/arbitrary.hpp"
#include "model/language/print.hpp"
#include "oracle/observe.hpp"

namespace mprogcheck {
namespace {

using namespace std::chrono_literals;
using testing::Collector;
using testing::difference;
using testing::hand_made;

/// A VM with the stock kernel, booted once for each test.
class VmOracleTest : public testing::ProbedKernel {
 protected:
  VmOracleTest() { config_.answer_deadline = 5s; }
  auto run(std::span<const Job> jobs) {
    Collector collector;
    const auto ran = oracle_->run(jobs, collector);
    EXPECT_TRUE(ran) << ran.error().message;
    EXPECT_TRUE(collector.in_order());
    EXPECT_EQ(collector.runs.size(), jobs.size());
    collector.runs.resize(jobs.size());
    return std::move(collector.runs);
  }
  void expect_agreement(std::span<const Job> jobs) {
    const auto runs = run(jobs);
    for (std::size_t n = 0; n < jobs.size(); ++n)
      EXPECT_EQ(difference(jobs[n], runs[n]), "") << model::print(jobs[n].sequence);
  }
};

TEST_F(VmOracleTest, KernelAndModelAgreeStepByStep) {
  EXPECT_THAT(oracle_->identity().features, ::testing::Contains("tcx"));
  expect_agreement(hand_made(Depth::fast, traits_));
  expect_agreement(hand_made(Depth::deep, traits_));
  EXPECT_THAT(oracle_->identity().features, ::testing::IsSupersetOf({"device", "pin"}));
  if (!config_.kernel.extra_modules.empty()) {
    EXPECT_TRUE(oracle_->identity().has(feature_qdisc));
  }
  expect_agreement(runnable(testing::hand_made_lifetimes(Depth::fast, traits_)));
  expect_agreement(runnable(testing::hand_made_lifetimes(Depth::deep, traits_)));
  // Each job leaves something behind, and the next one must see an empty world; so must the same job again.
  auto twice = hand_made(Depth::fast, traits_);
  twice.insert(twice.end(), twice.begin(), twice.end());
  expect_agreement(twice);

  const bool held = rc::check("any sequence at all", [&] {
    Job job;
    job.sequence = runnable(*model::arbitrary_sequence());
    job.traits = traits_;
    job.depth = *rc::gen::element(Depth::fast, Depth::deep);
    RC_PRE(!testing::kills(job));
    Collector collector;
    RC_ASSERT(oracle_->run(std::span(&job, 1), collector).has_value());
    RC_ASSERT(collector.runs.size() == 1U);
    const auto differs = difference(job, collector.runs[0]);
    RC_ASSERT(differs == "");
  });
  EXPECT_TRUE(held);
}

TEST_F(VmOracleTest, EveryLieIsSeenAndOnlyWhereItWasAskedFor) {
  const auto guests = oracle_->guests();
  for (unsigned n = 1; n < lies; ++n) {
    const auto lie = static_cast<Lie>(n);
    unsigned told = 0;
    for (const Job& honest : hand_made(Depth::fast, traits_)) {
      std::vector<Job> jobs;
      for (std::uint32_t at = 0; at < honest.sequence.operations.size(); ++at) {
        jobs.push_back(honest);
        jobs.back().lie = lie;
        jobs.back().lie_at = at;
      }
      const auto runs = run(jobs);
      for (std::uint32_t at = 0; at < jobs.size(); ++at) {
        const auto found = difference(jobs[at], runs[at]);
        const bool tells = lie_applies(honest.sequence, lie, at, honest.traits);
        EXPECT_EQ(found != "", tells) << "lie " << static_cast<int>(lie) << " at " << at << ": " << found << "\n"
                                      << model::print(honest.sequence);
        const auto where = is_about_the_end(lie) ? honest.sequence.operations.size() - 1 : at;
        if (tells && (lie == Lie::no_splat || lie == Lie::leak)) {
          EXPECT_EQ(runs[at].ending, lie == Lie::leak ? Run::Ending::unclean : Run::Ending::splat);
          EXPECT_EQ(runs[at].miscounted, lie == Lie::leak);
          EXPECT_TRUE(ends_by_lie(lie, runs[at].note)) << runs[at].note;
          EXPECT_EQ(runs[at].at, where);
        } else if (tells) {
          EXPECT_THAT(found, ::testing::StartsWith(fmt::format("step {} ", where)));
        }
        told += tells;
      }
    }
    EXPECT_GT(told, 0U) << n;
  }
  EXPECT_EQ(oracle_->guests(), guests) << "the guest is well, whatever it says";
}

/// Every declared program, every filler, every mortal and link that is alive: that none is left uncounted is seen here,
/// that the counts are the model's by difference().
TEST_F(VmOracleTest, EveryReferenceIsCountedAfterEveryStep) {
  ASSERT_TRUE(oracle_->identity().has(feature_refcnt));
  const auto jobs = hand_made(Depth::deep, traits_);
  const auto runs = run(jobs);
  std::set<unsigned> seen;
  for (std::size_t n = 0; n < jobs.size(); ++n) {
    EXPECT_EQ(difference(jobs[n], runs[n]), "") << model::print(jobs[n].sequence);
    model::World world = world_of(jobs[n]);
    for (std::size_t i = 0; i < runs[n].steps.size(); ++i) {
      world.apply(jobs[n].sequence.operations[i]);
      const Step& step = runs[n].steps[i];
      std::map<unsigned, std::uint16_t> programs, links;
      for (std::uint32_t k = 0; k < step.programs; ++k) {
        const ProgramView& view = runs[n].programs[step.first_program + k];
        programs[view.program] = view.references;
      }
      for (std::uint32_t k = 0; k < step.links; ++k) {
        const LinkView& view = runs[n].links[step.first_link + k];
        links[view.link] = view.references;
      }
      for (unsigned program = 0; program < model::program_count; ++program) {
        const auto& expected = world.program(static_cast<model::ProgramIndex>(program));
        const bool undeclared =
            program < model::filler_program_begin && !jobs[n].sequence.declarations.has_program(program);
        if (!expected.alive || undeclared) continue;
        ASSERT_TRUE(programs.contains(program)) << program;
        EXPECT_EQ(programs[program], expected.references) << "step " << i << ", program " << program;
        seen.insert(expected.references);
      }
      for (unsigned link = 0; link < model::link_count; ++link) {
        const auto& expected = world.link(static_cast<model::LinkIndex>(link));
        if (!expected.alive) continue;
        ASSERT_TRUE(links.contains(link)) << link;
        EXPECT_EQ(links[link], expected.references) << "step " << i << ", link " << link;
      }
    }
  }
  EXPECT_GE(seen.size(), 3U) << "sequences in which something is held one, two and three times";
}

TEST_F(VmOracleTest, ADeadOrStuckMachineIsReplaced) {
  const auto jobs = hand_made(Depth::fast, traits_);
  expect_agreement(jobs);
  const auto console = oracle_->console_path();
  ::kill(oracle_->qemu_pid(), SIGKILL);
  const auto begin = std::chrono::steady_clock::now();
  const auto runs = run(jobs);
  const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  fmt::print("from QEMU's death to the last of {} runs: {:.2f} s, of which restored in {:.2f} s\n", jobs.size(),
             seconds, oracle_->restore_seconds());
  unsigned lost = 0;
  for (const auto& run : runs) lost += run.ending == Run::Ending::lost;
  EXPECT_EQ(lost, 1U);
  EXPECT_EQ(oracle_->restores(), 1U);
  EXPECT_NE(oracle_->console_path(), console);

  ::kill(oracle_->qemu_pid(), SIGSTOP);
  const auto more = run(std::span(jobs).first(1));
  EXPECT_EQ(more[0].ending, Run::Ending::hung);
  expect_agreement(jobs);
  EXPECT_EQ(oracle_->restores(), 2U);
  EXPECT_EQ(oracle_->boots(), 1U) << oracle_->snapshot_trouble();
}

TEST_F(VmOracleTest, ManyMachinesInARowAreRestoredAndAllAgree) {
  const auto jobs = hand_made(Depth::fast, traits_);
  std::vector<double> seconds;
  for (unsigned n = 1; n <= 20; ++n) {
    const pid_t before = oracle_->qemu_pid();
    const auto replaced = oracle_->replace();
    ASSERT_TRUE(replaced) << replaced.error().message;
    EXPECT_NE(oracle_->qemu_pid(), before);
    EXPECT_EQ(::kill(before, 0), -1) << "ended and reaped";
    expect_agreement(jobs);
    seconds.push_back(oracle_->restore_seconds());
  }
  EXPECT_EQ(oracle_->restores(), 20U);
  EXPECT_EQ(oracle_->boots(), 1U) << oracle_->snapshot_trouble();
  std::sort(seconds.begin(), seconds.end());
  fmt::print("booted in {:.2f} s, snapshot taken in {:.2f} s, restored in {:.2f} to {:.2f} s, median {:.2f} s\n",
             oracle_->boot_seconds(), oracle_->snapshot_seconds(), seconds.front(), seconds.back(), seconds[10]);
}

/// What needs a feature that the kernel lacks is not run; all else is.
TEST(VmOracle, WithoutItsModuleAQdiscIsSkipped) {
  auto kernel = testing::find_stock_kernel();
  if (!kernel) GTEST_SKIP() << kernel.error().message;
  kernel->extra_modules.clear();
  VmOracleConfig config{.kernel = *kernel};
  config.snapshots = false;
  auto oracle = VmOracle::start(config);
  ASSERT_TRUE(oracle) << oracle.error().message;
  EXPECT_FALSE((*oracle)->identity().has(feature_qdisc));
  const auto sets_qdisc = [](const model::Operation& operation) {
    return std::holds_alternative<model::SetQdisc>(operation);
  };
  unsigned skipped = 0, expected = 0;
  for (const Job& job : testing::hand_made_lifetimes(Depth::fast, testing::quirks_of_kernel(**oracle))) {
    expected += std::ranges::any_of(job.sequence.operations, sets_qdisc);
    Collector collector;
    const auto ran = (*oracle)->run(std::span(&job, 1), collector);
    if (!ran) {
      EXPECT_EQ(ran.error().kind, Error::Kind::skipped);
      EXPECT_NE(ran.error().message.find("qdisc"), std::string::npos) << ran.error().message;
      ++skipped;
      continue;
    }
    EXPECT_EQ(difference(job, collector.runs[0]), "") << model::print(job.sequence);
  }
  EXPECT_EQ(skipped, expected);
  EXPECT_GT(skipped, 2U);
}

/// Everything still works where nothing can be restored.
TEST(VmOracle, WithoutSnapshotsEveryMachineIsBooted) {
  const auto kernel = testing::find_stock_kernel();
  if (!kernel) GTEST_SKIP() << kernel.error().message;
  VmOracleConfig config{.kernel = *kernel};
  config.snapshots = false;
  auto oracle = VmOracle::start(config);
  ASSERT_TRUE(oracle) << oracle.error().message;
  ASSERT_TRUE((*oracle)->replace());
  EXPECT_EQ((*oracle)->boots(), 2U);
  EXPECT_EQ((*oracle)->restores(), 0U);
}

/// Findings, and campaigns that go on, are of one kernel: not of what a build puts in its place meanwhile.
TEST(VmOracle, AnImageThatWasBuiltAgainIsNotBootedUnawares) {
  auto kernel = testing::find_stock_kernel();
  if (!kernel) GTEST_SKIP() << kernel.error().message;
  std::string directory = (std::filesystem::temp_directory_path() / "mprogcheck-image-XXXXXX").string();
  ASSERT_NE(::mkdtemp(directory.data()), nullptr);
  const std::string copy = directory + "/bzImage";
  std::filesystem::copy_file(kernel->path, copy);
  kernel->path = copy;
  auto oracle = VmOracle::start({.kernel = *kernel, .snapshots = false});
  ASSERT_TRUE(oracle) << oracle.error().message;
  const std::string image = (*oracle)->identity().image;
  EXPECT_EQ(image.size(), 16U);
  std::ofstream(copy, std::ios::app) << "built again";
  const auto renewed = (*oracle)->renew(Start::cold);
  ASSERT_FALSE(renewed);
  EXPECT_THAT(renewed.error().message, ::testing::AllOf(::testing::HasSubstr(image), ::testing::HasSubstr("another")));
  std::filesystem::remove_all(directory);
}

Job repeated(Job job, std::size_t steps) {
  const auto once = job.sequence.operations;
  while (job.sequence.operations.size() + once.size() <= steps)
    job.sequence.operations.insert(job.sequence.operations.end(), once.begin(), once.end());
  return job;
}

// Its run is far larger than a frame, with reference counts after each step.
TEST_F(VmOracleTest, ALongSequenceComesInParts) {
  const Job all = repeated(hand_made(Depth::fast, traits_)[0], wire::max_steps);
  const Job deep = repeated(hand_made(Depth::deep, traits_)[0], wire::max_steps / 4);
  for (const Job& job : {all, deep}) {
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(difference(job, run(std::span(&job, 1))[0]), "");
    fmt::print("{} operations, {}: {:.1f} s\n", job.sequence.operations.size(),
               job.depth == Depth::deep ? "deep" : "fast",
               std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  EXPECT_EQ(oracle_->boots(), 1U);
  EXPECT_EQ(oracle_->restores(), 0U);
}

TEST_F(VmOracleTest, WhatCannotBeRestoredIsBooted) {
  // The second machine's folder cannot be made.
  const auto folder = std::filesystem::path(oracle_->console_path()).parent_path();
  ASSERT_EQ(folder.filename(), "vm0");
  std::ofstream(folder.parent_path() / "vm1") << "in the way";
  const auto jobs = hand_made(Depth::fast, traits_);
  ::kill(oracle_->qemu_pid(), SIGKILL);
  const auto runs = run(jobs);
  EXPECT_EQ(std::count_if(runs.begin(), runs.end(), [](const auto& one) { return one.ending == Run::Ending::lost; }),
            1);
  EXPECT_EQ(oracle_->restores(), 0U);
  EXPECT_EQ(oracle_->boots(), 2U);
  EXPECT_NE(oracle_->snapshot_trouble(), "");
  expect_agreement(jobs);
}

TEST_F(VmOracleTest, ASiblingStartsFromTheSnapshotAndAColdStartIsABoot) {
  auto sibling = oracle_->sibling("");
  ASSERT_TRUE(sibling) << sibling.error().message;
  EXPECT_EQ((*sibling)->boots(), 0U);
  EXPECT_EQ((*sibling)->restores(), 1U);
  EXPECT_EQ((*sibling)->identity().release, oracle_->identity().release);
  EXPECT_NE((*sibling)->qemu_pid(), oracle_->qemu_pid());
  std::swap(oracle_, *sibling);
  expect_agreement(hand_made(Depth::deep, traits_));
  ASSERT_TRUE(oracle_->renew(Start::cold));
  EXPECT_EQ(oracle_->boots(), 1U);
  EXPECT_EQ(oracle_->guests(), 2U);
  expect_agreement(hand_made(Depth::fast, traits_));
  ASSERT_TRUE(oracle_->renew(Start::quick));
  EXPECT_EQ(oracle_->boots(), 1U);
  EXPECT_EQ(oracle_->restores(), 2U);
  std::swap(oracle_, *sibling);
  sibling->reset();
  expect_agreement(hand_made(Depth::fast, traits_));
}

TEST_F(VmOracleTest, FloorAndCheckedPathMakeTheSameCalls) {
  const auto jobs = hand_made(Depth::fast, traits_);
  const auto bench = oracle_->bench(jobs);
  ASSERT_TRUE(bench) << bench.error().message;
  std::uint64_t operations = 0;
  for (const Job& job : jobs) operations += job.sequence.operations.size();
  EXPECT_EQ(bench->operations, operations);
  EXPECT_GT(bench->rounds, 0U);
  EXPECT_GT(bench->system_calls, operations);
  EXPECT_GT(bench->floor_failures, 0U);
  EXPECT_EQ(bench->floor_failures, bench->checked_failures);
  EXPECT_GT(bench->floor_ns, 0U);
  EXPECT_GT(bench->checked_ns, 0U);
  // And the world is as it was.
  expect_agreement(jobs);

  Job too_much;
  too_much.sequence.declarations.devices = 0x80;
  Collector collector;
  const auto ran = oracle_->run(std::span(&too_much, 1), collector);
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().kind, Error::Kind::usage);
}

}  // namespace
}  // namespace mprogcheck
