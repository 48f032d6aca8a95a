// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "oracle/model_at_rest.hpp"

#include <fmt/format.h>

#include "model/language/print.hpp"
#include "oracle/model_trials.hpp"

namespace mprogcheck {

using model::Edit;
using model::ListIndex;
using model::Name;
using model::ProgramIndex;

namespace {

void let_go(model::World& world, const Edit& edit) {
  world.commit(edit);
  detach_links_without_entry(world);
}

/// Entries of links have gone with the last handle of their link.
bool empty(model::World& world, ListIndex list) {
  const auto entries = world.list(list).entries();
  for (unsigned n = static_cast<unsigned>(entries.size()); n-- > 0;)
    if (world.list(list).slots[n].link == model::no_link)
      let_go(world, {.kind = Edit::Kind::remove, .list = list, .position = static_cast<std::uint8_t>(n)});
  return world.list(list).empty();
}

}  // namespace

std::optional<Leftover> left_at_rest(model::World world, const model::Declarations& declarations, bool counts) {
  for (std::uint8_t n = 0; n < model::PinName::count; ++n)
    if (world.pinned({n}).held) let_go(world, {.kind = Edit::Kind::unpin, .pin = {n}});
  for (unsigned slot = Name::mortal_begin; slot < Name::filler_begin; ++slot)
    if (const Name name{static_cast<std::uint8_t>(slot)}; world.handle(name).file != model::no_file)
      let_go(world, {.kind = Edit::Kind::close, .name = name});
  for (unsigned n = 0; n < world.sites().size(); ++n)
    if (!empty(world, static_cast<ListIndex>(n)))
      return Leftover{model::print(world.sites()[static_cast<ListIndex>(n)]) + " cannot be emptied"};
  for (unsigned n = 0; n < model::link_count; ++n)
    if (world.link(static_cast<model::LinkIndex>(n)).alive)
      return Leftover{fmt::format("a link with id {} outlives its last holder", n)};
  for (unsigned n = 0; n < model::program_count; ++n) {
    const model::Program& program = world.program(static_cast<ProgramIndex>(n));
    if (n >= model::mortal_program_begin) {
      if (program.alive) return Leftover{fmt::format("a program with id {} outlives its last holder", n)};
      continue;
    }
    if (n < Name::pool_count && !declarations.has_program(n)) continue;
    if (!program.alive) return Leftover{"references: 1 of the programs that are kept are gone", true};
    const std::string what =
        n < Name::pool_count ? fmt::format("p{}", n) : fmt::format("f{}", n - model::filler_program_begin);
    if (program.references == 1) continue;  // the guest's own file
    return Leftover{counts
                        ? fmt::format("references: program {} is held {} times, expected 1", what, program.references)
                        : fmt::format("references: program {} lives on when its last file is closed", what),
                    true};
  }
  return std::nullopt;
}

}  // namespace mprogcheck
