// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The whole way on the host: generate, run, judge, shrink, print, replay, against the model with a bug planted around
// it.
#include "oracle/planted/planted_fault.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "campaign/fuzz/canary.hpp"
#include "campaign/kernel/hook_spec.hpp"
#include "model/language/parse.hpp"
#include "model/language/print.hpp"
#include "oracle/observe.hpp"
#include "properties/generate/generate.hpp"
#include "properties/judge/describe.hpp"
#include "properties/judge/judge.hpp"
#include "properties/shrink/shrink.hpp"
#include "properties/shrink/simpler.hpp"

namespace mprogcheck {
namespace {

using properties::Divergence;
using properties::Judgement;
using properties::Property;

constexpr std::uint64_t sequences = 2000;
constexpr std::size_t small = 6;

/// A fault of one family, as its name says, is met where that is spoken of; all others in the first.
std::vector<model::Hook> hooks_for(const Oracle& oracle) {
  const std::string_view source = oracle.identity().source;
  const PlantedFault* const fault =
      planted_fault(source.substr(std::min(source.size(), std::string_view("model:").size())));
  if (fault == nullptr) return all_hooks();
  model::Family family{};
  for (const model::FamilyRow& row : model::family_rows)
    if (fault->name.starts_with(row.name)) family = row.family;
  std::vector<model::Hook> hooks;
  for (const model::HookRow& row : model::hook_rows)
    if (family != model::Family{} || row.family == family) hooks.push_back(row.hook);
  return hooks;
}

properties::Generator generator(std::uint64_t seed, std::vector<model::Hook> hooks = all_hooks()) {
  return properties::Generator(
      {.seed = seed, .shard = 0, .hooks = std::move(hooks), .nonsense_ppm = std::nullopt, .with_devices = 1000});
}

class Verdicts final : public RunSink {
 public:
  explicit Verdicts(std::span<const Job> jobs) : jobs_(jobs), all(jobs.size()) {}
  void take(std::size_t job, Run& run) override { all[job] = properties::judge(jobs_[job], run); }

 private:
  std::span<const Job> jobs_;

