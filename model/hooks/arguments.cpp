// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/hooks/arguments.hpp"

namespace mprogcheck::model {

WantedProgram program_of_type(const World& world, const Argument& argument, ProgramType type, Rule closed, Rule wrong) {
  const Denoted denoted = world.denoted_by_fd(argument);
  if (denoted.kind == Denoted::Kind::closed) return {no_program, closed};
  if (denoted.kind != Denoted::Kind::program || world.program(denoted.object).type != type) return {no_program, wrong};
  return {denoted.object, std::nullopt};
}

WantedProgram program_of_any_type(const World& world, const Argument& argument, Rule closed, Rule wrong) {
  const Denoted denoted = world.denoted_by_fd(argument);
  if (denoted.kind == Denoted::Kind::closed) return {no_program, closed};
  if (denoted.kind != Denoted::Kind::program) return {no_program, wrong};
  return {denoted.object, std::nullopt};
}

mprog::Relative find_relative(const World& world, const Argument& argument, std::uint32_t flags, bool creates) {
  const bool by_id = (flags & flag::id) != 0;
  const bool is_link = (flags & flag::link) != 0;
  const auto wanted = is_link ? ObjectKind::link : ObjectKind::program;

  if (!by_id && argument.is_zero()) {
    if (is_link) return {.refused = Rule::relative_link_zero};
    return {};
  }

  std::uint8_t object = 0;
  if (by_id) {
    if (creates && is_link && argument == Argument::literal(coming_id)) return {.refused = Rule::relative_not_settled};
    const auto found = world.denoted_by_id(argument, wanted);
    if (!found) return {.refused = Rule::relative_id_gone};
    object = *found;
  } else {
    const Denoted found = world.denoted_by_fd(argument);
    if (found.kind == Denoted::Kind::closed) return {.refused = Rule::relative_closed};
    if (found.kind != (is_link ? Denoted::Kind::link : Denoted::Kind::program)) return {.refused = Rule::relative_kind};
    object = found.object;
  }
  return {.program = is_link ? world.link(object).program : object, .link = is_link ? object : no_link};
}

}  // namespace mprogcheck::model
