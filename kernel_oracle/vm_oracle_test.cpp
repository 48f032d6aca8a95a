// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/vm_oracle.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <signal.h>

#include <cstdlib>

#include "kernel_oracle/observe.hpp"
#include "kernel_oracle/testing/fake_agent.hpp"
#include "model/arbitrary.hpp"
#include "model/parse.hpp"
#include "model/print.hpp"

namespace mprogcheck {
namespace {

using namespace std::chrono_literals;
using testing::Collector;

constexpr model::Quirks stock_quirks{1U << static_cast<unsigned>(model::Quirk::full_list_keeps_tail)};

/// Hand-made: between them every call, outcomes good and bad, objects that die, names that are bound anew.
constexpr std::string_view sequences = R"(mprogcheck 1
netdev d0
prog p0..p3 sched_cls returns next
attach tcx_ingress@d0 p0
attach tcx_ingress@d0 p1 before fd(p0) revision now
attach tcx_ingress@d0 p2 replace p1
link l0 tcx_ingress@d0 p3 after id(p0)
update l0 p1 expect p3
detach tcx_ingress@d0 after fd(p0)
detach tcx_ingress@d0 p0 revision now-1
query tcx_ingress@d0
close l0
detach tcx_ingress@d0 p1

mprogcheck 1
netdev d0, d1
prog p0, p1 sched_cls returns pass
prog p2 xdp returns next
fill tcx_egress@d1 63
attach tcx_egress@d1 p0
attach tcx_egress@d1 p0 replace f3
link l0 tcx_egress@d1 p1
detach tcx_egress@d1 before
link l0 tcx_egress@d1 p1 before revision now
attach tcx_egress@d1 p2
link l0 tcx_ingress@d0 p1
close l0
attach tcx_egress@d0 p0 before fd 901
link l9 tcx_egress@d0 p0 flags 0x100000|before
attach tcx_egress@d0 p0 before id 0
attach tcx_egress@d3 p0

mprogcheck 1
netdev d0, d2
load q0 sched_cls
attach tcx_ingress@d2 q0
close q0
open h0 prog id(q0)
detach tcx_ingress@d2 h0
close h0
open h1 prog id(q0)
load q0 sched_cls
link l3 tcx_ingress@d2 q0
dup h2 l3
close l3
update h2 q0
close q0
close h2

mprogcheck 1
netdev d0
prog p0 sched_cls returns next
attach tcx_ingress@d0 p0
attach tcx_egress@d0 p0
close p0
)";

/// Empty if the run is what the model says; else the first thing that is not.
std::string difference(const Job& job, const Run& run) {
  if (run.ending != Run::Ending::complete) return "ending: " + run.note;
  const auto& operations = job.sequence.operations;
  if (run.steps.size() != operations.size()) return "number of steps";
  model::World world(job.sequence.declarations, job.quirks);
  for (std::size_t n = 0; n < operations.size(); ++n) {
    const std::string at = fmt::format("step {} `{}`: ", n, model::print(operations[n]));
    const Step& step = run.steps[n];
    const bool last = n + 1 == operations.size();
    model::ListSet wanted = observed_lists(job.depth, last, world, operations[n]);
    const auto verdict = world.apply(operations[n]);
    if (verdict.outcome != step.outcome)
      return at + fmt::format("expected {}, observed {}", to_string(verdict.outcome), to_string(step.outcome));
    for (std::uint32_t i = 0; i < step.lists; ++i) {
      const ListView& view = run.lists[step.first_list + i];
      if (!model::contains(wanted, view.list)) return at + fmt::format("list {} was not asked for", view.list);
      wanted = static_cast<model::ListSet>(wanted & ~(1U << view.list));
      const auto& list = world.list(view.list);
      if (!view.outcome.ok() || view.revision != list.revision || view.count != list.count || view.length != list.count)
        return at + fmt::format("list {}: expected revision {}, {} entries; observed {}, {}", view.list, list.revision,
                                list.count, view.revision, view.count);
      for (std::uint32_t e = 0; e < view.length; ++e)
        if (run.entries[view.first + e] != list.slots[e]) return at + fmt::format("list {}: entry {}", view.list, e);
    }
    if (wanted != 0) return at + "a list is missing";
    if (job.depth == Depth::fast && !last) continue;
    for (std::uint32_t i = 0; i < step.links; ++i) {
      const LinkView& view = run.links[step.first_link + i];
      const auto& link = world.link(view.link);
      if (view.alive != link.alive || (link.alive && (view.program != link.program || view.list != link.list)))
        return at + fmt::format("link {}", view.link);
    }
    for (std::uint32_t i = 0; i < step.programs; ++i) {
      const ProgramView& view = run.programs[step.first_program + i];
      if (view.alive != world.program(view.program).alive) return at + fmt::format("program {}", view.program);
    }
  }
  return "";
}

std::vector<Job> hand_made(Depth depth) {
  const auto parsed = model::parse_all(sequences);
  std::vector<Job> jobs;
  if (!parsed) {
    ADD_FAILURE() << parsed.error().to_string("sequences");
    return jobs;
  }
  for (const auto& sequence : *parsed) {
    Job job;
    job.sequence = sequence;
    job.quirks = stock_quirks;
    job.depth = depth;
    jobs.push_back(job);
  }
  return jobs;
}

/// A VM with the stock kernel, booted once for each test.
class VmOracleTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto kernel = vm::find_kernel("debian:trixie");
    if (!kernel) GTEST_SKIP() << kernel.error().message;
    VmOracleConfig config{.kernel = *kernel};
    config.answer_deadline = 5s;
    auto started = VmOracle::start(config);
    ASSERT_TRUE(started) << started.error().message;
    oracle_ = std::move(*started);
  }
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

  std::unique_ptr<VmOracle> oracle_;
};

