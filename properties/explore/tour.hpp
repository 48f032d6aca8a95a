// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "properties/explore/state_graph.hpp"

namespace mprogcheck::properties {

/// One way through a state graph, from the initial state on. Operations that leave a state as it is are tried where the
/// way stops; the others are the way.
struct Tour {
  struct Stop {
    std::uint32_t steps = 0;  ///< so many operations of the way come before it
    std::uint32_t state = 0;
  };
  std::vector<Transition> way;
  std::vector<bool>
      counts;  ///< for each of `way`: it is executed for its own sake, for the first time, not to get somewhere
  std::vector<Stop> stops;  ///< at each, everything that leaves the state as it is
};

/// What is left of a graph when tours came to an end before their time. Empty: all.
struct TourRest {
  std::vector<bool> closed;  ///< by edge: it does not lead where it should, and no way may go along it
  std::vector<bool> ends;    ///< by edge: it may lead elsewhere, so that whoever takes it goes no further
  std::vector<bool> takes;   ///< by edge: to be executed for its own sake
  std::vector<bool> stops;   ///< by state: to be stopped at
};

struct TourOptions {
  std::uint32_t operations = 0;  ///< of the machine
  /// So many pairs, or a little more, in one tour: what is lost with a guest, and what a resumed run does again.
  std::uint64_t pairs = 200'000;
  std::uint32_t most_steps = 20'000;
  /// Operations of which one tour may have so many at most.
  std::uint32_t most_scarce = ~0U;
  std::function<bool(std::uint32_t operation)> is_scarce{};
  /// Whose pairs are to be covered; all, if empty. The way may lead through others.
  std::function<bool(std::uint32_t state)> owns{};
};

/// Tours that execute every (state, operation) pair once, but for those edges that are needed to get from one place to
/// the next: a depth-first walk along edges that were not taken yet and, where there is none, the shortest way to a
/// state that has something left. A way that leaves the bound ends there. Every state can be reached from the initial
/// one, so nothing is left out but what is behind closed edges and ends alone; a pure function of its arguments.
std::vector<Tour> plan_tours(std::uint32_t states, std::span<const Transition> edges, const TourOptions& options,
                             const TourRest& rest = {});

}  // namespace mprogcheck::properties
