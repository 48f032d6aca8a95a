// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <string>
#include <vector>

#include "model/world.hpp"

namespace mprogcheck::properties {

struct Bound;

/// Every operation of a bound with lifetimes: beside its programs and links it has a mortal program, a handle that is a
/// dup or opened by id or by pin, a pin, and a device that is removed, made, moved and given a qdisc.
std::vector<model::Operation> lifetime_alphabet_of(const Bound& bound);

/// No more of what is made is alive than the bound has names for: with what is held by others there would be no end.
bool is_small(const model::World& world, const Bound& bound);

/// What such a bound leaves out, a line each.
std::vector<std::string> left_out_by_lifetimes();

}  // namespace mprogcheck::properties
