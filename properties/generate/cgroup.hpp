// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "model/sequence.hpp"
#include "properties/generate/random.hpp"
#include "properties/generate/swarm.hpp"

namespace mprogcheck::properties {

/// What a sequence about cgroups has to keep to.
struct CgroupLimits {
  std::span<const model::Hook> hooks;  ///< of cgroups, at least one
  unsigned max_operations = 200;
  Lacks lacks{};
  std::optional<std::uint32_t> nonsense_ppm{};  ///< share of operations that are spoilt, in millionths
};

/// A tree of cgroups, and operations at their hooks that mean something there: in the list's mode, beside entries of
/// the same kind, above and below others. Every sequence draws its own tree, hooks, modes and habits.
model::Sequence draw_cgroup_sequence(RandomStream& random, const CgroupLimits& limits);

}  // namespace mprogcheck::properties
