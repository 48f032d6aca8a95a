// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "campaign/explore/space.hpp"
#include "model/canonical.hpp"
#include "properties/judge/invariants.hpp"

namespace mprogcheck {

/// What the model alone says of a bound.
struct ModelExploration {
  /// A state or a transition that the model should not have, and a shortest sequence that shows it.
  struct Broken {
    properties::BrokenInvariant invariant;
    model::Sequence sequence;
  };
  bool complete = false;     ///< false: there are more states than may be looked into, or
  bool ended_early = false;  ///< it was told to end
  std::uint32_t states = 0, looked_into = 0, depth = 0;
  std::uint64_t pairs = 0, transitions = 0, outside = 0;  ///< of the transitions: those that leave the bound
  PairTable table;
  properties::Coverage coverage;
  std::vector<Broken> broken;  ///< at most 10
  double seconds = 0;
};

/// Every state and transition of the bound, each held to the invariants. `symmetric`: states that differ by the names
/// of programs or links are one. When `stop` is set it ends soon, with what there is.
ModelExploration explore_model(const properties::Bound& bound, model::Naming naming,
                               const std::atomic<bool>* stop = nullptr);

/// The state graph for Graphviz: a node for each state, an arrow for each change with the shortest way to ask for it
/// and how many more there are. What leaves the bound is not drawn. Nothing if `stop` was set before all of it was
/// known.
std::optional<std::string> state_graph_dot(const properties::Bound& bound, model::Naming naming,
                                           const std::atomic<bool>* stop = nullptr);

}  // namespace mprogcheck
