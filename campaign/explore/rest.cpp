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

bool ExploreRest::is_done(std::uint32_t state, std::uint32_t operation) const {
  if (const auto edge = space_.graph().edge_of(state, operation)) return edges_[*edge];
  if (!stops_[state] || done_.contains({state, operation})) return done_.contains({state, operation});
  const auto left = left_.find(state);
  return left == left_.end() || !left->second.contains(kind_of(state, operation));
}

std::uint64_t ExploreRest::behind(const Known& known) const {
  const auto& edges = space_.graph().edges();
  const auto is_known = [&](std::uint32_t state, std::uint32_t operation) {
    if (strays_.contains({state, operation})) return true;
    return is_deadly(state, operation) &&
           known.stops_at(space_.machine().operation(operation), kind_of(state, operation).second);
  };
  std::vector<std::vector<std::uint32_t>> next(stops_.size());
  for (const auto& [from, operation, to] : edges)
    if (to != properties::Transition::outside && !is_known(from, operation)) next[from].push_back(to);
  std::vector<bool> reached(stops_.size());
  std::vector<std::uint32_t> due{0};
  reached[0] = true;
  while (!due.empty()) {
    const std::uint32_t state = due.back();
    due.pop_back();
    for (const std::uint32_t to : next[state])
      if (!reached[to]) {
        reached[to] = true;
        due.push_back(to);
      }
  }

  const auto is_counted = [&](std::uint32_t state) { return space_.is_own(state) && !reached[state]; };
  std::uint64_t pairs = 0;
  for (std::uint32_t state = 0; state < stops_.size(); ++state)
    if (is_counted(state) && !stops_[state]) pairs += space_.own_pairs_of(state);
  const auto was_run = [&](const Pair& pair) { pairs -= is_counted(pair.state) && !stops_[pair.state] ? 1 : 0; };
  for (std::size_t n = 0; n < edges.size(); ++n)
    if (edges_[n] && !strays_.contains({edges[n].from, edges[n].operation}))
      was_run({edges[n].from, edges[n].operation});
  for (const Pair& pair : done_)
    if (!strays_.contains(pair)) was_run(pair);
  for (const Pair& pair : strays_) was_run(pair);
  if (deadly_.empty()) return pairs;
  const auto operations = static_cast<std::uint32_t>(space_.machine().operations());
  for (std::uint32_t state = 0; state < stops_.size(); ++state) {
    if (!space_.is_own(state) || !reached[state]) continue;
    for (std::uint32_t operation = 0; operation < operations; ++operation)
      if (is_deadly(state, operation) && !strays_.contains({state, operation}) && is_known(state, operation) &&
          !space_.is_avoided(state, operation) && !is_done(state, operation))
        ++pairs;
  }
  return pairs;
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
