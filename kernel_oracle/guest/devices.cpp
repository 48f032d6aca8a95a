// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/guest/devices.hpp"

#include "kernel_oracle/guest/bpf_world.h"
#include "kernel_oracle/guest/programs.hpp"
#include "kernel_oracle/guest/rtnetlink.h"

namespace mprogcheck::guest {

namespace {

constexpr std::array device_names = {"d0", "d1", "d2", "d3"};
constexpr std::array peer_names = {"d0_peer", "d1_peer", "d2_peer", "d3_peer"};

bool take(Devices& devices, const char* name) {
  devices.ifindex[devices.count] = if_nametoindex(name);
  if (devices.ifindex[devices.count] == 0) return false;
  ++devices.count;
  return true;
}

bool make_pairs(int netlink, Devices& devices, const char* kind) {
  // Each with a peer of its own: a device that is removed takes its peer along.
  for (std::size_t n = 0; n < device_names.size(); ++n) {
    if (mpc_make_device(netlink, kind, device_names[n], 0, peer_names[n], 0, nullptr) < 0 ||
        !take(devices, device_names[n]))
      break;
    devices.peer[n] = if_nametoindex(peer_names[n]);
  }
  if (devices.count == 0) return false;
  if (mpc_make_device(netlink, kind, "keeper", 0, "keeper_peer", 0, nullptr) == 0)
    devices.keeper = if_nametoindex("keeper");
  if (mpc_make_device(netlink, kind, "sink", 0, "sink_peer", 0, nullptr) == 0) {
    devices.sink = if_nametoindex("sink");
    devices.sink_peer = if_nametoindex("sink_peer");
  }
  devices.kind = kind;
  return true;
}

bool make_dummies(int netlink, Devices& devices) {
  for (const char* name : device_names)
    if (mpc_make_device(netlink, "dummy", name, 0, nullptr, 0, nullptr) < 0 || !take(devices, name)) break;
  if (devices.count == 0) return false;
  if (mpc_make_device(netlink, "dummy", "keeper", 0, nullptr, 0, nullptr) == 0)
    devices.keeper = if_nametoindex("keeper");
  devices.kind = "dummy";
  return true;
}

}  // namespace

Devices make_devices() {
  // Devices that come up must find no reason to send: neighbour discovery would run programs too.
  mpc_write_file("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1");
  mpc_write_file("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
  Devices devices;
  const int netlink = mpc_open_netlink();
  const bool made =
      make_pairs(netlink, devices, "netkit") || make_pairs(netlink, devices, "veth") || make_dummies(netlink, devices);
  if (netlink >= 0) ::close(netlink);
  if (made) return devices;
  take(devices, "lo");
  devices.kind = "lo";
  return devices;
}

}  // namespace mprogcheck::guest
