// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>

#include "model/world.hpp"

namespace mprogcheck::model {

/// A set of lists: bit N is ListIndex N.
using ListSet = std::uint16_t;
static_assert(list_count <= 16);

/// The lists that an operation could change in some world like this one, whatever its outcome: the one of the site it
/// names; those of the device it names; the one of the link it updates, detaches, closes or unpins; the one of the link
/// whose name it binds anew. Every other
/// list must be afterwards what it was before. What an observation in fast depth looks at after the step, and what
/// `isolation` means.
ListSet touched_lists(const World& before, const Operation& operation);

/// Whether the list's device exists, and is of a kind that has such a hook.
bool has_list(const World& world, ListIndex list);

/// Every such list, of devices that are here or away.
ListSet existing_lists(const World& world);
/// The same after an edit of it.
ListSet existing_lists_after(const World& before, const Edit& edit);

/// The lists that are looked at after a step: those it touches, or all; but only of devices that exist after it.
inline ListSet visible_lists(const World& before, const Operation& operation, const Edit& edit, bool all) {
  const ListSet existing = existing_lists_after(before, edit);
  return all ? existing : static_cast<ListSet>(existing & touched_lists(before, operation));
}

constexpr bool contains(ListSet set, ListIndex list) {
  return list < list_count && (set >> list & 1U) != 0;
}

}  // namespace mprogcheck::model
