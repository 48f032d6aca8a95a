// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "campaign/explore/explore.hpp"
#include "campaign/explore/tour_run.hpp"

namespace mprogcheck {

class ExploreRest;

/// What the tours of an exploration met, and how it becomes findings.
class ExploreSuspects {
 public:
  /// All are the caller's and outlive this one. `report` gets the findings; `rest` hears of what kills guests;
  /// `tour_of`: the tour of a suspect's number.
  ExploreSuspects(const ExploreOptions& options, Reporter& reporter, const ExploreSpace& space, Pool& pool,
                  ExploreReport& report, ExploreRest& rest,
                  std::function<const properties::Tour&(std::uint32_t number)> tour_of)
      : options_(options),
        reporter_(reporter),
        space_(space),
        pool_(pool),
        report_(report),
        rest_(rest),
        tour_of_(std::move(tour_of)) {}

  /// Of those that look alike the first by the shortest way is kept: states are numbered by it.
  void note(TourSuspect suspect);
  /// Runs what was noted since the last time by itself, shrinks and confirms it.
  void look_into();

  /// At the end: folders that an earlier start of this exploration left, of what has become another finding.
  void drop_unfinished() const;

  [[nodiscard]] std::size_t size() const { return suspects_.size(); }
  /// Those that the first `tours` tours met.
  [[nodiscard]] std::vector<TourSuspect> of_first(std::size_t tours) const;

 private:
  /// Suspects that may turn out to be one finding: the rule that decides, what is expected and found.
  using Key = std::tuple<std::string, int, int, bool, std::string>;
  struct Candidate {
    model::Sequence sequence;
    Depth depth;
  };

  [[nodiscard]] std::string rule_of(const TourSuspect& suspect) const;
  [[nodiscard]] std::vector<Candidate> candidates_for(const TourSuspect& suspect) const;
  Result<void> look_into(const TourSuspect& suspect);
  Result<void> investigated(Finding finding);
  [[nodiscard]] Finding finding_of(model::Sequence sequence, properties::Divergence divergence,
                                   const TourSuspect& suspect) const;
  [[nodiscard]] Finding unconfirmed(const TourSuspect& suspect) const;
  Result<void> enter(Finding finding);
  Result<void> look_into_others();
  [[nodiscard]] Finding* is_found(const Finding& finding) const;

  const ExploreOptions& options_;
  Reporter& reporter_;
  const ExploreSpace& space_;
  Pool& pool_;
  ExploreReport& report_;
  ExploreRest& rest_;
  std::function<const properties::Tour&(std::uint32_t number)> tour_of_;
  std::map<Key, TourSuspect> suspects_;
  std::set<Key> looked_into_;
  std::vector<Finding> others_;
};

}  // namespace mprogcheck
