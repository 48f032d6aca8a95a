// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/guest/devices.hpp"

#include "kernel_oracle/guest/bpf_world.h"
#include "kernel_oracle/guest/programs.hpp"

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

bool make_pairs(Devices& devices, const char* kind) {
  // Each with a peer of its own: a device that is removed takes its peer along.
  for (std::size_t n = 0; n < device_names.size(); ++n) {
    if (mpc_add_device(kind, device_names[n], peer_names[n]) < 0 || !take(devices, device_names[n])) break;
    devices.peer[n] = if_nametoindex(peer_names[n]);
  }
  if (devices.count == 0) return false;
  if (mpc_add_device(kind, "keeper", "keeper_peer") == 0) devices.keeper = if_nametoindex("keeper");
  if (mpc_add_device(kind, "sink", "sink_peer") == 0) {
    devices.sink = if_nametoindex("sink");
    devices.sink_peer = if_nametoindex("sink_peer");
  }
  devices.kind = kind;
  return true;
}

bool make_dummies(Devices& devices) {
  for (const char* name : device_names)
    if (mpc_add_device("dummy", name, nullptr) < 0 || !take(devices, name)) break;
  if (devices.count == 0) return false;
  if (mpc_add_device("dummy", "keeper", nullptr) == 0) devices.keeper = if_nametoindex("keeper");
  devices.kind = "dummy";
  return true;
}

}  // namespace

Devices make_devices() {
  // Devices that come up must find no reason to send: neighbour discovery would run programs too.
  mpc_write_file("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1");
  mpc_write_file("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
  Devices devices;
  if (make_pairs(devices, "netkit") || make_pairs(devices, "veth") || make_dummies(devices)) return devices;
  take(devices, "lo");
  devices.kind = "lo";
  return devices;
}

}  // namespace mprogcheck::guest
