// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/rfc_v2/state.hpp"

namespace mprogcheck::model::rfc_v2 {

/// The calls of the design that change a list. Queries are not among them.
enum class Call : std::uint8_t { attach, detach, link_create, link_update, link_detach, link_close };
inline constexpr unsigned call_count = 6;
std::string_view name_of(Call call);

/// What the number in an argument denotes, read as a file descriptor or, where ID says so, as an id. Numbers of
/// programs and of links are never the same.
struct Object {
  enum class Kind : std::uint8_t {
    zero,           ///< 0: an open file that is no BPF object; no object has it as id
    negative,       ///< -1
    closed,         ///< a positive number: an fd that is not open, an id that no object has
    program,        ///< program `index` of the hook's type
    link,           ///< the name of link `index`; if that is free, like `closed`
    other_program,  ///< a program of another type
    other_link,     ///< a link of a type that can be neither updated nor detached; its program has another type
    other_kind,     ///< neither program nor link: a map, a socket
  };
  Kind kind = Kind::zero;
  std::uint8_t index = 0;

  static constexpr Object zero() { return {}; }
  static constexpr Object program(ProgramIndex n) { return {Kind::program, n}; }
  static constexpr Object link(LinkIndex n) { return {Kind::link, n}; }
  static constexpr Object of(Kind kind) { return {kind, 0}; }
  [[nodiscard]] constexpr bool is_zero() const { return kind == Kind::zero; }
  friend constexpr auto operator<=>(Object, Object) = default;
};

/// expected_revision, in relation to what a query would show.
enum class Expect : std::uint8_t {
  none,   ///< 0
  now,    ///< what a query shows; 1 where there is no entry object
  stale,  ///< another number
};

/// One call with all its fields, sensible or not.
///
///     attach       program flags relative expect device      the relative is also what REPLACE replaces: one field
///     detach       program flags relative expect device
///     link_create  program flags relative expect device      takes the lowest free name of a link
///     link_update  link program flags old
///     link_detach  link
///     link_close   link
struct Operation {
  Call call = Call::attach;
  Expect expect = Expect::none;
  bool device = true;  ///< false: target_ifindex names no interface
  Object link{};
  Object program{};
  Object relative{};
  Object old{};
  std::uint32_t flags = 0;
  friend constexpr auto operator<=>(const Operation&, const Operation&) = default;
};

/// The operation in the words of the sequence language (docs/language.md), with `first` and `last` besides, and without
/// the hook: "attach p1 first before fd(p0)". A link that is created has no name in it.
std::string print(const Operation& operation);

}  // namespace mprogcheck::model::rfc_v2
