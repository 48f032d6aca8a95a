// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <string>

#include "model/world.hpp"

namespace mprogcheck::model {

/// What the names of a world mean to whoever compares it with another.
enum class Naming : std::uint8_t {
  labelled,   ///< p0 and p1 are two programs
  symmetric,  ///< pool programs that are declared alike can change places, and so can links
};

/// A text that two worlds of the same declarations share only if no operation, now or later, tells them apart
/// (labelled), or if they are the same after renaming programs and links (symmetric; not all such pairs are recognized:
/// then there are more texts than need be). Of a revision only whether it is the first matters: sequences speak of
/// revisions relative to the present one. Which slot of its table an object has does not matter either.
std::string canonical(const World& world, Naming naming);

}  // namespace mprogcheck::model