 public:
  std::vector<Judgement> all;
};

Judgement judged(Oracle& oracle, const Job& job) {
  Verdicts verdicts({&job, 1});
  EXPECT_TRUE(oracle.run({&job, 1}, verdicts).has_value());
  EXPECT_EQ(verdicts.all[0].malformed, "") << model::print(job.sequence);
  return verdicts.all[0];
}

struct Found {
  std::uint64_t index;
  model::Sequence sequence;
  Divergence divergence;
};

/// What a campaign would do: fast runs of one generated sequence after the other, until one diverges.
std::optional<Found> first_divergence(Oracle& oracle, std::uint64_t seed) {
  const auto source = generator(seed, hooks_for(oracle));
  for (std::uint64_t i = 0; i < sequences; ++i) {
    const Job job{.sequence = source.sequence(i), .traits = {}};
    if (auto judgement = judged(oracle, job); judgement.divergence)
      return Found{i, job.sequence, std::move(*judgement.divergence)};
  }
  return std::nullopt;
}

bool names(std::string_view list, std::string_view name) {
  std::istringstream words{std::string(list)};
  for (std::string word; words >> word;)
    if (word == name) return true;
  return false;
}

class APlantedFault : public testing::TestWithParam<std::string> {};

TEST_P(APlantedFault, is_found_shrunk_named_and_replayable) {
  const PlantedFault* fault = planted_fault(GetParam());
  ASSERT_NE(fault, nullptr);
  auto oracle = make_faulty_oracle(GetParam());
  ASSERT_TRUE(oracle.has_value());

  const auto found = first_divergence(**oracle, 1);
  ASSERT_TRUE(found) << "not found in " << sequences << " sequences";
  const auto shrunk = properties::shrink(found->sequence, found->divergence, **oracle);
  ASSERT_TRUE(shrunk.has_value()) << shrunk.error().message;
  EXPECT_TRUE(shrunk->reproduced);
  EXPECT_TRUE(shrunk->minimal);
  EXPECT_TRUE(shrunk->confirmed);
  const std::string told = properties::describe(shrunk->sequence, shrunk->divergence);
  EXPECT_LE(shrunk->sequence.operations.size(), small) << told;
  EXPECT_TRUE(names(fault->breaks, properties::name_of(shrunk->divergence.primary)))
      << "may blame: " << fault->breaks << "\n"
      << told;
  RecordProperty("sequences", std::to_string(found->index + 1));
  RecordProperty("candidates", std::to_string(shrunk->candidates));
  RecordProperty("operations",
                 fmt::format("{}->{}", found->sequence.operations.size(), shrunk->sequence.operations.size()));
  RecordProperty("fingerprint", properties::to_string(shrunk->divergence.fingerprint));

  const auto parsed = model::parse(model::print(shrunk->sequence));
  ASSERT_TRUE(parsed.has_value()) << model::print(shrunk->sequence);
  EXPECT_EQ(*parsed, shrunk->sequence);
  const auto again = judged(**oracle, {.sequence = *parsed, .traits = {}, .depth = shrunk->depth});
  ASSERT_TRUE(again.divergence);
  EXPECT_EQ(again.divergence->fingerprint, shrunk->divergence.fingerprint);
  if (std::getenv("MPROGCHECK_SHOW") != nullptr) fmt::print("{}\n{}\n", GetParam(), told);
}

std::vector<std::string> all_names() {
  std::vector<std::string> all;
  for (const PlantedFault& fault : planted_faults()) all.emplace_back(fault.name);
  return all;
}
INSTANTIATE_TEST_SUITE_P(Each, APlantedFault, testing::ValuesIn(all_names()),
                         [](const auto& each) { return each.param; });

TEST(PlantedFaults, are_enough_and_blame_properties_that_exist) {
  EXPECT_GE(planted_faults().size(), 24U);
  for (const PlantedFault& fault : planted_faults()) {
    EXPECT_FALSE(fault.says.empty());
    std::istringstream words{std::string(fault.breaks)};
    unsigned count = 0;
    for (std::string word; words >> word; ++count)
      EXPECT_TRUE(properties::property_named(word)) << fault.name << ": " << word;
    EXPECT_GT(count, 0U) << fault.name;
  }
}

TEST(PlantedFaults, break_every_property_that_a_step_can_break) {
  properties::PropertySet all;
  for (const PlantedFault& fault : planted_faults()) {
    std::istringstream words{std::string(fault.breaks)};
    for (std::string word; words >> word;) all.add(*properties::property_named(word));
  }
  for (unsigned i = 0; i < properties::property_count; ++i) {
    const auto property = static_cast<Property>(i);
    EXPECT_TRUE(all.contains(property)) << properties::name_of(property);
  }
}

TEST(PlantedFaults, that_do_not_exist_are_a_usage_error) {
  const auto oracle = make_faulty_oracle("nonsense");
  ASSERT_FALSE(oracle.has_value());
  EXPECT_EQ(oracle.error().kind, Error::Kind::usage);
  EXPECT_NE(oracle.error().message.find("before_off_by_one"), std::string::npos);
}

TEST(ModelOracle, agrees_with_the_model_at_both_depths) {
  ModelOracle oracle;
  const auto source = generator(7);
  for (std::uint64_t i = 0; i < sequences; ++i)
    for (const Depth depth : {Depth::fast, Depth::deep}) {
      if (depth == Depth::deep && i % 8 != 0) continue;
      const Job job{.sequence = source.sequence(i), .traits = {}, .depth = depth};
      const auto judgement = judged(oracle, job);
      ASSERT_FALSE(judgement.divergence) << properties::describe(job.sequence, *judgement.divergence);
      ASSERT_EQ(judgement.judged, job.sequence.operations.size());
      ASSERT_EQ(judgement.unjudged, 0U);
    }
}

/// A misbehaviour that does nothing walks the other way through the oracle, with two worlds side by side.
TEST(ModelOracle, agrees_with_the_model_beside_an_idle_misbehaviour) {
  ModelOracle oracle("model:idle", std::make_unique<Misbehaviour>());
  const auto source = generator(8);
  for (std::uint64_t i = 0; i < sequences / 4; ++i) {
    const Job job{.sequence = source.sequence(i), .traits = {}, .depth = i % 2 != 0 ? Depth::deep : Depth::fast};
    const auto judgement = judged(oracle, job);
    ASSERT_FALSE(judgement.divergence) << properties::describe(job.sequence, *judgement.divergence);
  }
}

class ALie : public testing::TestWithParam<Lie> {};

TEST_P(ALie, is_caught_where_it_is_told_and_blamed_on_its_property) {
  ModelOracle oracle;
  const auto source = generator(9);
  unsigned told = 0;
  // Few sequences have a caller without capabilities, and few steps are queries.
  const bool rare = GetParam() == Lie::permission || GetParam() == Lie::answer || GetParam() == Lie::ownership ||
                    GetParam() == Lie::first_last;
  const std::uint64_t tries = rare ? sequences : sequences / 4;
  for (std::uint64_t i = 0; i < tries; ++i) {
    Job job{.sequence = source.sequence(i), .traits = {}, .depth = i % 2 != 0 ? Depth::deep : Depth::fast};
    const auto length = static_cast<std::uint32_t>(job.sequence.operations.size());
    if (length == 0) continue;
    job.lie = GetParam();
    job.lie_at = static_cast<std::uint32_t>(i * 7 % length);
    // Few steps send a packet to lie about: the next one that does.
    for (std::uint32_t n = 0; n < length && !lie_applies(job.sequence, job.lie, job.lie_at) && i % 8 != 0; ++n)
      job.lie_at = (job.lie_at + 1) % length;
    const auto judgement = judged(oracle, job);
    if (!lie_applies(job.sequence, job.lie, job.lie_at)) {
      EXPECT_FALSE(judgement.divergence);
      continue;
    }
    ++told;
    const bool at_the_end = is_about_the_end(job.lie);
    ASSERT_TRUE(judgement.divergence) << model::print(job.sequence);
    EXPECT_EQ(judgement.divergence->step, at_the_end ? length - 1 : job.lie_at);
    const auto& broken = judgement.divergence->broken;
    EXPECT_TRUE(broken.contains(*property_of(job.lie))) << properties::describe(job.sequence, *judgement.divergence);
    if (job.lie == Lie::isolation) {
      EXPECT_EQ(judgement.divergence->primary, Property::isolation);
    }
    EXPECT_EQ(fate_of(job, judgement), CanaryFate::caught);
    // To blame the right step for something else is not to have seen the lie.
    auto mistaken = judgement;
    mistaken.divergence->broken = {};
    for (unsigned n = 0; n < properties::property_count; ++n)
      if (const auto other = static_cast<Property>(n); other != property_of(job.lie))
        mistaken.divergence->broken.add(other);
    EXPECT_EQ(fate_of(job, mistaken), CanaryFate::missed);
  }
  EXPECT_GT(told, 50U);
}
INSTANTIATE_TEST_SUITE_P(Each, ALie,
                         testing::Values(Lie::outcome, Lie::revision, Lie::order, Lie::isolation, Lie::permission,
                                         Lie::answer, Lie::lifecycle, Lie::references, Lie::passage, Lie::fate,
                                         Lie::ownership, Lie::capacity, Lie::atomic, Lie::no_splat, Lie::first_last,
                                         Lie::leak));

TEST(Canaries, EveryPropertyHasOneAndEachHasItsTurn) {
  properties::PropertySet all;
  for (unsigned n = 1; n < lies; ++n) all.add(*property_of(static_cast<Lie>(n)));
  for (unsigned n = 0; n < properties::property_count; ++n)
    EXPECT_TRUE(all.contains(static_cast<Property>(n))) << properties::name_of(static_cast<Property>(n));

  CanaryNest nest(true);
  const auto source = generator(11);
  std::set<Lie> planted;
  std::uint64_t i = 0;
  for (; i < sequences && planted.size() + 1 < lies; ++i)
    if (const auto canary = nest.plant({.sequence = source.sequence(i), .traits = {}})) planted.insert(canary->lie);
  EXPECT_EQ(planted.size() + 1, lies) << "in " << i << " sequences";
  RecordProperty("sequences_for_each_lie", std::to_string(i));
}

/// A splat, or a leak, that is real does not count as the one that was asked for.
TEST(Canaries, ARealEndingIsNoLie) {
  ModelOracle oracle;
  const auto source = generator(12);
  for (const Lie lie : {Lie::no_splat, Lie::leak}) {
    std::uint64_t i = 0;
    while (source.sequence(i).operations.empty()) ++i;
    const Job job{.sequence = source.sequence(i), .traits = {}, .depth = Depth::fast, .lie = lie};
    auto judgement = judged(oracle, job);
    ASSERT_TRUE(judgement.divergence);
    EXPECT_EQ(fate_of(job, judgement), CanaryFate::caught);
    judgement.divergence->note = "WARNING: CPU: 0 PID: 1 at tcx_link_release";
    EXPECT_EQ(fate_of(job, judgement), CanaryFate::spoilt);
    judgement.divergence.reset();
    EXPECT_EQ(fate_of(job, judgement), CanaryFate::missed);
  }
}

}  // namespace
}  // namespace mprogcheck
