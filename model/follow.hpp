// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include "model/query.hpp"
#include "model/quirk.hpp"
#include "model/world.hpp"

/// What kernels with a quirk do, told from what one without it does. The specification knows no quirk.
namespace mprogcheck::model {

/// The verdict of a kernel that has the quirk. `honest`: that of one without. The world need not follow any.
Verdict follow(Quirk quirk, const World& world, const Operation& operation, const Verdict& honest);
/// The same of all quirks that the world follows. No two change what one rule says.
Verdict follow(const World& world, const Operation& operation, const Verdict& honest);

/// What a query writes, where the kernel has these quirks.
Answer answer_to(const World& world, const Query& query, ListIndex at, Traits traits);

}  // namespace mprogcheck::model