TEST_F(VmOracleTest, KernelAndModelAgreeStepByStep) {
  EXPECT_THAT(oracle_->identity().features, ::testing::Contains("tcx"));
  expect_agreement(hand_made(Depth::fast));
  expect_agreement(hand_made(Depth::deep));
  // Each job leaves something behind, and the next one must see an empty world; so must the same job again.
  auto twice = hand_made(Depth::fast);
  twice.insert(twice.end(), twice.begin(), twice.end());
  expect_agreement(twice);

  const bool held = rc::check("any sequence at all", [&] {
    Job job;
    job.sequence = *model::arbitrary_sequence();
    job.quirks = stock_quirks;
    job.depth = *rc::gen::element(Depth::fast, Depth::deep);
    Collector collector;
    RC_ASSERT(oracle_->run(std::span(&job, 1), collector).has_value());
    RC_ASSERT(collector.runs.size() == 1U);
    const auto differs = difference(job, collector.runs[0]);
    RC_ASSERT(differs == "");
  });
  EXPECT_TRUE(held);
}

TEST_F(VmOracleTest, EveryLieIsSeenAndOnlyWhereItWasAskedFor) {
  for (const Lie lie : {Lie::outcome, Lie::revision, Lie::order, Lie::isolation, Lie::lifecycle}) {
    unsigned told = 0;
    for (const Job& honest : hand_made(Depth::fast)) {
      std::vector<Job> jobs;
      for (std::uint32_t at = 0; at < honest.sequence.operations.size(); ++at) {
        jobs.push_back(honest);
        jobs.back().lie = lie;
        jobs.back().lie_at = at;
      }
      const auto runs = run(jobs);
      for (std::uint32_t at = 0; at < jobs.size(); ++at) {
        const auto found = difference(jobs[at], runs[at]);
        const bool tells = lie_applies(honest.sequence, lie, at);
        EXPECT_EQ(found != "", tells) << "lie " << static_cast<int>(lie) << " at " << at << ": " << found << "\n"
                                      << model::print(honest.sequence);
        const auto where = lie == Lie::isolation || lie == Lie::lifecycle ? honest.sequence.operations.size() - 1 : at;
        if (tells) {
          EXPECT_THAT(found, ::testing::StartsWith(fmt::format("step {} ", where)));
        }
        told += tells;
      }
    }
    EXPECT_GT(told, 0U);
  }
}

TEST_F(VmOracleTest, ADeadOrStuckMachineIsReplaced) {
  const auto jobs = hand_made(Depth::fast);
  expect_agreement(jobs);
  ::kill(oracle_->qemu_pid(), SIGKILL);
  const auto runs = run(jobs);
  unsigned lost = 0;
  for (const auto& run : runs) lost += run.ending == Run::Ending::lost;
  EXPECT_EQ(lost, 1U);
  EXPECT_EQ(oracle_->boots(), 2U);

  ::kill(oracle_->qemu_pid(), SIGSTOP);
  const auto more = run(std::span(jobs).first(1));
  EXPECT_EQ(more[0].ending, Run::Ending::hung);
  expect_agreement(jobs);
  EXPECT_EQ(oracle_->boots(), 3U);
}

TEST_F(VmOracleTest, FloorAndCheckedPathMakeTheSameCalls) {
  const auto jobs = hand_made(Depth::fast);
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
