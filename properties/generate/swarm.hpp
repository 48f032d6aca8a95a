// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "model/guest_object.hpp"
#include "model/sequence.hpp"
#include "properties/explore/bound.hpp"
#include "properties/generate/random.hpp"

namespace mprogcheck::properties {

/// What a sequence can do next. Finer than the calls, so that a mix can ask for one use of a call and not another.
enum class Action : std::uint8_t {
  attach,
  replace,
  detach,     ///< the program is given
  detach_at,  ///< by position
  link,
  update,
  detach_link,
  close,
  dup,
  open,
  load,
  query,
  fill,
  run,
};
inline constexpr unsigned action_count = 14;

/// What sequences must do without.
struct Lacks {
  bool devices = false;  ///< that come and go
  bool qdiscs = false;
  bool pins = false;
  bool packets = false;               ///< that are sent through hooks
  model::GuestObjectSet objects = 0;  ///< of the guest's
  bool next_id = false;               ///< nobody knows which id comes next
  model::FamilySet families = 0;      ///< of hooks
  bool kinds = false;                 ///< devices of another kind than the usual one
  friend bool operator==(const Lacks&, const Lacks&) = default;
};

/// What every mix has to keep to.
struct SwarmLimits {
  std::span<const model::Hook> hooks;  ///< at least one
  unsigned devices = 3;                ///< 1 to model::Target::device_count
  unsigned max_operations = 200;
  Lacks lacks{};
  std::optional<unsigned> with_devices{};       ///< sequences of 10,000 with operations on devices, instead of 15
  std::optional<std::uint32_t> nonsense_ppm{};  ///< instead of what the mix would draw
  std::optional<unsigned> departs{};            ///< a sequence with departures, and whose turn it is
};

/// What one sequence is like. Every sequence draws its own: a uniform mix would make all sequences average, and the
/// states that need many steps in one direction (a full list, a dozen links) would never be reached. Shares named
/// without a unit are of 256.
struct Mix {
  std::uint8_t profile = 0;  ///< row of profiles()
  std::array<std::uint16_t, action_count> weights{};
  std::uint32_t total = 0;  ///< sum of the weights
  model::Declarations declarations;
  unsigned pool = 0;     ///< p0 up to here are declared
  unsigned mortals = 0;  ///< so many names of each letter are in use
  unsigned handles = 0;
  unsigned links = 0;
  unsigned devices = 1;
  unsigned length = 0;   ///< operations
  unsigned aim = 0;      ///< how long the lists tend to be
  unsigned fill_to = 0;  ///< where a fill leads to
  std::uint32_t nonsense_ppm = 0;
  unsigned ending = 0;      ///< share of programs that may end the chain
  unsigned elsewhere = 0;   ///< share of operations away from the home hook
  unsigned directed = 0;    ///< share of attaches that say where
  unsigned by_id = 0;       ///< share of relatives given by id
  unsigned by_link = 0;     ///< share of link-owned relatives given as links
  unsigned expecting = 0;   ///< share of operations with an expected revision
  unsigned stale = 0;       ///< share of those where it is wrong
  unsigned astray = 0;      ///< share of relatives, replace targets and detached programs that are not in the list
  unsigned odd_bits = 0;    ///< share of link creations with bits that mean nothing and are accepted
  unsigned of_devices = 0;  ///< share of operations that remove, make or move a device
  unsigned of_qdiscs = 0;   ///< share of operations that set a qdisc
  unsigned of_pins = 0;     ///< share of operations on pins
  model::GuestObjectSet objects = 0;  ///< of the guest's, that can be named
  bool next_id = false;               ///< the id that comes next can be named
  unsigned as_user = 0;               ///< share of operations by a caller without capabilities
  unsigned spelled = 0;               ///< share of operations out of the alphabet of small_world
  unsigned curious = 0;               ///< share of operations met before for which a new one is looked for
  Lacks lacks{};
  std::optional<unsigned> departs{};  ///< holders go, one by one: the turn's (generate_departure.hpp)
  unsigned departs_after = 0;         ///< so many operations
  unsigned crossing = 0;  ///< share of choices that ignore the owner: detach what a link owns, attach what is attached
};

/// Whoever gives each of so many turns to a sequence meets every departure (departure.hpp).
inline constexpr unsigned departure_turns = 30;

/// What the sequences of the profile "small" keep to, and the operations that they draw from.
inline constexpr Bound small_world{};

/// A kind of sequence, before the swarm's coins are thrown.
struct Profile {
  std::string_view name;
  unsigned share;  ///< of 1000 sequences
  std::array<std::uint16_t, action_count> weights;
  struct Range {
    unsigned low, high;
  } pool, mortals, handles, links, aim, length;  ///< length 0, 0: drawn as usual
};
std::span<const Profile> profiles();

/// What a program of the mix returns.
model::Returns draw_returns(RandomStream& random, const Mix& mix);

Mix draw_mix(RandomStream& random, const SwarmLimits& limits);

}  // namespace mprogcheck::properties
