// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// A released kernel that dies of a relative without a program (docs/findings/relative_without_program.md): each way to
// say it is noticed, belongs to its step, and what runs before and after it is judged as if nothing had happened.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kernel_oracle/testing/agreement.hpp"
#include "kernel_oracle/testing/kernel_quirks.hpp"
#include "kernel_oracle/vm_oracle.hpp"
#include "model/language/parse.hpp"
#include "vm/testing/stock_kernel.hpp"

namespace mprogcheck {
namespace {

using testing::difference;
using testing::hand_made;
using ::testing::HasSubstr;
using Ending = Run::Ending;

/// What dies, in the function that each call goes through.
constexpr std::pair<const char*, const char*> ways[] = {
    {"attach tcx_ingress@d0 p0 before link fd(o17)", "bpf_mprog_attach < tcx_prog_attach"},
    {"attach tcx_ingress@d0 p0 after link id(h0)", "bpf_mprog_attach < tcx_prog_attach"},
    {"as u attach tcx_egress@d0 p0 link id(o17)", "bpf_mprog_attach < tcx_prog_attach"},
    {"link l0 tcx_ingress@d0 p0 link fd(h0)", "bpf_mprog_attach < tcx_link_attach"},
    {"detach tcx_ingress@d0 p1 before link fd(h1)", "bpf_mprog_detach < tcx_prog_detach"},
};

/// Each run, and the console as it was then.
class Keeping final : public RunSink {
 public:
  explicit Keeping(const VmOracle& oracle) : oracle_(oracle) {}
  void take(std::size_t /*job*/, Run& run) override {
    runs.push_back(std::move(run));
    consoles.push_back(oracle_.console_tail(200));
  }
  std::vector<Run> runs;
  std::vector<std::string> consoles;

 private:
  const VmOracle& oracle_;
};

TEST(DeadlyRelative, IsNoticedAndBelongsToItsStep) {
  const auto kernel = testing::find_stock_kernel();
  if (!kernel) GTEST_SKIP() << kernel.error().message;
  auto oracle = VmOracle::start({.kernel = *kernel});
  ASSERT_TRUE(oracle) << oracle.error().message;
  if (!(*oracle)->identity().has("struct_ops_link")) GTEST_SKIP() << "the kernel has no such link";
  std::vector<Job> jobs{hand_made(Depth::deep, testing::quirks_of_kernel(**oracle)).front()};
  for (const auto& [line, where] : ways) {
    const auto sequence = model::parse(
        "mprogcheck 1\nnetdev d0\nprog p0, p1 sched_cls\ncaller u uid 1000\n"
        "attach tcx_ingress@d0 p1\ndup h0 o17\nopen h1 link id(h0)\n" +
        std::string(line) + "\nclose h1\n");
    ASSERT_TRUE(sequence) << line;
    jobs.push_back({.sequence = *sequence, .traits = jobs.front().traits, .depth = Depth::deep});
    jobs.push_back(jobs.front());
  }
  Keeping sink(**oracle);
  // One after the other: what ran before a crash and was not sent yet is run again, and the console is the next one's.
  for (const Job& job : jobs) {
    const auto ran = (*oracle)->run(std::span(&job, 1), sink);
    ASSERT_TRUE(ran) << ran.error().message;
  }
  ASSERT_EQ(sink.runs.size(), jobs.size());
  if (difference(jobs[1], sink.runs[1]).empty()) GTEST_SKIP() << "the kernel is mended: it answers as the model says";
  for (std::size_t n = 0; n < jobs.size(); ++n) {
    if (n % 2 == 0) {
      EXPECT_EQ(difference(jobs[n], sink.runs[n]), "") << n;
      continue;
    }
    const auto& [line, where] = ways[n / 2];
    const auto& run = sink.runs[n];
    SCOPED_TRACE(line);
    EXPECT_EQ(run.ending, Ending::splat);
    EXPECT_EQ(run.at, 3U);
    EXPECT_THAT(run.note, HasSubstr("NULL pointer dereference"));
    EXPECT_THAT(run.note, HasSubstr(where));
    EXPECT_THAT(sink.consoles[n], HasSubstr("RIP: 0010:bpf_mprog_tuple_relative"));
  }
  EXPECT_EQ((*oracle)->guests(), 1U + std::size(ways));
}

}  // namespace
}  // namespace mprogcheck
