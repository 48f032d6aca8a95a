// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Leaks on a kernel that cannot count references: a mortal program that lives on, or dies before its time, tells.
#include <gtest/gtest.h>

#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "model/language/print.hpp"
#include "oracle/planted/kit.hpp"
#include "properties/generate/generate.hpp"
#include "properties/judge/describe.hpp"
#include "properties/judge/judge.hpp"
#include "properties/shrink/shrink.hpp"

namespace mprogcheck {
namespace {

constexpr std::uint64_t sequences = 2000;
constexpr std::size_t small = 6;

class Verdict final : public RunSink {
 public:
  explicit Verdict(const Job& job) : job_(job) {}
  void take(std::size_t /*job*/, Run& run) override { judgement = properties::judge(job_, run); }

 private:
  const Job& job_;

 public:
  properties::Judgement judgement;
};

struct Found {
  model::Sequence sequence;
  properties::Divergence divergence;
};

/// The first that needs no count, and none of the programs that are there all the time.
std::optional<Found> first_by_a_mortal(Oracle& oracle, std::uint64_t seed) {
  const properties::Generator generator({.seed = seed, .hooks = {model::Hook::tcx_ingress, model::Hook::tcx_egress}});
  for (std::uint64_t i = 0; i < sequences; ++i) {
    const Job job{.sequence = generator.sequence(i), .traits = {}};
    Verdict verdict(job);
    EXPECT_TRUE(oracle.run({&job, 1}, verdict).has_value());
    EXPECT_EQ(verdict.judgement.malformed, "");
    const auto& divergence = verdict.judgement.divergence;
    if (divergence && divergence->primary == properties::Property::lifecycle) return Found{job.sequence, *divergence};
  }
  return std::nullopt;
}

class ALeak : public testing::TestWithParam<std::string> {};

TEST_P(ALeak, is_found_without_counts_and_shrunk) {
  auto oracle = make_faulty_oracle(GetParam(), false);
  ASSERT_TRUE(oracle.has_value());
  EXPECT_FALSE((*oracle)->identity().has(feature_refcnt));
  for (const std::uint64_t seed : {1, 2, 3}) {
    const auto found = first_by_a_mortal(**oracle, seed);
    ASSERT_TRUE(found) << "not found in " << sequences << " sequences of seed " << seed;
    const auto shrunk = properties::shrink(found->sequence, found->divergence, **oracle);
    ASSERT_TRUE(shrunk.has_value()) << shrunk.error().message;
    EXPECT_TRUE(shrunk->reproduced && shrunk->minimal && shrunk->confirmed);
    // It stays with the call that showed it: where that binds a name anew, what the name held has to be made first.
    const bool closes = std::holds_alternative<model::Close>(shrunk->sequence.operations.back());
    EXPECT_LE(shrunk->sequence.operations.size(), closes ? small : small + 2)
        << properties::describe(shrunk->sequence, shrunk->divergence);
    EXPECT_EQ(shrunk->divergence.primary, properties::Property::lifecycle);
  }
}

std::vector<std::string> all_leaks() {
  std::vector<std::string> all;
  for (const PlantedFault& fault : planted::leak_faults()) all.emplace_back(fault.name);
  return all;
}
INSTANTIATE_TEST_SUITE_P(Each, ALeak, testing::ValuesIn(all_leaks()), [](const auto& each) { return each.param; });

/// A program that is there all the time shows a leak when its last file is closed.
TEST(ModelOracle, without_counts_sees_at_rest_that_a_program_of_the_pool_is_held) {
  const auto oracle = make_faulty_oracle("removed_device_keeps_references", false);
  ASSERT_TRUE(oracle.has_value());
  Job job;
  job.sequence.declarations.devices = 1;
  job.sequence.declarations.programs = 1;
  job.sequence.operations = {model::Attach{.program = model::Argument::of(model::Name::pool(0))},
                             model::RemoveDevice{}};
  Verdict verdict(job);
  ASSERT_TRUE((*oracle)->run({&job, 1}, verdict).has_value());
  ASSERT_TRUE(verdict.judgement.divergence);
  EXPECT_EQ(verdict.judgement.divergence->primary, properties::Property::refcount);
  EXPECT_EQ(verdict.judgement.divergence->note, "references: program p0 lives on when its last file is closed");
}

}  // namespace
}  // namespace mprogcheck
