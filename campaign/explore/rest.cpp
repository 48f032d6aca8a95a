// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/explore/rest.hpp"

#include <algorithm>

namespace mprogcheck {

namespace {

/// A tour for each: more than this is a kernel that goes its own ways.
constexpr std::size_t most_single = 4000;

}  // namespace

ExploreRest::ExploreRest(const ExploreSpace& space)
    : space_(space), edges_(space.graph().edges().size()), stops_(space.graph().size()) {}

void ExploreRest::did(const properties::Tour& tour, const TourExtent& extent) {
  for (std::uint32_t step = 0; step < extent.steps; ++step) {
    if (!tour.counts[step]) continue;
    const properties::Transition& taken = tour.way[step];
    if (const auto edge = space_.graph().edge_of(taken.from, taken.operation))
      edges_[*edge] = true;
    else
      done_.insert({taken.from, taken.operation});
    ++progress_;
  }
  for (std::uint32_t stop = 0; stop < extent.stops; ++stop) {
    const std::uint32_t state = tour.stops[stop].state;
    stops_[state] = true;
    if (!planned_.kinds.empty()) left_[state] = planned_.kinds;
    ++progress_;
  }
}

void ExploreRest::strayed(const Pair& pair) {
  strays_.insert(pair);
  kinds_.insert(kind_of(pair.state, pair.operation));
}

/// Queries of states that were stopped at already, and what may stray and was, or will be, left out where a tour stops.
void ExploreRest::find_single() {
  const auto operations = static_cast<std::uint32_t>(space_.machine().operations());
  const auto add = [this](std::uint32_t state, std::uint32_t operation) {
    if (single_.size() < most_single && is_due({state, operation}) && !space_.is_avoided(state, operation))
      single_.insert({state, operation});
  };
  for (std::uint32_t state = 0; state < stops_.size(); ++state) {
    if (!space_.is_own(state)) continue;
    for (const std::uint32_t query : space_.queries())
      if (stops_[state] || may_stray(state, query)) add(state, query);
    const auto left = left_.find(state);
    if (stops_[state] && left == left_.end()) continue;
    const std::set<Kind>& kinds = stops_[state] ? left->second : kinds_;
    if (kinds.empty()) continue;
    for (std::uint32_t operation = 0; operation < operations && single_.size() < most_single; ++operation)
      if (kinds.contains(kind_of(state, operation)) && !space_.graph().edge_of(state, operation)) add(state, operation);
  }
}

std::vector<properties::Tour> ExploreRest::plan() {
  planned_ = {strays_, kinds_};
  planned_.kinds.insert(deadly_.begin(), deadly_.end());
  std::erase_if(single_, [this](const Pair& pair) { return !is_due(pair); });
  find_single();
  std::vector<properties::Transition> edges = space_.graph().edges();
  properties::TourRest rest{.closed = std::vector<bool>(edges.size()),
                            .ends = std::vector<bool>(edges.size()),
                            .takes = std::vector<bool>(edges.size()),
                            .stops = std::vector<bool>(stops_.size())};
  for (std::size_t n = 0; n < edges.size(); ++n) {
    const auto [from, operation, to] = edges[n];
    rest.closed[n] = strays_.contains({from, operation}) || is_deadly(from, operation);
    rest.ends[n] = !edges_[n] && may_stray(from, operation);
    rest.takes[n] = space_.is_own(from) && !edges_[n] && !rest.closed[n];
  }
  for (std::uint32_t state = 0; state < stops_.size(); ++state)
    rest.stops[state] = space_.is_own(state) && !stops_[state];
  for (const Pair& pair : single_) {
    edges.push_back({.from = pair.state, .operation = pair.operation, .to = pair.state});
    rest.closed.push_back(false);
    rest.ends.push_back(true);
    rest.takes.push_back(true);
  }
  auto tours = properties::plan_tours(space_.graph().size(), edges, space_.tour_options(), rest);
  for (properties::Tour& tour : tours)
    tour = space_.with_queries(tour, [this](std::uint32_t state, std::uint32_t query) {
      return !is_due({state, query}) || may_stray(state, query) || space_.is_avoided(state, query);
    });
  return tours;
}

}  // namespace mprogcheck
