// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/generate/swarm.hpp"

#include <algorithm>

#include "model/ordered_list.hpp"

namespace mprogcheck::properties {

namespace {

using model::Declarations;
using model::ProgramType;
using model::Returns;

// A load costs as much as 20 to 70 other operations and a filler as much as one, so `load` and `fill` have few rows.
// clang-format off
constexpr std::array<Profile, 14> table{{
  //                         attach         detach  link      detach  close   open     query   run  pool     mortals handles links    aim      length
  //                            replace        detach_at update   link    dup     load    fill
  {"mixed",       190, {{10,  4,  6,  4,  8,  4,  3,  4,  2,  2,  0,  2,  0,  2}}, {2, 8},  {0, 0}, {0, 3}, {2, 10}, {1, 6},  {0, 0}},
  {"programs",    125, {{12,  5,  6,  4,  0,  0,  0,  0,  0,  1,  0,  1,  0,  3}}, {2, 8},  {0, 0}, {0, 1}, {0, 1},  {2, 8},  {0, 0}},
  {"links",       130, {{ 1,  0,  0,  1, 12,  6,  3,  6,  2,  2,  0,  1,  0,  2}}, {2, 9},  {0, 0}, {1, 4}, {4, 16}, {1, 8},  {0, 0}},
  {"contended",    80, {{10,  5,  6,  3, 10,  6,  3,  4,  1,  1,  0,  1,  0,  2}}, {2, 3},  {0, 0}, {0, 2}, {2, 4},  {1, 3},  {0, 0}},
  {"positions",    90, {{12,  2,  2, 12,  3,  1,  1,  1,  0,  0,  0,  1,  0,  3}}, {4, 12}, {0, 0}, {0, 1}, {1, 3},  {2, 12}, {0, 0}},
  {"long",         80, {{14,  4,  4,  3,  7,  3,  1,  2,  0,  1,  0,  1,  0,  2}}, {8, 16}, {0, 0}, {0, 2}, {4, 16}, {6, 14}, {30, 80}},
  {"lifetimes",    56, {{ 6,  3,  3,  4,  5,  3,  2,  7,  4,  5,  3,  1,  0,  1}}, {2, 4},  {2, 5}, {1, 4}, {1, 5},  {1, 5},  {20, 50}},
  {"departures",    4, {{ 8,  3,  4,  3,  6,  3,  2,  4,  2,  2,  1,  1,  0,  1}}, {7, 10}, {2, 4},  {4, 6}, {3, 6},  {2, 6},  {8, 24}},
  {"handles",      50, {{ 3,  1,  1,  2,  6,  4,  4,  8,  7,  7,  0,  1,  0,  1}}, {2, 4},  {0, 0}, {2, 8}, {2, 6},  {1, 4},  {0, 0}},
  {"capacity",     20, {{10,  6,  3,  4,  7,  4,  1,  2,  1,  1,  0,  1,  1,  1}}, {2, 6},  {0, 1}, {0, 2}, {2, 5},  {63, 63}, {15, 45}},
  {"filled",        5, {{ 6,  4,  5,  6,  5,  3,  2,  3,  1,  1,  0,  2,  1,  2}}, {2, 8},  {0, 1}, {0, 2}, {2, 5},  {5, 40}, {15, 45}},
  {"tiny",         60, {{10,  2,  4,  4, 10,  4,  3,  4,  2,  2,  0,  2,  0,  3}}, {1, 4},  {0, 0}, {0, 2}, {1, 3},  {1, 4},  {1, 5}},
  {"small",       100, {{ 8,  3,  4,  3,  9,  5,  4,  3,  0,  0,  0,  1,  0,  0}}, {3, 3},  {0, 0}, {0, 0}, {1, 1},  {1, 3},  {40, 120}},
  {"watching",     10, {{ 8,  3,  4,  4,  6,  3,  2,  3,  1,  4,  0, 20,  0,  6}}, {2, 8},  {0, 0}, {1, 3}, {1, 4},  {1, 8},  {0, 0}},
}};
// clang-format on

/// Of 10,000 sequences so many have operations on devices, qdiscs, pins, beside those of which that is the plot: 31
/// have one with a device. In a guest under TCG a sequence takes a millisecond, a qdisc or a pin 0.05, a removal or a
/// move 10: together they cost a campaign three or four percent of its rate.
constexpr unsigned with_devices = 15, with_qdiscs = 300, with_pins = 500;

constexpr std::string_view small_profile = "small", departing_profile = "departures";

constexpr bool shares_add_up() {
  unsigned sum = 0;
  for (const auto& profile : table) sum += profile.share;
  return sum == 1000;
}
static_assert(shares_add_up());

constexpr unsigned index_of(Action action) {
  return static_cast<unsigned>(action);
}

unsigned draw(RandomStream& random, Profile::Range range) {
  return random.between(range.low, range.high);
}

const Profile& draw_profile(RandomStream& random, bool departs) {
  if (departs) return *std::ranges::find(table, departing_profile, &Profile::name);
  unsigned left = random.below(1000);
  for (const auto& profile : table) {
    if (left < profile.share) return profile;
    left -= profile.share;
  }
  return table.front();
}

/// Each action is left out now and then, or preferred; but something must be able to enter a list, and a capacity
/// sequence without its fill would not be one.
void draw_weights(RandomStream& random, const Profile& profile, bool packets, Mix& mix) {
  static constexpr std::array<std::uint16_t, 8> factors{0, 0, 1, 2, 2, 2, 3, 6};
  for (unsigned i = 0; i < action_count; ++i)
    mix.weights[i] = static_cast<std::uint16_t>(profile.weights[i] * factors[random.below(factors.size())]);
  auto& attach = mix.weights[index_of(Action::attach)];
  auto& link = mix.weights[index_of(Action::link)];
  if (attach == 0 && link == 0) {
    attach = profile.weights[index_of(Action::attach)];
    link = profile.weights[index_of(Action::link)];
  }
  auto& fill = mix.weights[index_of(Action::fill)];
  fill = std::min<std::uint16_t>(fill, 1);  // after the opening one a fill only tops up
  if (mix.links == 0)
    for (const Action action : {Action::link, Action::update, Action::detach_link}) mix.weights[index_of(action)] = 0;
  if (mix.handles == 0)
    for (const Action action : {Action::dup, Action::open}) mix.weights[index_of(action)] = 0;
  if (mix.mortals == 0) mix.weights[index_of(Action::load)] = 0;
  if (!packets) mix.weights[index_of(Action::run)] = 0;
  mix.total = 0;
  for (const auto weight : mix.weights) mix.total += weight;
}

}  // namespace

Returns draw_returns(RandomStream& random, const Mix& mix) {
  return random.chance(mix.ending) ? static_cast<Returns>(1 + random.below(model::returns_count - 1)) : Returns::next;
}

namespace {

/// A world that can be explored whole, with operations out of what the explorer asks there: without it random runs
/// would meet few of its pairs. What small bounds leave out stays out.
void shrink_to_bound(RandomStream& random, Mix& mix, bool with_nonsense) {
  const unsigned count = small_world.programs + 1;
  mix.declarations.programs = (1U << count) - 1;
  std::fill(mix.declarations.classes.begin() + small_world.programs, mix.declarations.classes.end(),
            model::ProgramClass{});
  mix.declarations.classes[small_world.programs].type = ProgramType::xdp;
  mix.pool = count;
  mix.aim = random.between(1, small_world.programs);  // a full one, too
  mix.elsewhere = 0;
  mix.as_user = 0;
  mix.declarations.uids = {};
  mix.of_devices = mix.of_qdiscs = mix.of_pins = 0;
  if (!with_nonsense) return;
  mix.nonsense_ppm = 0;  // the alphabet has enough of it
  mix.spelled = 192;
}

/// Programs that no hook asked for here takes, to be refused; and now and then programs that end the chain.
/// Returns how many are of the usual type.
unsigned declare(RandomStream& random, Mix& mix, const Profile& profile) {
  Declarations& declarations = mix.declarations;
  declarations.devices = static_cast<std::uint8_t>((1U << mix.devices) - 1);
  const unsigned usual = draw(random, profile.pool);
  unsigned count = usual;
  // Few, and packets meet many programs; many, and every ending is met.
  static constexpr std::array<std::uint8_t, 4> shares{24, 60, 110, 200};
  mix.ending = random.chance(100) ? shares[random.below(shares.size())] : 0;
  for (unsigned n = 0; n < count; ++n) declarations.classes[n].returns = draw_returns(random, mix);
  if (random.chance(110)) declarations.classes[count++].type = ProgramType::xdp;
  if (random.chance(70)) declarations.classes[count++].type = ProgramType::socket_filter;
  mix.pool = count;
  declarations.programs = static_cast<std::uint32_t>((std::uint64_t{1} << count) - 1);
  return usual;
}

unsigned draw_length(RandomStream& random, const Profile& profile) {
  if (profile.length.high != 0) return draw(random, profile.length);
  const unsigned roll = random.below(256);
  if (roll < 24) return random.between(6, 19);
  if (roll < 240) return random.between(20, 60);
  return random.between(61, 200);
}

/// None at all, a little, or most of the sequence.
std::uint32_t draw_nonsense(RandomStream& random) {
  const unsigned roll = random.below(256);
  if (roll < 40) return 0;
  if (roll < 240) return random.between(30'000, 300'000);
  return random.between(400'000, 900'000);
}

/// They cost as much as many others, so few sequences have them, and those have several.
void draw_lifetimes(RandomStream& random, const SwarmLimits& limits, Mix& mix) {
  const unsigned devices = random.below(10'000), qdiscs = random.below(10'000), pins = random.below(10'000);
  const Lacks& lacks = limits.lacks;
  if (devices < limits.with_devices.value_or(with_devices) && !lacks.devices) mix.of_devices = 16;
  // A device that moves takes no qdisc along: the two belong together.
  const bool with_both = mix.of_devices != 0 && qdiscs % 2 == 0;
  if ((qdiscs < with_qdiscs || with_both) && !lacks.qdiscs) mix.of_qdiscs = 20;
  if (pins < with_pins && !lacks.pins) mix.of_pins = 30;
}

}  // namespace

std::span<const Profile> profiles() {
  return table;
}

Mix draw_mix(RandomStream& random, const SwarmLimits& limits) {
  Mix mix;
  const Profile& profile = draw_profile(random, limits.departs.has_value());
  mix.profile = static_cast<std::uint8_t>(&profile - table.data());
  mix.devices = random.between(1, std::clamp(limits.devices, 1U, model::Target::device_count));
  const unsigned usual = declare(random, mix, profile);
  mix.mortals = draw(random, profile.mortals);
  mix.handles = draw(random, profile.handles);
  mix.links = draw(random, profile.links);
  mix.aim = draw(random, profile.aim);
  const bool fills = profile.weights[index_of(Action::fill)] != 0;
  if (fills)
    mix.fill_to = mix.aim == model::OrderedList::mprog_capacity ? random.between(60, mix.aim) : mix.aim;
  else
    mix.aim = std::clamp(mix.aim, 1U, std::max(usual + mix.mortals, 2U) - 1);  // no program is in a list twice
  mix.length = std::clamp(draw_length(random, profile), 1U, std::max(limits.max_operations, 1U));
  draw_weights(random, profile, !limits.lacks.packets, mix);
  mix.nonsense_ppm = limits.nonsense_ppm ? *limits.nonsense_ppm : draw_nonsense(random);
  // Habits: most sequences have each a little, some never, some nearly always.
  const auto habit = [&random](unsigned share) {
    const unsigned roll = random.below(8);
    return roll == 0 ? 0 : roll == 7 ? std::min(share * 4, 240U) : share;
  };
  mix.elsewhere = habit(50);
  mix.directed = habit(130);
  mix.by_id = habit(80);
  mix.by_link = habit(100);
  mix.expecting = habit(60);
  mix.stale = habit(40);
  mix.astray = habit(28);
  mix.odd_bits = habit(16);
  mix.crossing = habit(28);
  // One sequence in eight: it is the same code for everybody, up to the check.
  if (random.chance(32)) {
    mix.as_user = random.chance(64) ? 200 : 60;
    mix.declarations.uids[0] = 1000;
  }
  mix.declarations.unkept = random.below(64) == 0;
  draw_lifetimes(random, limits, mix);
  mix.lacks = limits.lacks;
  if (profile.name == departing_profile) {
    mix.lacks.devices = mix.lacks.devices || limits.with_devices == 0U;
    mix.departs = limits.departs ? *limits.departs : random.below(departure_turns);
    mix.departs_after = random.chance(170) ? 0 : random.between(1, 6);
  }
  if (profile.name == small_profile) shrink_to_bound(random, mix, !limits.nonsense_ppm);
  if (mix.spelled == 0) mix.curious = 128;
  mix.objects = model::all_guest_objects & ~limits.lacks.objects;
  mix.next_id = !limits.lacks.next_id;
  return mix;
}

}  // namespace mprogcheck::properties
