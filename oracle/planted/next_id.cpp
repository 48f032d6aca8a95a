// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Faults of the walk from one id to the next.
#include <array>

#include "oracle/planted/kit.hpp"

namespace mprogcheck::planted {
namespace {

using model::NextId;
using model::ObjectKind;
using Object = std::uint8_t;
using Found = std::optional<Object>;

std::uint32_t made(const World& world, ObjectKind kind, Object object) {
  return kind == ObjectKind::program ? world.program(object).made : world.link(object).made;
}

/// The next one for which `is_passed_by` does not hold.
template <bool (*is_passed_by)(const World&, ObjectKind, Object)>
struct PassesBy final : Misbehaviour {
  void next(const World& world, const NextId& call, Found& found) override {
    World rest = world;
    while (found && is_passed_by(world, call.kind, *found)) {
      if (call.kind == ObjectKind::program)
        rest.mutable_program(*found).alive = false;
      else
        rest.mutable_link(*found).alive = false;
      found = rest.next_id(call.kind, call.id);
    }
  }
};

bool has_no_file(const World& world, ObjectKind kind, Object object) {
  for (unsigned n = 0; n < model::Name::slots + 1; ++n) {
    const model::File& file = world.file(static_cast<model::FileIndex>(n));
    if (file.handles != 0 && file.kind == kind && file.object == object) return false;
  }
  return true;
}

bool is_in_no_list(const World& world, ObjectKind kind, Object object) {
  return kind == ObjectKind::link && world.link(object).list == model::no_list;
}

/// The id to begin after is the first that is looked at.
struct BeginsThere final : Misbehaviour {
  void next(const World& world, const NextId& call, Found& found) override {
    const auto there = world.denoted_by_id(call.id, call.kind);
    if (there && made(world, call.kind, *there) != 0) found = there;
  }
};

/// The last one that was made is told whatever comes between.
struct EndsTheWalk final : Misbehaviour {
  void next(const World& world, const NextId& call, Found& found) override {
    for (Found later = found; later;) {
      found = later;
      World rest = world;
      if (call.kind == ObjectKind::program)
        rest.mutable_program(*later).alive = false;
      else
        rest.mutable_link(*later).alive = false;
      const Found other = rest.next_id(call.kind, call.id);
      later = other && made(world, call.kind, *other) > made(world, call.kind, *later) ? other : std::nullopt;
    }
  }
};

constexpr std::string_view blamed = "lifecycle outcome";

constexpr std::array<PlantedFault, 4> faults{{
    {"next_id_begins_there", "the walk over ids begins with the id itself, not after it", blamed, make<BeginsThere>},
    {"next_id_leaps", "the walk over ids leaves one out", blamed, make<EndsTheWalk>},
    {"next_id_needs_a_file", "the walk over ids passes by what no open file holds", blamed,
     make<PassesBy<has_no_file>>},
    {"next_id_needs_a_list", "the walk over ids passes by links that are in no list", blamed,
     make<PassesBy<is_in_no_list>>},
}};

}  // namespace

std::span<const PlantedFault> next_id_faults() {
  return faults;
}

}  // namespace mprogcheck::planted
