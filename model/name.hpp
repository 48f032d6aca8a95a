// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>

namespace mprogcheck::model {

/// The name of a handle (a file descriptor a sequence can speak of). Its letter says how it comes to be bound:
///   p  a pool program, declared at the head of the sequence, bound from the start;
///   q  a mortal program, bound by `load`;
///   l  a link, bound by `link`;
///   h  any handle, bound by `dup`, `open` and `get`;
///   f  a filler program, always bound: what `fill` attaches, in order of its number;
///   o  an object of the guest that no list takes, always bound: see guest_object.hpp.
/// Names live in one array of slots, so that a name is also the number of a file descriptor in the guest.
struct Name {
  std::uint8_t slot = 0;

  static constexpr unsigned pool_count = 32;
  static constexpr unsigned mortal_count = 32;
  static constexpr unsigned link_count = 64;
  static constexpr unsigned any_count = 32;
  static constexpr unsigned filler_count = 63;  ///< as many as one list can hold
  static constexpr unsigned object_count = 18;

  static constexpr unsigned mortal_begin = pool_count;
  static constexpr unsigned link_begin = mortal_begin + mortal_count;
  static constexpr unsigned any_begin = link_begin + link_count;
  static constexpr unsigned filler_begin = any_begin + any_count;
  static constexpr unsigned object_begin = filler_begin + filler_count;
  static constexpr unsigned slots = object_begin + object_count;
  static_assert(slots <= 255);

  static constexpr Name pool(unsigned i) { return {static_cast<std::uint8_t>(i)}; }
  static constexpr Name mortal(unsigned i) { return {static_cast<std::uint8_t>(mortal_begin + i)}; }
  static constexpr Name link(unsigned i) { return {static_cast<std::uint8_t>(link_begin + i)}; }
  static constexpr Name any(unsigned i) { return {static_cast<std::uint8_t>(any_begin + i)}; }
  static constexpr Name filler(unsigned i) { return {static_cast<std::uint8_t>(filler_begin + i)}; }
  static constexpr Name object(unsigned i) { return {static_cast<std::uint8_t>(object_begin + i)}; }

  [[nodiscard]] constexpr char letter() const {
    return slot < mortal_begin   ? 'p'
           : slot < link_begin   ? 'q'
           : slot < any_begin    ? 'l'
           : slot < filler_begin ? 'h'
           : slot < object_begin ? 'f'
                                 : 'o';
  }
  /// The number behind the letter.
  [[nodiscard]] constexpr unsigned index() const {
    return slot - (slot < mortal_begin   ? 0
                   : slot < link_begin   ? mortal_begin
                   : slot < any_begin    ? link_begin
                   : slot < filler_begin ? any_begin
                   : slot < object_begin ? filler_begin
                                         : object_begin);
  }
  friend constexpr auto operator<=>(Name, Name) = default;  // NOLINT(modernize-use-nullptr): there is no pointer
};

/// The name of a pin, bN: a file of the BPF file system, no handle.
struct PinName {
  std::uint8_t number = 0;
  static constexpr unsigned count = 16;                           ///< b0 to b15
  friend constexpr auto operator<=>(PinName, PinName) = default;  // NOLINT(modernize-use-nullptr): there is no pointer
};

}  // namespace mprogcheck::model
