// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/observe.hpp"

namespace mprogcheck {

bool lie_applies(const model::Sequence& sequence, Lie lie, std::uint32_t at) {
  const auto& operations = sequence.operations;
  if (operations.empty()) return false;
  if (lie == Lie::isolation || lie == Lie::lifecycle) at = static_cast<std::uint32_t>(operations.size() - 1);
  if (at >= operations.size() || lie == Lie::none) return false;

  model::World world(sequence.declarations);
  bool made_an_object = false;
  const auto take = [&](const model::Operation& operation) {
    const auto kind = world.apply(operation).edit.kind;
    if (kind == model::Edit::Kind::create_link || kind == model::Edit::Kind::load) made_an_object = true;
  };
  for (std::uint32_t i = 0; i < at; ++i) take(operations[i]);
  const model::ListSet touched = model::touched_lists(world, operations[at]);
  const model::ListSet existing = model::existing_lists(world);
  take(operations[at]);
  switch (lie) {
    case Lie::none:
      return false;
    case Lie::outcome:
      return true;
    case Lie::revision:
    case Lie::order:
      return touched != 0;
    case Lie::isolation:
      return (existing & ~touched) != 0;
    case Lie::lifecycle:
      return made_an_object;
  }
  return false;
}

}  // namespace mprogcheck
