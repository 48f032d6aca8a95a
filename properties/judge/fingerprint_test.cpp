// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/judge/fingerprint.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <optional>

#include "model/language/parse.hpp"
#include "properties/testing/tampering_oracle.hpp"

namespace mprogcheck::properties {
namespace {

std::uint64_t some_address() {
  return 0xffff'8880'0000'0000 | *rc::gen::arbitrary<std::uint32_t>();
}

/// Lines as kernels print them, with what varies from boot to boot and run to run drawn anew.
std::vector<std::string> some_splats() {
  const unsigned cpu = *rc::gen::inRange(0U, 16U), pid = *rc::gen::inRange(1U, 99'999U);
  const unsigned time = *rc::gen::inRange(0U, 999'999U);
  const unsigned at = *rc::gen::inRange(0U, 0x400U), size = *rc::gen::inRange(0x400U, 0x800U);
  return {
      fmt::format("[{:5}.{:06}] WARNING: CPU: {} PID: {} at kernel/bpf/tcx.c:231 tcx_link_update+{:#x}/{:#x}", cpu,
                  time, cpu, pid, at, size),
      fmt::format("[{:5}.{:06}] BUG: KASAN: slab-use-after-free in bpf_mprog_pos_exact+{:#x}/{:#x}", cpu, time, at,
                  size),
      fmt::format("BUG: unable to handle page fault for address: {:016x}", some_address()),
      fmt::format("list_del corruption. prev->next should be {:016x}, but was {:x}. (prev={:x})", some_address(),
                  some_address(), some_address()),
      fmt::format("refcount_t: underflow; use-after-free at {:#x}", some_address()),
  };
}

RC_GTEST_PROP(Fingerprint, of_a_splat_is_the_same_on_every_boot, ()) {
  const auto one = some_splats(), other = some_splats();
  for (std::size_t i = 0; i < one.size(); ++i) RC_ASSERT(without_numbers(one[i]) == without_numbers(other[i]));
}

TEST(Fingerprint, of_a_splat_keeps_its_words) {
  EXPECT_EQ(without_numbers("[   12.3] WARNING: CPU: 0 PID: 61 at net/core/dev.c:12 tcx_run.isra.0+0x1f2/0x240"),
            "WARNING: CPU: # PID: # at net/core/dev.c:# tcx_run.isra.#");
  EXPECT_EQ(without_numbers("prev->next should be ffff888103a4f000, but was dead000000000122."),
            "prev->next should be #, but was #.");
  EXPECT_EQ(without_numbers("added faded_facade defaced_twice"), "added faded_facade defaced_twice");
}

Job job_of(std::string_view text) {
  return {.sequence = *model::parse(text), .traits = {}};
}

std::string fingerprint_of(const Job& job, const Run& run) {
  const auto judgement = judge(job, run);
  EXPECT_TRUE(judgement.divergence) << judgement.malformed;
  return judgement.divergence ? to_string(judgement.divergence->fingerprint) : "";
}

TEST(Fingerprint, of_an_answer_says_which_of_its_parts_differ) {
  const Job job = job_of(
      "mprogcheck 1\nnetdev d0\nprog p0, p1 sched_cls returns next\n"
      "attach tcx_ingress@d0 p0\nattach tcx_ingress@d0 p1\nquery tcx_ingress@d0\n");
  const mprogcheck::Run honest = TamperingOracle::record(job);
  const auto with = [&](auto change) {
    mprogcheck::Run run = honest;
    ListView& answer = run.lists[static_cast<std::size_t>(run.steps[2].answer)];
    change(run, answer);
    const std::string text = fingerprint_of(job, run);
    return text.substr(text.rfind(' ') + 1);
  };
  EXPECT_EQ(with([](mprogcheck::Run&, ListView& answer) { ++answer.count; }), "count");
  EXPECT_EQ(with([](mprogcheck::Run&, ListView& answer) { ++answer.revision; }), "revision");
  EXPECT_EQ(with([](mprogcheck::Run& run, ListView& answer) {
              std::swap(run.entries[answer.first], run.entries[answer.first + 1]);
            }),
            "entries");
  EXPECT_EQ(with([](mprogcheck::Run&, ListView& answer) { answer.breach = 1 | 4; }), "beyond_attr+array");
  EXPECT_EQ(with([](mprogcheck::Run&, ListView& answer) { --answer.count, answer.breach = 8; }), "count+flags");
}

TEST(Fingerprint, of_a_packet_says_what_became_of_the_programs_that_it_should_have_met) {
  const Job job = job_of(
      "mprogcheck 1\nnetdev d0\nprog p0, p1 sched_cls returns next\n"
      "attach tcx_ingress@d0 p0\nattach tcx_ingress@d0 p1\nrun tcx_ingress@d0\n");
  const auto with = [&](std::vector<model::ProgramIndex> met) {
    mprogcheck::Run run = TamperingOracle::record(job);
    run.steps[2].first_ran = static_cast<std::uint32_t>(run.ran.size());
    run.steps[2].ran = static_cast<std::uint32_t>(met.size());
    run.ran.insert(run.ran.end(), met.begin(), met.end());
    const std::string text = fingerprint_of(job, run);
    return text.substr(text.rfind(' ') + 1);
  };
  const auto p0 = model::pool_program(0), p1 = model::pool_program(1), p2 = model::pool_program(2);
  EXPECT_EQ(with({p0}), "missing");
  EXPECT_EQ(with({}), "missing");
  EXPECT_EQ(with({p0, p1, p1}), "extra");
  EXPECT_EQ(with({p1, p0}), "permuted");
  EXPECT_EQ(with({p0, p2}), "others");
}

}  // namespace
}  // namespace mprogcheck::properties
