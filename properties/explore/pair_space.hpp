// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "properties/explore/bound.hpp"
#include "properties/explore/pair_shape.hpp"

namespace mprogcheck::properties {

/// Different shapes: those that one part of a run has met, or all of a bound. A value: parts count for themselves.
class ShapeSet {
 public:
  void add(const model::World& before, const model::Operation& operation) {
    if (const auto shape = shape_of(before, operation)) add(*shape);
  }
  /// False: it was there. Not 0.
  bool add(PairShape shape);
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool contains(PairShape shape) const { return place_of(shape).has_value(); }
  /// A number below places(), its own until another is added.
  [[nodiscard]] std::optional<std::size_t> place_of(PairShape shape) const;
  [[nodiscard]] std::size_t places() const { return slots_.size(); }
  void reserve(std::size_t shapes);
  void clear();
  /// In ascending order.
  [[nodiscard]] std::vector<PairShape> sorted() const;

  template <typename Visit>
  void for_each(Visit visit) const {
    for (const PairShape shape : slots_)
      if (shape != PairShape{}) visit(shape);
  }

 private:
  [[nodiscard]] std::size_t slot_of(PairShape shape) const;

  std::vector<PairShape> slots_;  ///< open addressing, a power of two; 0 is a free one
  std::size_t size_ = 0;
};

/// The shapes of all (state, operation) pairs of a bound: what a run can meet of it at most. Hooks that share their
/// rules share a space. It takes a tenth of a second to make.
class PairSpace {
 public:
  /// Of a bound without fill.
  explicit PairSpace(const Bound& bound);

  [[nodiscard]] const Bound& bound() const { return bound_; }
  [[nodiscard]] const ShapeSet& shapes() const { return shapes_; }
  [[nodiscard]] std::size_t size() const { return shapes_.size(); }

 private:
  Bound bound_;
  ShapeSet shapes_;
};

/// The space of the usual bound, 3 programs and 1 link. Made by the first call, for good; any thread may make it.
const PairSpace& usual_pair_space();

/// How many of a space's shapes a run has met.
class PairCoverage {
 public:
  /// The space must outlive it.
  explicit PairCoverage(const PairSpace& space) : space_(&space), met_(space.shapes().places()) {}
  void add(const ShapeSet& part);
  [[nodiscard]] std::size_t total() const { return space_->size(); }
  [[nodiscard]] std::size_t covered() const { return covered_; }

 private:
  const PairSpace* space_;
  std::vector<bool> met_;
  std::size_t covered_ = 0;
};

}  // namespace mprogcheck::properties
