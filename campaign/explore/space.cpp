// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/explore/space.hpp"

#include <fmt/format.h>

#include <charconv>

#include "base/digest.hpp"
#include "model/language/print.hpp"
#include "model/language/words.hpp"

namespace mprogcheck {

std::optional<Shard> parse_shard(std::string_view text) {
  Shard shard;
  const char* const end = text.data() + text.size();
  const auto index = std::from_chars(text.data(), end, shard.index);
  if (index.ec != std::errc() || index.ptr == end || *index.ptr != '/') return std::nullopt;
  const auto count = std::from_chars(index.ptr + 1, end, shard.count);
  if (count.ec != std::errc() || count.ptr != end) return std::nullopt;
  if (shard.index == 0 || shard.index > shard.count) return std::nullopt;
  return shard;
}

std::string to_string(const Shard& shard) {
  return fmt::format("{}/{}", shard.index, shard.count);
}

void PairTable::merge(const PairTable& other) {
  for (std::size_t call = 0; call < calls; ++call)
    for (std::size_t error = 0; error < errors; ++error) {
      cells_[call][error].covered += other.cells_[call][error].covered;
      cells_[call][error].total += other.cells_[call][error].total;
    }
}

std::map<std::string, PairTable::Row> PairTable::rows() const {
  std::map<std::string, Row> rows;
  for (std::size_t call = 0; call < calls; ++call)
    for (std::size_t error = 0; error < errors; ++error) {
      const Cell& cell = cells_[call][error];
      if (cell == Cell()) continue;
      rows[std::string(model::call_names[call])][model::to_string(model::Outcome{static_cast<std::int32_t>(error)})] =
          cell;
    }
  return rows;
}

PairTable::Cell PairTable::sum() const {
  Cell sum;
  for (const auto& row : cells_)
    for (const Cell& cell : row) {
      sum.covered += cell.covered;
      sum.total += cell.total;
    }
  return sum;
}

std::vector<PairTable::Seen> PairTable::seen() const {
  std::vector<Seen> all;
  for (std::uint32_t call = 0; call < calls; ++call)
    for (std::uint32_t error = 0; error < errors; ++error)
      if (const auto covered = cells_[call][error].covered; covered != 0) all.push_back({call, error, covered});
  return all;
}

ExploreSpace::ExploreSpace(const properties::Bound& bound, model::Traits traits, const Shard& shard,
                           properties::WorldMachine::Avoid avoid, const std::atomic<bool>* stop,
                           const std::vector<model::Operation>& besides)
    : bound_(bound),
      traits_(traits),
      prelude_(static_cast<std::uint32_t>(properties::prelude_of(bound).size())),
      machine_(bound, model::Naming::labelled, traits, std::move(avoid), besides),
      graph_(
          machine_, most_states,
          [&](std::uint32_t state, const model::World& world, std::uint32_t operation, const model::Verdict& verdict) {
            if (state == owner_.size()) {
              owner_.push_back(Digest().add(machine_.key(world)).value() % shard.count + 1 == shard.index);
              own_pairs_of_.push_back(0);
              own_states_ += owner_.back() ? 1 : 0;
            }
            if (machine_.leaves_out(world, operation)) {
              ++left_out_;
              return;
            }
            if (machine_.avoids() && machine_.avoids(world, operation)) {
              ++avoided_;
              ++avoided_pairs_[{operation, verdict.rule}];
              return;
            }
            coverage_.add(machine_.operation(operation), verdict);
            if (!owner_.back()) return;
            own_.expect(machine_.operation(operation), verdict.outcome);
            ++own_pairs_of_.back();
          },
          stop) {
  if (!can_be_explored()) return;
  properties::TourOptions wanted = tour_options();
  wanted.owns = [this](std::uint32_t state) { return is_own(state); };
  tours_ = properties::plan_tours(graph_.size(), graph_.edges(), wanted);
  for (std::uint32_t n = 0; n < machine_.operations(); ++n)
    if (std::holds_alternative<model::Query>(machine_.operation(n))) queries_.push_back(n);
  for (properties::Tour& tour : tours_)
    tour = with_queries(tour, [this](auto state, auto query) { return is_avoided(state, query); });
}

/// A sequence loads no more than model::max_loads; a few are for the prelude and the way to a state.
properties::TourOptions ExploreSpace::tour_options() const {
  return {.operations = static_cast<std::uint32_t>(machine_.operations()),
          .most_scarce = model::max_loads * 3 / 4,
          .is_scarce = [this](std::uint32_t operation) {
            return std::holds_alternative<model::Load>(machine_.operation(operation));
          }};
}

properties::Tour ExploreSpace::with_queries(const properties::Tour& tour,
                                            const std::function<bool(std::uint32_t, std::uint32_t)>& leave_out) const {
  properties::Tour longer;
  auto stop = tour.stops.begin();
  for (std::uint32_t step = 0; step <= tour.way.size(); ++step) {
    if (stop != tour.stops.end() && stop->steps == step) {
      longer.stops.push_back({.steps = static_cast<std::uint32_t>(longer.way.size()), .state = stop->state});
      for (const std::uint32_t query : queries_) {
        if (leave_out(stop->state, query)) continue;
        longer.way.push_back({.from = stop->state, .operation = query, .to = stop->state});
        longer.counts.push_back(true);
      }
      ++stop;
    }
    if (step == tour.way.size()) break;
    longer.way.push_back(tour.way[step]);
    longer.counts.push_back(tour.counts[step]);
  }
  return longer;
}

std::uint64_t ExploreSpace::digest() const {
  Digest digest;
  digest.add(properties::text_of(bound_)).add(std::uint64_t{traits_.quirks}).add(std::uint64_t{graph_.size()});
  for (std::size_t n = 0; n < machine_.operations(); n += 101) digest.add(model::print(machine_.operation(n)));
  for (const auto& [rule, count] : coverage_.rules()) digest.add(rule).add(count);
  for (const auto& [outcome, count] : coverage_.by_errno()) digest.add(outcome).add(count);
  for (const properties::Transition& edge : graph_.edges())
    digest.add(std::uint64_t{edge.from}).add(std::uint64_t{edge.operation}).add(std::uint64_t{edge.to});
  return digest.value();
}

model::Sequence ExploreSpace::sequence_to(std::uint32_t state, std::optional<std::uint32_t> operation) const {
  model::Sequence sequence{properties::declarations_of(bound_), properties::prelude_of(bound_)};
  for (const std::uint32_t step : graph_.way_to(state)) sequence.operations.push_back(machine_.operation(step));
  if (operation) sequence.operations.push_back(machine_.operation(*operation));
  return sequence;
}

}  // namespace mprogcheck
