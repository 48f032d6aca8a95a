// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "model/operation.hpp"

namespace mprogcheck::model {

struct Declarations;
struct Sequence;

using ListIndex = std::uint8_t;
inline constexpr ListIndex no_list = 0xff;
/// So many lists can be looked at in one run.
inline constexpr unsigned list_count = 16;

/// The sites whose lists are looked at in a run, in order of target and hook. A list is known by its place here. Of
/// every other site nothing is spoken: nothing is ever attached there.
class Sites {
 public:
  /// Of hooks that a device can have. False if there is no more room. What denotes no list (a literal, a peer, which is
  /// the primary's business) takes no place.
  constexpr bool add(const Site& site) {
    if (!has_place(site)) return true;
    const Key key = key_of(site.hook, site.target);
    unsigned at = 0;
    while (at < count_ && keys_[at] < key) ++at;
    if (at < count_ && keys_[at] == key) return true;
    if (count_ == list_count) return false;
    for (unsigned n = count_++; n > at; --n) keys_[n] = keys_[n - 1];
    keys_[at] = key;
    return true;
  }
  /// no_list: it is not looked at, or denotes none.
  [[nodiscard]] constexpr ListIndex find(Hook hook, Target target) const {
    if (!has_place({hook, target})) return no_list;
    const Key key = key_of(hook, target);
    for (unsigned n = 0; n < count_; ++n)
      if (keys_[n] == key) return static_cast<ListIndex>(n);
    return no_list;
  }
  [[nodiscard]] constexpr ListIndex find(const Site& site) const { return find(site.hook, site.target); }
  [[nodiscard]] constexpr Site operator[](ListIndex list) const { return {hook(list), target(list)}; }
  [[nodiscard]] constexpr Hook hook(ListIndex list) const { return static_cast<Hook>(keys_[list] % stride); }
  [[nodiscard]] constexpr Target target(ListIndex list) const { return Target::at_place(keys_[list] / stride); }
  [[nodiscard]] constexpr ListIndex size() const { return count_; }
  friend bool operator==(const Sites&, const Sites&) = default;

 private:
  using Key = std::uint16_t;
  static constexpr unsigned stride = 64;
  static_assert(hooks <= stride);
  static constexpr bool has_place(const Site& site) {
    return site.target.place() < Target::places &&
           site.target.is_cgroup() == (target_kind(site.hook) == TargetKind::cgroup);
  }
  static constexpr Key key_of(Hook hook, Target target) {
    return static_cast<Key>(target.place() * stride + static_cast<unsigned>(hook));
  }

  std::array<Key, list_count> keys_{};
  std::uint8_t count_ = 0;
};

/// Every hook of every device.
inline constexpr Sites every_site = [] {
  Sites sites;
  for (std::uint32_t device = 0; device < Target::device_count; ++device)
    for (const HookRow& row : hook_rows) sites.add({row.hook, Target::device(device)});
  return sites;
}();

/// What operations speak of.
struct Spoken {
  Sites sites;
  bool too_many = false;     ///< there was no room for all of them
  std::uint8_t devices = 0;  ///< bit N: dN
  std::uint8_t cgroups = 0;  ///< bit N: cN
  FamilySet families = 0;    ///< of hooks

  void add(const Operation& operation);
  void add(const Spoken& other);
};

/// Those that are spoken of, and as far as there is room their neighbours: every hook of a family that is named, at
/// every device or cgroup that is declared or named, for an edit must not reach further than it says.
Sites sites_of(const Declarations& declarations, Spoken spoken);
Sites sites_of(const Sequence& sequence);

}  // namespace mprogcheck::model
