// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/operation.hpp"
#include "model/outcome.hpp"
#include "model/passage.hpp"
#include "model/rule.hpp"
#include "model/world.hpp"

namespace mprogcheck::model {

/// An entry of a list as a sequence names it: `p0`, or `l0(p0)` for one that a link owns. A name stands for the object
/// that it was last bound to.
struct NamedEntry {
  std::optional<Name> link;
  Name program{};
  friend constexpr auto operator<=>(const NamedEntry&, const NamedEntry&) = default;
};

/// What a sequence says of a list after an operation.
struct ExpectedList {
  Site site{};
  std::optional<std::vector<NamedEntry>> entries{};  ///< in order; nothing is said of them without
  std::optional<std::uint64_t> revision{};
  friend bool operator==(const ExpectedList&, const ExpectedList&) = default;
};

/// What a sequence says behind an operation, `=> …` (docs/language.md): what was observed or read in the documents, by
/// somebody who did not ask this model. Only what is said is held to model and kernel.
struct Expectation {
  Outcome outcome;
  std::optional<Rule> rule{};
  std::vector<ExpectedList> lists{};
  std::optional<std::vector<Name>> ran{};  ///< the programs that a packet meets, in order
  std::optional<Fate> packet{};            ///< and what becomes of it
  std::optional<Name> object{};            ///< what has the next id
  friend bool operator==(const Expectation&, const Expectation&) = default;
};

/// The text behind an operation's line: "=> -EBUSY by mprog.detach.owner".
std::string print(const Expectation& expectation, const Operation& operation);

/// One thing that a sequence expects and that is not so.
struct Mismatch {
  std::string what;  ///< "outcome", "rule", "tcx_ingress@d0", "revision of tcx_ingress@d0", "ran", "packet", "object"
  std::string expected;  ///< as the sequence says it
  std::string found;
  friend bool operator==(const Mismatch&, const Mismatch&) = default;
};

/// An object that was asked for, by its place in the model's tables.
struct Found {
  ObjectKind kind = ObjectKind::program;
  std::uint8_t index = 0xff;
  friend bool operator==(const Found&, const Found&) = default;
};

/// What is to be compared with an expectation: the model's answer, or a kernel's in the model's terms. A part that
/// nobody looked at is not there, and is not compared.
struct Observed {
  Outcome outcome;
  std::optional<Rule> rule{};  ///< a kernel does not tell
  struct List {
    Site site{};
    std::vector<Entry> entries{};
    std::uint64_t revision = 0;
  };
  std::vector<List> lists{};
  std::optional<std::vector<ProgramIndex>> ran{};
  Fate packet = Fate::none;
  std::optional<Found> object{};
};

/// What the model says of an operation, as that which is to be compared. `after`: the world after it.
Observed observed_of_model(const World& before, const Operation& operation, const Verdict& verdict, const World& after);

/// What differs, in the order in which a line says it. `after`: the world in which names are looked up.
std::vector<Mismatch> mismatches(const Expectation& expectation, const World& after, const Observed& observed);

/// All that the model says of the operation, to be written behind it: outcome and rule; the lists that it touched, if
/// it succeeded, or all that a query or a packet shows.
Expectation expectation_of_model(const World& before, const Operation& operation, const Verdict& verdict,
                                 const World& after);

/// The name by which a reader knows an object: the first one that denotes it. Nothing if none does.
std::optional<Name> name_of_object(const World& world, ObjectKind kind, std::uint8_t object);
/// "p0 l0(p1)", "empty". What has no name is shown by its number in the model's tables: "#12".
std::string print_entries(const World& world, std::span<const Entry> entries);

}  // namespace mprogcheck::model
