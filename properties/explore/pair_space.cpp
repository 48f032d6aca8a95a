// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/explore/pair_space.hpp"

#include <algorithm>
#include <bit>
#include <functional>
#include <utility>

#include "properties/explore/state_graph.hpp"
#include "properties/explore/world_machine.hpp"

namespace mprogcheck::properties {

namespace {

/// "Another" revision is one more or one less by turns; in a fresh list one less is 0, which is none.
bool is_another(const model::Operation& operation) {
  return std::visit(
      [](const auto& call) {
        if constexpr (requires { call.revision; })
          return call.revision.relative && call.revision.value != 0;
        else
          return false;
      },
      static_cast<const model::AnyCall&>(operation));
}

}  // namespace

bool ShapeSet::add(PairShape shape) {
  if (2 * size_ >= slots_.size()) reserve(std::max<std::size_t>(64, 2 * size_));
  PairShape& slot = slots_[slot_of(shape)];
  if (slot == shape) return false;
  slot = shape;
  ++size_;
  return true;
}

std::optional<std::size_t> ShapeSet::place_of(PairShape shape) const {
  if (slots_.empty()) return std::nullopt;
  const std::size_t slot = slot_of(shape);
  if (slots_[slot] != shape) return std::nullopt;
  return slot;
}

void ShapeSet::reserve(std::size_t shapes) {
  const std::size_t slots = std::bit_ceil(2 * shapes);
  if (slots <= slots_.size()) return;
  const auto before = std::exchange(slots_, std::vector<PairShape>(slots));
  for (const PairShape shape : before)
    if (shape != PairShape{}) slots_[slot_of(shape)] = shape;
}

void ShapeSet::clear() {
  std::ranges::fill(slots_, PairShape{});
  size_ = 0;
}

std::vector<PairShape> ShapeSet::sorted() const {
  std::vector<PairShape> all;
  for_each([&all](PairShape shape) { all.push_back(shape); });
  std::ranges::sort(all);
  return all;
}

/// Its own, or the free one where it belongs. Pairs that differ by the revision alone, which a bound has in a row, are
/// neighbours: a space is made of cache misses.
std::size_t ShapeSet::slot_of(PairShape shape) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = (std::hash<PairShape>()({shape.bits >> 2}) << 2 | (shape.bits & 3)) & mask;
  while (slots_[at] != PairShape{} && slots_[at] != shape) at = (at + 1) & mask;
  return at;
}

PairSpace::PairSpace(const Bound& bound) : bound_(bound) {
  shapes_.reserve(500'000);  // as many as the usual bound has
  // Of several links the alphabet gives the first alone where a program belongs, so they are not alike.
  const WorldMachine machine(bound, bound.links > 1 ? model::Naming::labelled : model::Naming::symmetric);
  const StateGraph<WorldMachine> graph(
      machine, ~0U, [&](std::uint32_t, const model::World& world, std::uint32_t number, const model::Verdict&) {
        const model::Operation& operation = machine.operation(number);
        const auto shape = shape_of(world, operation);
        if (!shape) return;
        shapes_.add(*shape);
        if (is_another(operation)) shapes_.add(with_stale_revision(*shape));
      });
}

const PairSpace& usual_pair_space() {
  static const PairSpace space{Bound{}};
  return space;
}

void PairCoverage::add(const ShapeSet& part) {
  part.for_each([this](PairShape shape) {
    const auto place = space_->shapes().place_of(shape);
    if (!place || met_[*place]) return;
    met_[*place] = true;
    ++covered_;
  });
}

}  // namespace mprogcheck::properties
