// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include "model/world.hpp"

namespace mprogcheck::properties {

/// What a (state, operation) pair is once names, devices, directions and places in tables are taken away. All of it is
/// in the number, nothing is hashed: two pairs of one shape are the same but for names, and the model must say the same
/// of both.
///   state      of the list at the operation's site, or of the list of the link that it is about: how many entries,
///              and which of them a link holds
///   operation  the call; its flags, all bits that mean nothing as one; whether the revision is not given, right or
///              stale; and for each fd or id what it denotes: an entry's program or link, a program that is not in the
///              list (the same as in another field or not), a program of another type, a link that is attached no more
///              and what it holds, an object that is neither, nothing any more, nothing given
struct PairShape {
  std::uint64_t bits = 0;  ///< 0: no pair's

  /// Longer lists have no shape: no bound that is explored whole is larger.
  static constexpr unsigned most_entries = 8;
  friend constexpr auto operator<=>(PairShape, PairShape) = default;  // NOLINT(modernize-use-nullptr): no pointer
};

/// None if the pair is in no small bound (bound.hpp): a call that bounds leave out, another caller than root, a device
/// that is not there, a hook that a qdisc keeps, a link with further holders whose handle is to go, a longer list.
/// Costs half of a prediction.
std::optional<PairShape> shape_of(const model::World& before, const model::Operation& operation);

/// The same pair with an expected revision that is stale, where the call has one.
PairShape with_stale_revision(PairShape shape);

}  // namespace mprogcheck::properties

template <>
struct std::hash<mprogcheck::properties::PairShape> {
  std::size_t operator()(mprogcheck::properties::PairShape shape) const noexcept {
    const std::uint64_t once = (shape.bits ^ (shape.bits >> 32)) * 0x9e3779b97f4a7c15ULL;
    return ((once ^ (once >> 29)) * 0xbf58476d1ce4e5b9ULL) >> 32;
  }
};
