// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <optional>

#include "model/rfc_v2/operation.hpp"
#include "model/rfc_v2/rule.hpp"
#include "model/rfc_v2/state.hpp"

/// The rules of the ordered list in the design of June 2023. An entry may hold the first place, the last, or both.
///
///     [held first] [ordinary] … [ordinary] [held last]
///
/// What holds no place is ordinary. Ordinary entries move freely between the held ones:
///     before R      directly in front of R, which must not hold the first place
///     after R       directly behind R, which must not hold the last place
///     before        in front of all ordinary ones           after, or nothing    behind all ordinary ones
/// FIRST and LAST ask for a place, which must be free; the position follows. BEFORE and AFTER may then only say what is
/// so anyway: FIRST before R is refused unless R is first now.
/// REPLACE overwrites the entry of the relative, and gives it the places that the request asks for: one that is not
/// asked for is given up, one that is new is claimed and needs the entry to stand there.
///
/// What the series does beside its words is here too, as far as a caller sees it.
namespace mprogcheck::model::rfc_v2 {

/// A program that was found but is in no list of the hook: that of another type, or of a link that is detached.
inline constexpr ProgramIndex foreign_program = 0xfe;

/// What relative_fd or relative_id turned out to denote.
struct Relative {
  std::optional<Rule> refused{};      ///< it could not be resolved, by this rule
  ProgramIndex program = no_program;  ///< no_program: none given
  LinkIndex link = no_link;           ///< set if a link was given: then only its own entry matches
  [[nodiscard]] bool given() const { return program != no_program; }
};

/// What is asked of a list, with everything resolved. The places that the entry is to hold are in the flags. For a
/// detach its program may be no_program.
struct Request {
  ProgramIndex program = no_program;
  LinkIndex link = no_link;
  Expect expect = Expect::none;
  std::uint32_t flags = 0;
  Relative relative{};
  [[nodiscard]] bool asks(std::uint32_t bits) const { return (flags & bits) != 0; }
  [[nodiscard]] bool asks_all(std::uint32_t bits) const { return (flags & bits) == bits; }
  [[nodiscard]] std::uint8_t ends() const { return static_cast<std::uint8_t>(flags & flag::ends); }
};

/// The rule that decided and, if that is success, the index concerned.
struct Decision {
  Rule rule;
  int position = 0;
};

/// bpf_mprog_attach(). Success inserts at the position, or with REPLACE overwrites it: replace_done, replace_override.
Decision attach(const State& state, const Request& request);
/// bpf_mprog_detach(). Success removes at the position: detach_done; or nothing: detach_phantom.
Decision detach(const State& state, const Request& request);

/// Where the relative stands: a program matches whoever attached it, a link only its own entry.
std::optional<int> find(const State& state, const Relative& relative);

}  // namespace mprogcheck::model::rfc_v2
