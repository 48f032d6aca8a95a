// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <optional>
#include <string>

#include "model/world.hpp"
#include "properties/judge/property.hpp"

namespace mprogcheck::properties {

/// What the model itself owes its readers. The judge holds a kernel to the model; these hold the model to the
/// properties, in every state and on every transition that the explorer reaches.
struct BrokenInvariant {
  Property property;
  std::string what;
};

/// Of a world at rest: no program twice in a list, no list over its capacity, attached links and their entries belong
/// together, every reference count is what its holders add up to, what nobody holds is gone.
std::optional<BrokenInvariant> broken_in(const model::World& world);

/// Of an operation and what the model says of it: what fails does nothing (atomic); at most one list changes, one that
/// the operation touches (isolation); of that list the other entries stay and keep their order, its revision moves by
/// one, or starts again with an empty list (order, revision); only calls about a link move its entry, and only calls
/// about programs those without (ownership); an attach before nothing is first, after nothing last (first_last).
std::optional<BrokenInvariant> broken_by_transition(const model::World& before, const model::Operation& operation,
                                                    const model::Verdict& verdict, const model::World& after);

}  // namespace mprogcheck::properties
