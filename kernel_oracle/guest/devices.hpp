// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "model/operation.hpp"

namespace mprogcheck::guest {

/// An interface index that no device has.
inline constexpr std::uint32_t no_device = 0x7fff'fff0;

/// The network devices of the guest: d0 … of a sequence, and one more for the keepers.
struct Devices {
  unsigned count = 0;
  std::array<std::uint32_t, model::Target::device_count> ifindex{};
  std::array<std::uint32_t, model::Target::device_count> peer{};  ///< the other end of each; 0: it has none
  std::uint32_t keeper = 0;                                       ///< 0: there is none
  std::uint32_t sink = 0;                                         ///< where programs redirect to; 0: there is none
  std::uint32_t sink_peer = 0;
  std::string kind;  ///< netkit, veth, dummy or lo
};

/// Makes as many devices as the kernel can: netkit or veth, each with a peer of its own that no sequence can speak of,
/// else dummies, else there is only lo.
Devices make_devices();

}  // namespace mprogcheck::guest
