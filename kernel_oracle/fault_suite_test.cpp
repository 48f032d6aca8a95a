// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Each part is killed, stopped, corrupted, on the real kernel: it is noticed, it belongs to a sequence (and in deep
// depth to a step), every other sequence is judged as if nothing had happened, and no process is left.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "kernel_oracle/testing/agreement.hpp"
#include "kernel_oracle/testing/fake_agent.hpp"
#include "kernel_oracle/testing/kernel_quirks.hpp"
#include "kernel_oracle/vm_oracle.hpp"
#include "vm/testing/stock_kernel.hpp"

namespace mprogcheck {
namespace {

using namespace std::chrono_literals;
using testing::difference;
using testing::hand_made;
using ::testing::HasSubstr;
using Clock = std::chrono::steady_clock;
using Ending = Run::Ending;

/// Knows when each run came; a test may do something then.
class Witness final : public RunSink {
 public:
  std::function<void(std::size_t job)> at = [](std::size_t) {};
  void take(std::size_t job, Run& run) override {
    at(job);
    EXPECT_EQ(job, runs.size());
    runs.push_back(std::move(run));
    times.push_back(Clock::now());
  }
  [[nodiscard]] double seconds_after(std::size_t job) const {
    return std::chrono::duration<double>(times.at(job + 1) - times.at(job)).count();
  }
  std::vector<Run> runs;
  std::vector<Clock::time_point> times;
};

class FaultSuite : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto kernel = testing::find_stock_kernel();
    if (!kernel) GTEST_SKIP() << kernel.error().message;
    config_.kernel = *kernel;
    config_.answer_deadline = 6s;
    config_.command_line = accident_switch;
  }
  void start() {
    auto started = VmOracle::start(config_);
    ASSERT_TRUE(started) << started.error().message;
    oracle_ = std::move(*started);
    traits_ = testing::quirks_of_kernel(*oracle_);
  }
  Witness witness(std::span<const Job> jobs) {
    Witness seen;
    const auto ran = oracle_->run(jobs, seen);
    EXPECT_TRUE(ran) << ran.error().message;
    EXPECT_EQ(seen.runs.size(), jobs.size());
    seen.runs.resize(jobs.size());
    return seen;
  }
  /// All but the victim are as the model says.
  static void expect_agreement(std::span<const Job> jobs, const Witness& seen, std::size_t victim) {
    for (std::size_t n = 0; n < jobs.size(); ++n) {
      if (n == victim) continue;
      EXPECT_EQ(difference(jobs[n], seen.runs[n]), "") << n;
    }
  }
  void fill_the_disk();

  VmOracleConfig config_{};
  std::unique_ptr<VmOracle> oracle_;
  model::Traits traits_;  ///< of the kernel
};

/// What QEMU processes are children of this one.
std::vector<int> qemus() {
  std::vector<int> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const int pid = std::atoi(entry.path().filename().c_str());
    if (pid <= 0) continue;
    std::ifstream file(entry.path() / "stat");
    std::string stat((std::istreambuf_iterator<char>(file)), {});
    const auto name = stat.find("(qemu"), end = stat.rfind(") ");
    if (name == std::string::npos || end == std::string::npos) continue;
    if (std::atoi(stat.c_str() + end + 4) == ::getpid()) found.push_back(pid);
  }
  return found;
}

enum class Told { job, step, nothing };

struct Fault {
  const char* name;
  Accident accident;
  Ending ending;
  const char *note, *console;  ///< what they say
  Told told;                   ///< by the console or the agent, in deep depth; in fast depth a step never is
};

const Fault faults[] = {
    {"guest panics", Accident::panic, Ending::splat, "Kernel panic - not syncing: sysrq triggered crash", "Call Trace",
     Told::step},
    {"machine resets", Accident::reset, Ending::lost, "closed", "", Told::nothing},
    {"agent crashes", Accident::agent_crash, Ending::splat, "Attempted to kill init! exitcode=0x0000000b",
     "Comm: ", Told::step},
    {"agent exits", Accident::agent_exit, Ending::splat, "Attempted to kill init! exitcode=0x00000300",
     "Comm: ", Told::step},
    {"agent loops", Accident::agent_loop, Ending::hung, "no answer", "NMI", Told::step},
    {"agent sleeps", Accident::agent_sleep, Ending::hung, "no answer", "NMI", Told::nothing},
    {"line of a defect", Accident::defect_line, Ending::splat, "BUG: asked for by a test", "BUG: asked", Told::step},
    {"log flood", Accident::log_flood, Ending::splat, "the kernel log ", "another_line", Told::step},
    {"taint", Accident::taint, Ending::splat, "does not say why: U", "", Told::step},
    {"leak", Accident::leak, Ending::unclean, "which no sequence should have left", "", Told::job},
    {"hold", Accident::hold, Ending::unclean, "is held 2 times, expected 1", "", Told::job},
    {"rubbish", Accident::rubbish, Ending::lost, "the agent sent bytes that begin no frame", "", Told::nothing},
    {"half a frame", Accident::half_a_frame, Ending::hung, "no answer", "NMI", Told::nothing},
};

