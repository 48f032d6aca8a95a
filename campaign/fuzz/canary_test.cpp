// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// A lie that was asked for is never a finding, whatever the kernel does wrong besides.
#include "campaign/fuzz/canary.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>
#include <array>
#include <memory>

#include "base/testing/scratch.hpp"
#include "campaign/fuzz/batch_sink.hpp"
#include "campaign/fuzz/fuzz.hpp"
#include "model/language/print.hpp"
#include "oracle/model_oracle.hpp"
#include "oracle/observe.hpp"
#include "oracle/planted/planted_fault.hpp"
#include "properties/generate/generate.hpp"

namespace mprogcheck {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// Steps that differ, guests that end, what is left behind: often enough that a lie is told about a sequence that
/// diverges.
constexpr std::array faults{"before_off_by_one",     "closed_fd_einval",          "removed_device_keeps_references",
                            "leaked_link_reference", "warn_on_second_update",     "hang_on_replace_before",
                            "query_count_short",     "revision_bumped_on_failure"};

RC_GTEST_PROP(canary, leaves_to_the_honest_run_what_both_met, ()) {
  const properties::Generator generator({.seed = *rc::gen::arbitrary<std::uint64_t>(),
                                         .shard = 0,
                                         .hooks = {model::Hook::tcx_ingress, model::Hook::tcx_egress},
                                         .nonsense_ppm = {}});
  const auto oracle = make_faulty_oracle(faults[*rc::gen::inRange<std::size_t>(0, faults.size())]);
  const bool canary_first = *rc::gen::arbitrary<bool>();
  for (std::uint64_t number = 0; number < 8; ++number) {
    const Job honest{.sequence = generator.sequence(number), .traits = {}};
    for (std::uint8_t lie = 1; lie < lies; ++lie) {
      Job canary = honest;
      canary.lie = static_cast<Lie>(lie);
      const auto operations = static_cast<std::uint32_t>(honest.sequence.operations.size());
      while (canary.lie_at < operations && !lie_applies(honest.sequence, canary.lie, canary.lie_at, {}))
        ++canary.lie_at;
      if (canary.lie_at == operations) continue;
      Batch batch;
      batch.count = 1;
      batch.jobs = canary_first ? std::vector{canary, honest} : std::vector{honest, canary};
      batch.index = {number, number};
      batch.canary = canary_first ? 0 : 1;
      BatchSink sink(batch, [&](std::size_t /*number*/, const properties::Divergence& divergence) {
        RC_ASSERT(properties::to_string(divergence.fingerprint).find("lie") == std::string::npos);
      });
      RC_ASSERT((*oracle)->run(batch.jobs, sink).has_value());
      if (auto trusted = sink.trustworthy(); !trusted) RC_FAIL(trusted.error().message);
      RC_ASSERT(!sink.canary_is_due_again());
    }
  }
}

/// Everything that a user is told of what was found.
std::string findings_of(std::string_view fault, const std::string& seed, unsigned jobs) {
  const testing::Scratch scratch;
  Reporter silent;
  FuzzOptions options;
  options.hooks = {model::Hook::tcx_ingress, model::Hook::tcx_egress};
  options.kernel = "model";
  options.seed = seed;
  options.sequences = 16 * 256;  // each lie once
  options.jobs = jobs;
  options.confirmations = 2;
  options.out = scratch.file("out");
  const auto report = fuzz(
      options, [fault](unsigned) { return make_faulty_oracle(fault); }, silent);
  EXPECT_TRUE(report && !report->error) << fault;
  std::string text;
  for (const Finding& finding : report->findings)
    text += fmt::format("{} {} {}/{} hits {} in {}\n{}{}", properties::to_string(finding.divergence.fingerprint),
                        name_of(finding.label), finding.confirmed, finding.runs, finding.hits,
                        finding.folder.filename().string(), model::print(finding.found), model::print(finding.shrunk));
  return text;
}

TEST(canaries, change_nothing_of_what_is_found) {
  for (const char* fault : faults) {
    const std::string seed = fault;
    const std::string first = findings_of(fault, seed, 1);
    EXPECT_THAT(first, HasSubstr("reproducible")) << fault;
    EXPECT_THAT(first, Not(HasSubstr("lie"))) << fault;
    for (const unsigned jobs : {1U, 2U, 1U}) EXPECT_EQ(findings_of(fault, seed, jobs), first) << fault;
  }
}

/// Once, beside a canary and nowhere else, the guest does what no lie says: it dies, or a step differs.
class OnceBesideACanary final : public Oracle {
 public:
  explicit OnceBesideACanary(bool dies) : dies_(dies) {}
  [[nodiscard]] const OracleIdentity& identity() const override { return model_.identity(); }
  Result<void> run(std::span<const Job> jobs, RunSink& sink) override {
    class Spoiling final : public RunSink {
     public:
      Spoiling(std::span<const Job> jobs, RunSink& to, OnceBesideACanary& once) : jobs_(jobs), to_(to), once_(once) {}
      void take(std::size_t number, Run& run) override {
        if (!once_.done_ && jobs_[number].lie != Lie::none && run.steps.size() > 4 && jobs_[number].lie_at > 2) {
          once_.done_ = true;
          if (once_.dies_) {
            run.steps.resize(2);
            run.ending = Run::Ending::splat;
            run.note = "BUG: unable to handle page fault for address: 0";
            run.at = 2;
          } else {
            run.steps[0].outcome = {95};
          }
        }
        to_.take(number, run);
      }

     private:
      std::span<const Job> jobs_;
      RunSink& to_;
      OnceBesideACanary& once_;
    };
    Spoiling spoiling(jobs, sink, *this);
    return model_.run(jobs, spoiling);
  }

 private:
  ModelOracle model_;
  bool dies_, done_ = false;
};

TEST(canaries, what_does_not_come_again_is_a_finding_only_if_the_guest_came_to_an_end) {
  for (const bool dies : {true, false}) {
    const testing::Scratch scratch;
    Reporter silent;
    FuzzOptions options;
    options.hooks = {model::Hook::tcx_ingress};
    options.kernel = "model";
    options.seed = "once";
    options.sequences = 16 * 256;
    options.out = scratch.file("out");
    const auto report = fuzz(
        options, [dies](unsigned) { return Result<std::unique_ptr<Oracle>>(new OnceBesideACanary(dies)); }, silent);
    ASSERT_TRUE(report && !report->error);
    ASSERT_EQ(report->findings.size(), dies ? 1U : 0U);
    if (!dies) continue;
    EXPECT_EQ(report->findings[0].label, Label::flaky);
    EXPECT_EQ(report->findings[0].hits, 1U);
  }
}

}  // namespace
}  // namespace mprogcheck
