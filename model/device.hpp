// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>

namespace mprogcheck::model {

/// dN: one of the network devices that a sequence can speak of. Not every one need exist.
struct Device {
  std::uint8_t number = 0;
  static constexpr unsigned count = 4;                          ///< d0 to d3
  friend constexpr auto operator<=>(Device, Device) = default;  // NOLINT(modernize-use-nullptr): there is no pointer
};

/// What a device is made as.
enum class DeviceKind : std::uint8_t {
  usual,  ///< one end of a netkit pair, where the kernel has netkit; elsewhere of a veth pair
  veth,   ///< one end of a veth pair
};
inline constexpr unsigned device_kinds = 2;

/// What a netkit device does with a packet while nothing is attached (IFLA_NETKIT_POLICY).
enum class Policy : std::uint8_t { pass, drop };
inline constexpr unsigned policies = 2;

/// How a device is declared.
struct DeviceClass {
  DeviceKind kind = DeviceKind::usual;
  Policy policy = Policy::pass;       ///< of what it sends
  Policy peer_policy = Policy::pass;  ///< of what its peer sends
  friend constexpr auto operator<=>(const DeviceClass&, const DeviceClass&) = default;
};

/// The queueing discipline at a device's ingress, if there is one. It keeps the hooks that it serves even where nothing
/// is attached (net/sched/sch_ingress.c).
enum class Qdisc : std::uint8_t {
  none,
  ingress,  ///< keeps tcx_ingress
  clsact,   ///< keeps tcx_ingress and tcx_egress
};
inline constexpr unsigned qdiscs = 3;

/// RTM_DELLINK.
struct RemoveDevice {
  Device device{};
  friend constexpr auto operator<=>(const RemoveDevice&, const RemoveDevice&) = default;
};

/// RTM_NEWLINK of a device that is gone, by its old name and interface index. Where a device of that name is away, it
/// is asked there.
struct MakeDevice {
  Device device{};
  friend constexpr auto operator<=>(const MakeDevice&, const MakeDevice&) = default;
};

/// RTM_NEWLINK with IFLA_NET_NS_FD: to the other network namespace, asked from home, or back, asked from there.
struct MoveDevice {
  Device device{};
  bool home = false;
  friend constexpr auto operator<=>(const MoveDevice&, const MoveDevice&) = default;
};

/// RTM_NEWQDISC that creates or replaces; for `none` RTM_DELQDISC.
struct SetQdisc {
  Device device{};
  Qdisc qdisc = Qdisc::none;
  friend constexpr auto operator<=>(const SetQdisc&, const SetQdisc&) = default;
};

}  // namespace mprogcheck::model