TEST_F(FaultSuite, EachIsNoticedAndPinnedAndSurvived) {
  ASSERT_NO_FATAL_FAILURE(start());
  for (const Fault& fault : faults) {
    for (const Depth depth : {Depth::deep, Depth::fast}) {
      // In fast depth references are counted after several sequences, and a leak belongs to one of them.
      const bool counted = fault.accident == Accident::leak || fault.accident == Accident::hold;
      if (counted && depth == Depth::fast) continue;
      SCOPED_TRACE(fmt::format("{}, {}", fault.name, depth == Depth::deep ? "deep" : "fast"));
      auto jobs = hand_made(depth, traits_);
      constexpr std::uint32_t at = 2;
      std::size_t victim = jobs.size() / 2;
      while (victim + 1 < jobs.size() && jobs[victim].sequence.operations.size() <= at + 1) ++victim;
      ASSERT_GT(jobs[victim].sequence.operations.size(), at + 1);
      ASSERT_LT(victim + 1, jobs.size());
      jobs[victim].accident = fault.accident;
      jobs[victim].accident_at = at;
      const pid_t before = oracle_->qemu_pid();
      ASSERT_GT(before, 0);
      const unsigned machines = oracle_->restores();
      const Witness seen = witness(jobs);
      expect_agreement(jobs, seen, victim);
      const auto& ended = seen.runs[victim];
      EXPECT_EQ(ended.ending, fault.ending) << ended.note;
      EXPECT_THAT(ended.note, HasSubstr(fault.note));
      if (fault.told == Told::step && depth == Depth::deep) {
        EXPECT_EQ(ended.at, at);
      }
      const bool in_doubt = fault.ending == Ending::hung || fault.ending == Ending::lost;
      const bool unknown = in_doubt && (fault.told != Told::step || depth == Depth::fast);
      EXPECT_EQ(ended.note.find("is not known") != std::string::npos, unknown) << ended.note;
      // A kernel in doubt is gone, and not run on. Where nobody told the job, the suspects were run again, and killed
      // the next one too.
      EXPECT_EQ(::kill(before, 0), -1) << "ended and reaped";
      EXPECT_EQ(oracle_->restores() - machines, fault.told == Told::nothing ? 2U : 1U);
      EXPECT_EQ(oracle_->boots(), 1U) << oracle_->snapshot_trouble();
      EXPECT_EQ(qemus(), std::vector<int>{oracle_->qemu_pid()});
    }
  }
  oracle_.reset();
  EXPECT_EQ(qemus(), std::vector<int>{});
}

/// The console of the guest that died is there for the finding, and the next operation is checked soon.
TEST_F(FaultSuite, TheConsoleIsKeptAndTheNextOperationComesSoon) {
  ASSERT_NO_FATAL_FAILURE(start());
  for (const Fault& fault : faults) {
    auto jobs = hand_made(Depth::deep, traits_);
    jobs[0].accident = fault.accident;
    std::string console;
    Witness seen;
    seen.at = [&](std::size_t job) {
      if (job == 0) console = oracle_->console_tail(200);
    };
    ASSERT_TRUE(oracle_->run(jobs, seen));
    EXPECT_EQ(seen.runs[0].ending, fault.ending) << fault.name;
    EXPECT_THAT(console, HasSubstr(fault.console)) << fault.name;
    expect_agreement(jobs, seen, 0);
    fmt::print("{:17} run handed over → next checked sequence: {:.2f} s, restored in {:.2f} s\n", fault.name,
               seen.seconds_after(0), oracle_->restore_seconds());
  }
}

/// The heartbeat tells a guest that works on from one that hangs.
TEST_F(FaultSuite, ASlowGuestIsNoHang) {
  ASSERT_NO_FATAL_FAILURE(start());
  Job job = hand_made(Depth::fast, traits_)[0];
  const auto once = job.sequence.operations;
  // Each takes at least 2 ms of the guest's clock, which need not agree with ours to the last percent.
  while (job.sequence.operations.size() < 4500)
    job.sequence.operations.insert(job.sequence.operations.end(), once.begin(), once.end());
  job.accident = Accident::slowness;
  const auto begin = Clock::now();
  const Witness seen = witness(std::span(&job, 1));
  ASSERT_GT(Clock::now() - begin, config_.answer_deadline) << "or this test says nothing";
  EXPECT_EQ(difference(job, seen.runs[0]), "");
  EXPECT_EQ(oracle_->restores(), 0U);
}

/// A file system of its own, small enough to be filled, seen by this process only; gone with it. Empty if this user may
/// not have one.
std::string small_disk(const char* size) {
  std::string folder = ::testing::TempDir() + "small_disk_XXXXXX";
  if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return {};
  if (::mkdtemp(folder.data()) == nullptr || ::mount("tmpfs", folder.c_str(), "tmpfs", 0, size) != 0) return {};
  return folder;
}

