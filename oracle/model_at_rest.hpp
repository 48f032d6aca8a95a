// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <optional>
#include <string>

#include "model/world.hpp"

namespace mprogcheck {

/// What is left when a sequence is over and its names, pins and entries are let go, as the guest finds it between
/// sequences (guest/reset.cpp, guest/at_rest.cpp).
struct Leftover {
  std::string note;         ///< Run::note
  bool miscounted = false;  ///< Run::miscounted
};

/// Nothing, if the world is as it was at the start. `counts`: references can be counted; otherwise it is seen that a
/// program does not go with its last file.
std::optional<Leftover> left_at_rest(model::World world, const model::Declarations& declarations, bool counts);

}  // namespace mprogcheck
