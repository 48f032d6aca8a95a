// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/world.hpp"

namespace mprogcheck::properties {

/// What is let go: a mortal program, or a link in one of the states in which it can be.
enum class Held : std::uint8_t {
  program,
  link,           ///< attached
  detached_link,  ///< by `detach_link`
  defunct_link,   ///< its device was removed
};

/// By whom it is held.
enum class Holder : std::uint8_t {
  handle,         ///< bound by `load` or `link`
  dup,            ///< the same open file
  opened,         ///< by id
  got,            ///< from a pin
  pin,            ///<
  entry,          ///< a program: attached by a program's call
  entry_again,    ///< the same of one that was attached before, and is once more
  both_entries,   ///< in both directions of one device
  link,           ///< a program: by a link in one of its states
  detached_link,  ///<
  defunct_link,   ///<
};

/// How the holder goes, or what must not make it go.
enum class Way : std::uint8_t {
  close,
  rebind,  ///< the name is bound anew
  unpin,
  detach,       ///< the program is given
  detach_at,    ///< by position
  replace,      ///<
  update,       ///< of the link that holds it
  detach_link,  ///<
  remove,       ///< the device
  move,         ///< the device, to the other network namespace
  home,         ///< and back
  qdisc,        ///< that kept the hook goes
};

/// Something held by one holder alone, and what happened to it: only then does it show whether the holder let go.
struct Departure {
  Held held;
  Holder holder;
  Way way;
  bool dies;  ///< false: the holder has to stay, and what it holds with it
  friend constexpr auto operator<=>(const Departure&, const Departure&) = default;
};
std::string to_string(const Departure& departure);

/// Every one that there is: each holder with each way that it can go, and with each that it must survive. A program is
/// named by a handle where it is detached or replaced: there its entry is the last holder but one, and it dies by the
/// handle.
std::vector<Departure> all_departures();

/// Follows one sequence, and tells what departs.
class DepartureWatch {
 public:
  explicit DepartureWatch(const model::Declarations& declarations) : world_(declarations) {}

  /// What the next operation of the sequence does. By the specification.
  std::vector<Departure> take(const model::Operation& operation);

 private:
  void depart(model::ObjectKind kind, std::uint8_t object, Holder holder, Way way);
  void depart_file(model::Name name, Way way);
  void depart_list(model::ListIndex list, Way way);
  void depart_program_of(model::LinkIndex index, Way way);
  void remember(const model::Operation& operation, const model::Edit& edit);
  [[nodiscard]] bool is_bound_to(model::Name name, const model::Edit& edit) const;
  [[nodiscard]] bool is_mortal_held(model::ProgramIndex program, unsigned times) const;
  [[nodiscard]] Holder entry_of(model::ProgramIndex program) const;

  struct Departing {
    Departure departure;
    model::ObjectKind kind;
    std::uint8_t object;
  };
  model::World world_;
  std::array<Holder, model::Name::slots> came_by_{};           ///< by name
  std::array<bool, model::link_table> defunct_{};              ///< by link
  std::array<std::uint8_t, model::program_table> attached_{};  ///< by program: how often a program's call did
  std::vector<Departing> departing_;
  std::array<std::optional<Departure>, model::program_table> named_{};  ///< by program, until its handle goes
};

}  // namespace mprogcheck::properties
