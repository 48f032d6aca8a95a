// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/observe.hpp"

#include "model/query.hpp"

namespace mprogcheck {

namespace {

/// Fillers are not lied about.
bool has_countable_object(const model::World& world, const model::Declarations& declarations) {
  if (declarations.programs != 0) return true;
  for (unsigned n = model::mortal_program_begin; n < model::program_count; ++n)
    if (world.program(static_cast<model::ProgramIndex>(n)).alive) return true;
  for (unsigned n = 0; n < model::link_count; ++n)
    if (world.link(static_cast<model::LinkIndex>(n)).alive) return true;
  return false;
}

}  // namespace

bool lie_applies(const model::Sequence& sequence, Lie lie, std::uint32_t at, model::Quirks quirks) {
  const auto& operations = sequence.operations;
  if (operations.empty()) return false;
  if (is_about_the_end(lie)) at = static_cast<std::uint32_t>(operations.size() - 1);
  if (at >= operations.size() || lie == Lie::none) return false;

  model::World world(sequence.declarations, quirks);
  bool made_an_object = false;
  const auto take = [&](const model::Operation& operation) {
    const model::Verdict made = world.apply(operation);
    const auto kind = made.edit.kind;
    if (kind == model::Edit::Kind::create_link || kind == model::Edit::Kind::load) made_an_object = true;
    return made;
  };
  for (std::uint32_t i = 0; i < at; ++i) take(operations[i]);
  const model::Edit edit = world.predict(operations[at]).edit;
  const model::ListSet touched = model::visible_lists(world, operations[at], edit, false);
  const model::ListSet existing = model::visible_lists(world, operations[at], edit, true);
  const model::Verdict verdict = take(operations[at]);
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
    case Lie::permission:
      return !operations[at].caller.is_root();
    case Lie::answer:
      return std::holds_alternative<model::Query>(operations[at]) && model::answers(verdict.rule);
    case Lie::lifecycle:
      return made_an_object;
    case Lie::passage:
    case Lie::fate:
      return std::holds_alternative<model::SendPacket>(operations[at]) && touched != 0;
    case Lie::references:
      return has_countable_object(world, sequence.declarations);
  }
  return false;
}

}  // namespace mprogcheck
