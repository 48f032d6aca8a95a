// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "campaign/explore/space.hpp"
#include "campaign/explore/tour_run.hpp"
#include "campaign/known.hpp"

namespace mprogcheck {

/// What tours have not come to, on a kernel that does not always go where the model goes, and the ways around that.
///
/// Where a pair leads elsewhere, others of its kind (the same call, decided by the same rule) may, too: whatever is of
/// such a kind ends the tour that it is on, so that it costs no other pair its outcome. Where a guest dies of a pair,
/// its kind is not run again.
class ExploreRest {
 public:
  explicit ExploreRest(const ExploreSpace& space);

  /// The tour came so far.
  void did(const properties::Tour& tour, const TourExtent& extent);
  /// The pair was executed, led elsewhere, and is not executed again.
  void strayed(const Pair& pair);
  void died(const Pair& pair) { deadly_.insert(kind_of(pair.state, pair.operation)); }

  /// To all that is left and that a way leads to, by what is known now. Pairs that have to be run by themselves are at
  /// most a few thousand at a time. None: nothing is left, or nothing can be done about it.
  [[nodiscard]] std::vector<properties::Tour> plan();
  /// The pair is not to be tried where one of these tours stops. What is told meanwhile makes no difference.
  [[nodiscard]] bool leaves_out(std::uint32_t state, std::uint32_t operation) const {
    if (planned_.kinds.empty()) return false;
    return planned_.strays.contains({state, operation}) || planned_.kinds.contains(kind_of(state, operation));
  }

  /// Of this shard's pairs without an outcome, those that lie behind what is known to be stopped at, where that is all
  /// that leads elsewhere or kills: the pairs that an entry names, which nobody ran, and those of states that only ways
  /// over such pairs lead to.
  [[nodiscard]] std::uint64_t behind(const Known& known) const;

  [[nodiscard]] std::size_t strays() const { return strays_.size(); }
  /// Grows with each pair that is done with and with each kind that is found: while it does, plan() has something new.
  [[nodiscard]] std::size_t progress() const { return progress_ + strays_.size() + kinds_.size() + deadly_.size(); }

 private:
  using Kind = std::pair<std::size_t, model::Rule>;

  [[nodiscard]] Kind kind_of(std::uint32_t state, std::uint32_t operation) const {
    const auto& machine = space_.machine();
    return {machine.operation(operation).index(), machine.predict(space_.graph().state(state), operation).rule};
  }
  [[nodiscard]] bool may_stray(std::uint32_t state, std::uint32_t operation) const {
    return !kinds_.empty() && kinds_.contains(kind_of(state, operation));
  }
  [[nodiscard]] bool is_deadly(std::uint32_t state, std::uint32_t operation) const {
    return !deadly_.empty() && deadly_.contains(kind_of(state, operation));
  }
  [[nodiscard]] bool is_due(const Pair& pair) const {
    return !done_.contains(pair) && !strays_.contains(pair) && !is_deadly(pair.state, pair.operation);
  }
  /// Of a pair that is no query.
  [[nodiscard]] bool is_done(std::uint32_t state, std::uint32_t operation) const;
  void find_single();

  const ExploreSpace& space_;
  std::vector<bool> edges_, stops_;  ///< done, by edge and by state
  std::set<Pair> done_;              ///< of those that are run by themselves, and of the queries
  std::set<Pair> single_;            ///< to be run by themselves
  std::set<Pair> strays_;
  std::set<Kind> kinds_, deadly_;  ///< that may lead elsewhere; of which guests die
  struct {
    std::set<Pair> strays;
    std::set<Kind> kinds;  ///< both
  } planned_;
  std::map<std::uint32_t, std::set<Kind>> left_;  ///< by state: what its stop left out
  std::size_t progress_ = 0;
};

}  // namespace mprogcheck
