// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/generate/swarm.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <bitset>
#include <numeric>
#include <set>

#include "model/ordered_list.hpp"

namespace mprogcheck::properties {
namespace {

constexpr std::array both{model::Hook::tcx_ingress, model::Hook::tcx_egress};

unsigned weight(const Mix& mix, Action action) {
  return mix.weights[static_cast<unsigned>(action)];
}

RC_GTEST_PROP(Swarm, AMixCanBeComposed, (std::uint64_t seed)) {
  RandomStream random{rc::Random(seed)};
  const SwarmLimits limits{.hooks = both,
                           .devices = *rc::gen::inRange(1U, 5U),
                           .max_operations = *rc::gen::inRange(1U, 300U),
                           .nonsense_ppm = {}};
  const Mix mix = draw_mix(random, limits);
  RC_ASSERT(mix.total == std::accumulate(mix.weights.begin(), mix.weights.end(), 0U));
  RC_ASSERT(weight(mix, Action::attach) + weight(mix, Action::link) > 0U);
  RC_ASSERT(mix.links > 0 || weight(mix, Action::link) + weight(mix, Action::update) == 0U);
  RC_ASSERT(mix.handles > 0 || weight(mix, Action::dup) + weight(mix, Action::open) == 0U);
  RC_ASSERT(mix.mortals > 0 || weight(mix, Action::load) == 0U);
  RC_ASSERT(mix.pool >= 1 && mix.pool <= model::Name::pool_count);
  RC_ASSERT(mix.mortals <= model::Name::mortal_count);
  RC_ASSERT(mix.handles <= model::Name::any_count);
  RC_ASSERT(mix.links <= model::Name::link_count);
  RC_ASSERT(mix.length >= 1 && mix.length <= limits.max_operations);
  RC_ASSERT(mix.devices >= 1 && mix.devices <= limits.devices);
  RC_ASSERT(mix.declarations.devices == (1U << mix.devices) - 1);
  RC_ASSERT(std::bitset<32>(mix.declarations.programs).count() == mix.pool);
  RC_ASSERT(mix.fill_to <= model::OrderedList::mprog_capacity);
}

RC_GTEST_PROP(Swarm, NonsenseCanBeSet, (std::uint64_t seed)) {
  RandomStream random{rc::Random(seed)};
  RC_ASSERT(draw_mix(random, {.hooks = both, .nonsense_ppm = 123}).nonsense_ppm == 123U);
}

/// Without this a swarm is one average sequence over and over.
TEST(Swarm, MixesDiffer) {
  RandomStream random{rc::Random(1)};
  std::set<std::array<std::uint16_t, action_count>> weights;
  std::set<unsigned> profiles_drawn;
  std::array<unsigned, action_count> without{};
  unsigned varied = 0, with_foreign_type = 0;
  constexpr unsigned drawn = 2'000;
  for (unsigned i = 0; i < drawn; ++i) {
    const Mix mix = draw_mix(random, {.hooks = both, .nonsense_ppm = {}});
    weights.insert(mix.weights);
    profiles_drawn.insert(mix.profile);
    for (unsigned n = 0; n < action_count; ++n) without[n] += mix.weights[n] == 0;
    bool chain_ends = false, foreign = false;
    for (unsigned n = 0; n < mix.pool; ++n) {
      chain_ends = chain_ends || mix.declarations.classes[n].returns != model::Returns::next;
      foreign = foreign || mix.declarations.classes[n].type != model::ProgramType::sched_cls;
    }
    varied += chain_ends;
    with_foreign_type += foreign;
  }
  EXPECT_GT(weights.size(), drawn / 2);
  EXPECT_EQ(profiles_drawn.size(), profiles().size());
  for (unsigned n = 0; n < action_count; ++n) {
    EXPECT_GT(without[n], drawn / 50) << n;
    EXPECT_LT(without[n], drawn) << n;
  }
  EXPECT_GT(varied, drawn / 20);
  EXPECT_LT(varied, drawn / 2);
  EXPECT_GT(with_foreign_type, drawn / 4);
  EXPECT_LT(with_foreign_type, drawn);
}

RC_GTEST_PROP(RandomStream, StaysBelow, (std::uint64_t seed)) {
  RandomStream random{rc::Random(seed)};
  const auto n = *rc::gen::inRange<std::uint32_t>(1, 0xffff'ffff);
  const auto low = *rc::gen::inRange<std::uint32_t>(0, 1'000), more = *rc::gen::inRange<std::uint32_t>(0, 1'000);
  for (int i = 0; i < 100; ++i) {
    RC_ASSERT(random.below(n) < n);
    const auto between = random.between(low, low + more);
    RC_ASSERT(between >= low && between <= low + more);
    RC_ASSERT(!random.chance(0));
    RC_ASSERT(random.chance(256));
    RC_ASSERT(!random.chance_ppm(0));
    RC_ASSERT(random.chance_ppm(1'000'000));
  }
}

TEST(RandomStream, IsEven) {
  RandomStream random{rc::Random(1)};
  std::array<unsigned, 10> found{};
  for (int i = 0; i < 100'000; ++i) ++found[random.below(10)];
  for (const auto count : found) {
    EXPECT_GT(count, 9'500U);
    EXPECT_LT(count, 10'500U);
  }
}

}  // namespace
}  // namespace mprogcheck::properties
