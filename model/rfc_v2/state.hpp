// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "model/ordered_list.hpp"

/// The design of June 2023 (the second version of the patch "bpf: Add generic attach/detach/query API for
/// multi-progs"), in which an entry may hold the first or the last place for as long as it lives. No released kernel
/// has it.
namespace mprogcheck::model::rfc_v2 {

/// The attachment flags of the design, by value: not those that were released.
namespace flag {
inline constexpr std::uint32_t replace = 1U << 2;  ///< BPF_F_REPLACE: the relative is what is to be replaced
inline constexpr std::uint32_t before = 1U << 3;   ///< BPF_F_BEFORE
inline constexpr std::uint32_t after = 1U << 4;    ///< BPF_F_AFTER
inline constexpr std::uint32_t first = 1U << 5;    ///< BPF_F_FIRST: holds the first place while the entry lives
inline constexpr std::uint32_t last = 1U << 6;     ///< BPF_F_LAST: holds the last place while the entry lives
inline constexpr std::uint32_t id = 1U << 7;       ///< BPF_F_ID: the relative is an id, not an fd
inline constexpr std::uint32_t link = 1U << 13;    ///< BPF_F_LINK: the relative is a link, not a program
inline constexpr std::uint32_t ends = first | last;
inline constexpr std::uint32_t neighbour = before | after;
inline constexpr std::uint32_t known = replace | neighbour | ends | id | link;
}  // namespace flag

/// One attachment: a program, the link that owns it, if one does, and which ends it holds.
struct Entry {
  ProgramIndex program = no_program;
  LinkIndex link = no_link;
  std::uint8_t ends = 0;  ///< of flag::ends

  [[nodiscard]] bool is_first() const { return (ends & flag::first) != 0; }
  [[nodiscard]] bool is_last() const { return (ends & flag::last) != 0; }
  friend constexpr auto operator<=>(const Entry&, const Entry&) = default;
};

/// A link, as its name finds it.
struct Link {
  enum class Is : std::uint8_t {
    closed,    ///< the name is free
    attached,  ///< it owns an entry
    defunct,   ///< open, but detached for good
  };
  Is is = Is::closed;
  ProgramIndex program = no_program;  ///< while attached
  std::uint8_t ends = 0;              ///< while attached: what it was created with, and shows in its info
  friend constexpr auto operator<=>(const Link&, const Link&) = default;
};

/// One hook of one device: a small value, trivially copyable. Its size is that of the largest list; `capacity` and
/// `link_names` are the bounds of the world at hand.
struct State {
  static constexpr unsigned largest = 63;  ///< the design's capacity: 64 places, of which one ends the list
  static constexpr unsigned most_links = 4;

  std::uint32_t revision = 1;  ///< 1 where there is no entry object: what one that is made now would have
  std::uint8_t capacity = largest;
  std::uint8_t link_names = most_links;  ///< link descriptors that the process may hold
  bool kept = false;                     ///< a qdisc keeps the entry object while the list is empty
  std::uint8_t count = 0;
  std::array<Link, most_links> links{};
  std::array<Entry, largest> slots{};

  [[nodiscard]] std::span<const Entry> entries() const { return {slots.data(), count}; }
  [[nodiscard]] bool empty() const { return count == 0; }
  [[nodiscard]] bool full() const { return count >= capacity; }
  /// The entry object is there. Without it there is nothing that a detach could look at.
  [[nodiscard]] bool has_entry_object() const { return kept || count != 0; }
  [[nodiscard]] bool first_is_held() const { return count != 0 && slots[0].is_first(); }
  [[nodiscard]] bool last_is_held() const { return count != 0 && slots[count - 1U].is_last(); }
  /// Where the program stands, whoever attached it.
  [[nodiscard]] std::optional<int> find(ProgramIndex program) const {
    for (unsigned i = 0; i < count; ++i)
      if (slots[i].program == program) return static_cast<int>(i);
    return std::nullopt;
  }

  void insert(int position, Entry entry);
  void overwrite(int position, Entry entry) { slots[static_cast<unsigned>(position)] = entry; }
  void remove(int position);
  /// One more; 0 is skipped, for it means "none" in a request.
  void next_revision() {
    if (++revision == 0) revision = 1;
  }

  /// Equal lists, whatever the revision.
  [[nodiscard]] bool same_list(const State& other) const;
  friend bool operator==(const State& a, const State& b);
};

}  // namespace mprogcheck::model::rfc_v2
