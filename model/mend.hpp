// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

// For tests only.
#include <vector>

#include "model/rule.hpp"
#include "model/world.hpp"

namespace mprogcheck::model {

/// A world and an operation in it.
struct Mended {
  World world;
  Operation operation;
};

/// The same without what the rule refuses, in each way that comes to mind: a good fd for a bad one, no revision for a
/// stale one, a device where there was none. Only that is changed, so that what else was to be refused still is.
/// Nothing, if it cannot be mended. Knows what a rule means, and nothing of the order in which rules are looked at.
///
/// The world is one to predict in, not to go on with: what it changes there (an entry, a device) it does not follow up.
std::vector<Mended> mended(const World& world, const Operation& operation, Rule rule);

}  // namespace mprogcheck::model
