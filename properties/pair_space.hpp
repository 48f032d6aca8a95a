// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "properties/bound.hpp"
#include "properties/pair_shape.hpp"

namespace mprogcheck::properties {

/// The shapes of all (state, operation) pairs of a bound: what a run can meet of it at most. Hooks that share their
/// rules share a space. It takes a tenth of a second to make.
class PairSpace {
 public:
  /// Of a bound without fill.
  explicit PairSpace(const Bound& bound);

  [[nodiscard]] const Bound& bound() const { return bound_; }
  [[nodiscard]] std::size_t size() const { return shapes_.size(); }
  /// In ascending order.
  [[nodiscard]] std::span<const PairShape> shapes() const { return shapes_; }
  /// Its place in shapes(); none if the bound does not have it.
  [[nodiscard]] std::optional<std::size_t> place_of(PairShape shape) const;

 private:
  Bound bound_;
  std::vector<PairShape> shapes_;
};

/// Different shapes that one part of a run has met, in the bound or not. A value: parts count for themselves.
class MetPairs {
 public:
  void add(const model::World& before, const model::Operation& operation) {
    if (const auto shape = shape_of(before, operation)) add(*shape);
  }
  void add(PairShape shape);
  /// In ascending order.
  [[nodiscard]] std::vector<PairShape> shapes() const;

 private:
  [[nodiscard]] std::size_t slot_of(PairShape shape) const;
  void grow();

  std::vector<PairShape> slots_;  ///< open addressing; bits 0 is a free one, which no shape has
  std::size_t count_ = 0;
};

/// How many of a space's shapes a run has met.
class PairCoverage {
 public:
  /// The space must outlive it.
  explicit PairCoverage(const PairSpace& space) : space_(&space), met_(space.size()) {}
  void add(const MetPairs& part);
  [[nodiscard]] std::size_t total() const { return space_->size(); }
  [[nodiscard]] std::size_t covered() const { return covered_; }

 private:
  const PairSpace* space_;
  std::vector<bool> met_;
  std::size_t covered_ = 0;
};

}  // namespace mprogcheck::properties
