// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/result.hpp"
#include "campaign/explore/space.hpp"
#include "campaign/explore/tour_run.hpp"
#include "oracle/oracle.hpp"

namespace mprogcheck {

/// A tour went wrong in a way that does not say which of the operations it tried is to blame: a reference too many, a
/// splat, a guest that is gone. Tries those of each state by themselves, in guests of their own, and halves what goes
/// wrong until it is one: the pair to blame, in the first state that has one. Nothing if in none of them anything goes
/// wrong; the operation is `none` if one by itself does no harm.
Result<std::optional<Pair>> pin_trial(const ExploreSpace& space, std::span<const std::uint32_t> states,
                                      model::Traits traits, Oracle& oracle);

}  // namespace mprogcheck
