// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/pair_space.hpp"

#include <algorithm>
#include <functional>

#include "properties/state_graph.hpp"
#include "properties/world_machine.hpp"

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

PairSpace::PairSpace(const Bound& bound) : bound_(bound) {
  // Of several links the alphabet gives the first alone where a program belongs, so they are not alike.
  const WorldMachine machine(bound, bound.links > 1 ? model::Naming::labelled : model::Naming::symmetric);
  const StateGraph<WorldMachine> graph(
      machine, ~0U, [&](std::uint32_t, const model::World& world, std::uint32_t number, const model::Verdict&) {
        const model::Operation& operation = machine.operation(number);
        const auto shape = shape_of(world, operation);
        if (!shape) return;
        shapes_.push_back(*shape);
        if (is_another(operation)) shapes_.push_back(with_stale_revision(*shape));
      });
  std::ranges::sort(shapes_);
  const auto rest = std::ranges::unique(shapes_);
  shapes_.erase(rest.begin(), rest.end());
  shapes_.shrink_to_fit();
}

std::optional<std::size_t> PairSpace::place_of(PairShape shape) const {
  const auto found = std::ranges::lower_bound(shapes_, shape);
  if (found == shapes_.end() || *found != shape) return std::nullopt;
  return static_cast<std::size_t>(found - shapes_.begin());
}

void MetPairs::add(PairShape shape) {
  if (2 * count_ >= slots_.size()) grow();
  PairShape& slot = slots_[slot_of(shape)];
  count_ += slot == shape ? 0 : 1;
  slot = shape;
}

std::vector<PairShape> MetPairs::shapes() const {
  std::vector<PairShape> all;
  all.reserve(count_);
  std::ranges::copy_if(slots_, std::back_inserter(all), [](PairShape shape) { return shape != PairShape{}; });
  std::ranges::sort(all);
  return all;
}

/// Its own, or the free one where it belongs.
std::size_t MetPairs::slot_of(PairShape shape) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = (std::hash<PairShape>()(shape) >> 32) & mask;
  while (slots_[at] != PairShape{} && slots_[at] != shape) at = (at + 1) & mask;
  return at;
}

void MetPairs::grow() {
  const std::vector<PairShape> before = shapes();
  slots_.assign(std::max<std::size_t>(256, 2 * slots_.size()), PairShape{});
  for (const PairShape shape : before) slots_[slot_of(shape)] = shape;
}

void PairCoverage::add(const MetPairs& part) {
  for (const PairShape shape : part.shapes()) {
    const auto place = space_->place_of(shape);
    if (!place || met_[*place]) continue;
    met_[*place] = true;
    ++covered_;
  }
}

}  // namespace mprogcheck::properties
