// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/generate/departure.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "model/language/print.hpp"
#include "properties/generate/generate.hpp"

namespace mprogcheck::properties {
namespace {

constexpr std::uint64_t sequences = 2'000;

GeneratorOptions tcx(std::uint64_t seed) {
  return {.seed = seed, .hooks = {model::Hook::tcx_ingress, model::Hook::tcx_egress}};
}

using Met = std::map<Departure, unsigned>;

Met met_by(const GeneratorOptions& options) {
  const Generator generator(options);
  Met met;
  for (std::uint64_t i = 0; i < sequences; ++i) {
    const auto sequence = generator.sequence(i);
    DepartureWatch watch(sequence.declarations);
    for (const auto& operation : sequence.operations)
      for (const Departure& departure : watch.take(operation)) ++met[departure];
  }
  return met;
}

std::vector<std::string> without(const Met& met, const std::function<bool(const Departure&)>& wanted) {
  std::vector<std::string> unmet;
  for (const Departure& departure : all_departures())
    if (wanted(departure) && !met.contains(departure)) unmet.push_back(to_string(departure));
  return unmet;
}

bool any(const Departure& /*departure*/) {
  return true;
}
bool with_pins(const Departure& departure) {
  return departure.holder == Holder::pin || departure.holder == Holder::got || departure.way == Way::unpin;
}
bool with_qdiscs(const Departure& departure) {
  return departure.way == Way::qdisc;
}
bool with_devices(const Departure& departure) {
  return departure.way == Way::remove || departure.way == Way::move || departure.way == Way::home ||
         departure.held == Held::defunct_link || departure.holder == Holder::defunct_link;
}

TEST(Departures, AreAllMetInTwoThousandSequencesWhateverTheSeed) {
  const auto all = all_departures();
  EXPECT_EQ(std::set(all.begin(), all.end()).size(), all.size());
  EXPECT_EQ(all.size(), 87U);
  for (const std::uint64_t seed : {0ULL, 1ULL, 2ULL, 3ULL, 7ULL, 2026ULL, 0xdead'beefULL, ~0ULL})
    for (const std::uint64_t shard : {0ULL, 5ULL}) {
      auto options = tcx(seed);
      options.shard = shard;
      EXPECT_THAT(without(met_by(options), any), testing::IsEmpty()) << "seed " << seed << ", shard " << shard;
    }
}

/// A holder goes or stays, by the specification: there is no third.
TEST(Departures, GoAsTheTableSays) {
  const auto all = all_departures();
  for (const auto& [departure, count] : met_by(tcx(4)))
    EXPECT_NE(std::ranges::find(all, departure), all.end()) << to_string(departure) << ", " << count << " times";
}

TEST(Departures, KeepToWhatThereIs) {
  const auto rest = [](auto... left_out) {
    return [=](const Departure& departure) { return !(left_out(departure) || ...); };
  };
  auto without_pins = tcx(1), without_devices = tcx(1), without_qdiscs = tcx(1), without_moves = tcx(1);
  without_pins.lacks.pins = true;
  without_devices.lacks.devices = true;
  without_qdiscs.lacks.qdiscs = true;
  without_moves.with_devices = 0;
  EXPECT_THAT(without(met_by(without_pins), rest(with_pins)), testing::IsEmpty());
  EXPECT_THAT(without(met_by(without_devices), rest(with_devices)), testing::IsEmpty());
  EXPECT_THAT(without(met_by(without_qdiscs), rest(with_qdiscs)), testing::IsEmpty());
  const auto still = met_by(without_moves);
  EXPECT_TRUE(std::ranges::none_of(still, [](const auto& one) { return with_devices(one.first); }));

  for (const model::Hook hook : {model::Hook::tcx_ingress, model::Hook::tcx_egress}) {
    auto one_hook = tcx(1);
    one_hook.hooks = {hook};
    EXPECT_THAT(
        without(met_by(one_hook), rest([](const Departure& one) { return one.holder == Holder::both_entries; })),
        testing::IsEmpty());
  }
}

/// A removal or a move costs a guest ten milliseconds, and a sequence one.
TEST(Departures, CostFewDevices) {
  const Generator generator(tcx(1));
  unsigned changes = 0;
  for (std::uint64_t i = 0; i < 10 * sequences; ++i) {
    const auto sequence = generator.sequence(i);
    model::World world = model::world_of(sequence);
    for (const auto& operation : sequence.operations) {
      if (!world.apply(operation).outcome.ok()) continue;
      changes += std::holds_alternative<model::RemoveDevice>(operation) ||
                         std::holds_alternative<model::MoveDevice>(operation) ||
                         std::holds_alternative<model::MakeDevice>(operation)
                     ? 1
                     : 0;
    }
  }
  RecordProperty("in_20000_sequences", static_cast<int>(changes));
  EXPECT_LT(changes, 10 * sequences / 40);
}

}  // namespace
}  // namespace mprogcheck::properties
