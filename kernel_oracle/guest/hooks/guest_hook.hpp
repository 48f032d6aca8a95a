// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "model/hooks/hook.hpp"

namespace mprogcheck::guest {

/// How a packet is sent that is to come to a hook.
enum class Way : std::uint8_t {
  in,              ///< by the device's peer, past the peer's egress: it comes in at the device
  out,             ///< by the device
  out_past_egress  ///< by the device, past its egress: what its driver is given
};

/// The two ends of a pair, by their interface indices.
struct Ends {
  std::uint32_t device = 0, peer = 0;
};

/// What a family of hooks is to the guest, beside what its rows say (model/hooks/hook.hpp).
struct GuestFamily {
  /// A device of that kind (IFLA_INFO_KIND) has its hooks.
  bool (&on)(std::string_view kind);
  Way (&way)(model::Hook hook);
  /// The interface index that the info of a link shows.
  std::uint32_t (&shown_by_link)(model::Hook hook, const Ends& ends);
  /// An empty list has a revision that no query tells, and it lives as long as the device.
  bool hides_revision = false;
  /// What is done for the first and the last program of the whole system is dear.
  bool has_static_keys = false;
};

extern const GuestFamily guest_tcx, guest_netkit, guest_cgroup;

inline const GuestFamily& guest_family(model::Family family) {
  static constexpr std::array<const GuestFamily*, model::families> all{&guest_tcx, &guest_netkit, &guest_cgroup};
  return *all[static_cast<unsigned>(family)];
}
inline const GuestFamily& guest_family(model::Hook hook) {
  return guest_family(model::family_of(hook));
}
inline const GuestFamily& guest_family(unsigned hook) {
  return guest_family(static_cast<model::Hook>(hook));
}

/// Tries whether each of the family's hooks can be asked for at the device.
bool can_be_asked(model::Family family, std::uint32_t ifindex);

}  // namespace mprogcheck::guest