/// Nobody can write the console any more: the sequence is found without it, what was run is handed over, and that no
/// new machine can be had is an error of infrastructure in one line. With room again, it goes on.
void FaultSuite::fill_the_disk() {
  const auto disk = small_disk("size=8M");
  if (disk.empty()) return;  // this user may not have one
  config_.directory = disk;
  config_.answer_deadline = 10s;  // each machine is booted: a snapshot has no room
  ASSERT_NO_FATAL_FAILURE(start());
  EXPECT_THAT(oracle_->snapshot_trouble(), HasSubstr("snapshot"));
  const auto fill = disk + "/fill";
  std::ofstream filler(fill, std::ios::binary);
  while (filler.write(std::string(4096, 'x').data(), 4096).flush()) {
  }
  filler.close();
  auto jobs = hand_made(Depth::deep, traits_);
  constexpr std::size_t victim = 1;
  jobs[victim].accident = Accident::panic;
  Witness seen;
  const auto ran = oracle_->run(jobs, seen);
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().kind, Error::Kind::infrastructure);
  EXPECT_THAT(ran.error().message, HasSubstr("No space left"));
  EXPECT_THAT(ran.error().message, ::testing::Not(HasSubstr("\n")));
  for (std::size_t n = 0; n < seen.runs.size(); ++n) EXPECT_EQ(difference(jobs[n], seen.runs[n]), "");

  std::filesystem::remove(fill);
  const Witness again = witness(jobs);
  expect_agreement(jobs, again, victim);
  EXPECT_EQ(again.runs[victim].ending, Ending::splat);
  EXPECT_EQ(qemus().size(), 1U);
  oracle_.reset();
  ::umount2(disk.c_str(), MNT_DETACH);
  ::rmdir(disk.c_str());
}

// In a process of its own: each thread has its mounts, and what starts QEMU is a thread from before.
TEST_F(FaultSuite, TheDiskIsFull) {
  EXPECT_EXIT(
      {
        fill_the_disk();
        std::fflush(nullptr);
        ::_exit(HasFailure() ? 1 : 0);
      },
      ::testing::ExitedWithCode(0), "");
}

TEST_F(FaultSuite, AnAgentThatWasNotStartedForItRefuses) {
  config_.command_line.clear();
  ASSERT_NO_FATAL_FAILURE(start());
  auto jobs = hand_made(Depth::fast, traits_);
  jobs[1].accident = Accident::panic;
  const Witness seen = witness(jobs);
  expect_agreement(jobs, seen, 1);
  EXPECT_EQ(seen.runs[1].ending, Ending::lost);
  EXPECT_THAT(seen.runs[1].note, HasSubstr("the agent gave up: it was sent a job with an accident"));
}

TEST_F(FaultSuite, WithoutTheKernelsLogNothingBegins) {
  config_.command_line = no_log_switch;
  const auto started = VmOracle::start(config_);
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().kind, Error::Kind::infrastructure);
  EXPECT_THAT(started.error().message, HasSubstr("the kernel's log (/dev/kmsg) or taint cannot be read"));
  EXPECT_THAT(started.error().message, ::testing::Not(HasSubstr("\n")));
}

/// QEMU dies or stops at any moment of the work.
TEST_F(FaultSuite, QemuIsKilledOrStoppedAtAnyMoment) {
  config_.answer_deadline = 2s;
  ASSERT_NO_FATAL_FAILURE(start());
  auto jobs = hand_made(Depth::fast, traits_);
  const auto once = jobs;
  while (jobs.size() < 600) jobs.insert(jobs.end(), once.begin(), once.end());
  for (const int signal : {SIGKILL, SIGSTOP}) {
    for (const std::size_t moment : {std::size_t{0}, jobs.size() / 3, jobs.size() - 1}) {
      SCOPED_TRACE(fmt::format("signal {} when run {} is here", signal, moment));
      bool done = false;
      Witness seen;
      seen.at = [&](std::size_t job) {
        if (job != moment || std::exchange(done, true)) return;
        ASSERT_GT(oracle_->qemu_pid(), 0);
        ::kill(oracle_->qemu_pid(), signal);
      };
      ASSERT_TRUE(oracle_->run(jobs, seen));
      ASSERT_EQ(seen.runs.size(), jobs.size());
      unsigned bad = 0;
      for (std::size_t n = 0; n < jobs.size(); ++n) {
        if (seen.runs[n].ending == Ending::complete) {
          EXPECT_EQ(difference(jobs[n], seen.runs[n]), "") << n;
          continue;
        }
        ++bad;
        EXPECT_EQ(seen.runs[n].ending, signal == SIGKILL ? Ending::lost : Ending::hung);
      }
      // None if all runs had been sent already: then the next call meets a dead machine, and says so.
      EXPECT_LE(bad, 1U);
      if (moment == 0) {
        EXPECT_EQ(bad, 1U);
      }
    }
  }
}

}  // namespace
}  // namespace mprogcheck
