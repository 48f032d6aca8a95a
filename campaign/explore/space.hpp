// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/quirk.hpp"
#include "properties/coverage.hpp"
#include "properties/explore/bound.hpp"
#include "properties/explore/state_graph.hpp"
#include "properties/explore/tour.hpp"
#include "properties/explore/world_machine.hpp"

namespace mprogcheck {

/// Which of several runs that share a bound this is: number `index` of `count`, from 1.
struct Shard {
  unsigned index = 1;
  unsigned count = 1;
  friend bool operator==(const Shard&, const Shard&) = default;
};
/// "2/5"; nothing if it is none.
std::optional<Shard> parse_shard(std::string_view text);
std::string to_string(const Shard& shard);

/// Pairs by call and outcome: how many there are, and of how many the outcome was recorded.
class PairTable {
 public:
  struct Cell {
    std::uint64_t covered = 0;
    std::uint64_t total = 0;
    friend bool operator==(const Cell&, const Cell&) = default;
  };
  using Row = std::map<std::string, Cell>;  ///< by outcome: "ok", "-ENOENT"

  /// As the model predicts it.
  void expect(const model::Operation& operation, model::Outcome outcome) { ++at(operation, outcome.error).total; }
  /// As it was seen.
  void saw(const model::Operation& operation, int error) { ++at(operation, error).covered; }
  void merge(const PairTable& other);

  [[nodiscard]] std::map<std::string, Row> rows() const;  ///< by call
  [[nodiscard]] Cell sum() const;

  // To keep it between starts: (call, errno, covered), of those that were seen.
  struct Seen {
    std::uint32_t call, error;
    std::uint64_t covered;
  };
  [[nodiscard]] std::vector<Seen> seen() const;
  void saw(const Seen& seen) {
    cells_[seen.call][seen.error < errors ? seen.error : errors - 1].covered += seen.covered;
  }

 private:
  static constexpr unsigned errors = 256;
  static constexpr std::size_t calls = std::variant_size_v<model::AnyCall>;
  Cell& at(const model::Operation& operation, int error) {
    const auto number = static_cast<std::uint32_t>(error);
    return cells_[operation.index()][number < errors ? number : errors - 1];
  }
  std::vector<std::vector<Cell>> cells_ = std::vector(calls, std::vector<Cell>(errors));
};

/// A bound, all of its states as the model has them, and the tours that a kernel shall be led on.
class ExploreSpace {
 public:
  using Graph = properties::StateGraph<properties::WorldMachine>;

  /// When `stop` is set before all states are known, graph().was_stopped() says so, and there are no tours. `besides`:
  /// operations that the bound does not have.
  ExploreSpace(const properties::Bound& bound, model::Traits traits, const Shard& shard,
               properties::WorldMachine::Avoid avoid = {}, const std::atomic<bool>* stop = nullptr,
               const std::vector<model::Operation>& besides = {});

  /// Its states and its operations are few enough; otherwise there are no tours.
  [[nodiscard]] bool can_be_explored() const {
    return graph_.is_complete() && machine_.operations() <= trial_set::most_operations;
  }

  [[nodiscard]] const properties::Bound& bound() const { return bound_; }
  [[nodiscard]] const properties::WorldMachine& machine() const { return machine_; }
  [[nodiscard]] const Graph& graph() const { return graph_; }
  [[nodiscard]] const std::vector<properties::Tour>& tours() const { return tours_; }
  /// But for those that are avoided, and those that would lead out of a bound with lifetimes.
  [[nodiscard]] std::uint64_t pairs() const {
    return std::uint64_t{graph_.size()} * machine_.operations() - avoided_ - left_out_;
  }
  /// Pairs of the bound that are known to be better not run.
  [[nodiscard]] std::uint64_t avoided() const { return avoided_; }
  /// The same by operation and the rule that decides it: what an entry for them is told by.
  using AvoidedPairs = std::map<std::pair<std::uint32_t, model::Rule>, std::uint64_t>;
  [[nodiscard]] const AvoidedPairs& avoided_pairs() const { return avoided_pairs_; }
  /// Of them, those whose state is this shard's.
  [[nodiscard]] std::uint64_t own_pairs() const { return own_.sum().total; }
  [[nodiscard]] const PairTable& own_table() const { return own_; }
  [[nodiscard]] std::uint32_t own_states() const { return own_states_; }
  [[nodiscard]] bool is_own(std::uint32_t state) const { return owner_[state]; }
  /// How many of own_pairs() are of this state.
  [[nodiscard]] std::uint32_t own_pairs_of(std::uint32_t state) const { return own_pairs_of_[state]; }
  /// What the pairs of all shards together are decided by.
  [[nodiscard]] const properties::Coverage& coverage() const { return coverage_; }
  /// What every tour has to keep to.
  [[nodiscard]] properties::TourOptions tour_options() const;
  /// Operations that change nothing and have more to say than an errno: on a tour, each is a step where it stops.
  [[nodiscard]] const std::vector<std::uint32_t>& queries() const { return queries_; }
  /// It is known to be better not run.
  [[nodiscard]] bool is_avoided(std::uint32_t state, std::uint32_t operation) const {
    return machine_.avoids() && machine_.avoids(graph_.state(state), operation);
  }
  /// The tour with the queries of each of its stops but those to be left out.
  [[nodiscard]] properties::Tour with_queries(
      const properties::Tour& tour,
      const std::function<bool(std::uint32_t state, std::uint32_t query)>& leave_out) const;
  /// Of everything that another start, or another shard, must agree on.
  [[nodiscard]] std::uint64_t digest() const;

  /// The sequence that leads to a state by a shortest way; with an operation more, if one is given.
  [[nodiscard]] model::Sequence sequence_to(std::uint32_t state, std::optional<std::uint32_t> operation = {}) const;
  /// The prelude's length.
  [[nodiscard]] std::uint32_t prelude() const { return prelude_; }

  /// A bound has no more states than this, or it cannot be explored.
  static constexpr std::uint32_t most_states = 40'000;

 private:
  properties::Bound bound_;
  model::Traits traits_;
  std::uint32_t prelude_;
  properties::WorldMachine machine_;
  properties::Coverage coverage_;
  std::uint64_t avoided_ = 0, left_out_ = 0;
  AvoidedPairs avoided_pairs_;
  PairTable own_;
  std::vector<bool> owner_;  ///< by state: it is this shard's
  std::vector<std::uint32_t> own_pairs_of_;
  std::uint32_t own_states_ = 0;
  Graph graph_;
  std::vector<std::uint32_t> queries_;
  std::vector<properties::Tour> tours_;
};

}  // namespace mprogcheck
