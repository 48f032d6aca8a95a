// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/guest/traffic.hpp"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sched.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>

#include "kernel_oracle/guest/clock.hpp"
#include "kernel_oracle/guest/hooks/guest_hook.hpp"
#include "kernel_oracle/guest/programs.hpp"
#include "kernel_oracle/guest/rtnetlink.h"

namespace mprogcheck::guest {

using model::Fate;

namespace {

/// A packet may wait for a worker of the kernel (ksoftirqd): it gets so long, in nanoseconds.
constexpr std::uint64_t patience = 1'000'000'000;

int packet_socket(int protocol) {
  const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, protocol);
  return fd < 0 ? -errno : out_of_the_way(fd);
}

}  // namespace

/// A socket of all devices whose filter takes note. It begins to receive when it is bound.
int Traffic::watch(bool before) const {
  struct bpf_insn insns[mpc_watching_most];
  union bpf_attr attr;
  mpc_load_attr(&attr, static_cast<unsigned>(model::ProgramType::socket_filter), insns,
                mpc_watching_body(insns, map_, before ? 1 : 0));
  const int program = mpc_bpf(BPF_PROG_LOAD, &attr, MPC_LOAD_SIZE);
  if (program < 0) return program;
  const int fd = packet_socket(0);
  if (fd < 0) return fd;
  const int attached = setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, &program, sizeof program);
  ::close(program);  // the socket holds it
  const int yes = 1;
  sockaddr_ll any{};
  any.sll_family = AF_PACKET;
  any.sll_protocol = htons(before ? ETH_P_ALL : mpc_ethertype);
  if (attached < 0 || (before && setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof yes) < 0) ||
      bind(fd, reinterpret_cast<const sockaddr*>(&any), sizeof any) < 0)
    return -errno;
  return 0;
}

std::string Traffic::open(const Devices& devices) {
  devices_ = &devices;
  if (devices.sink_peer == 0 || devices.peer[0] == 0) return "devices of kind " + devices.kind + " have no peer";
  const auto failed = [](const char* what, int error) { return std::string(what) + ": " + std::strerror(-error); };
  map_ = mpc_make_traffic_map();
  if (map_ < 0) return failed("the traffic map", map_);
  map_ = out_of_the_way(map_);
  if (map_ < 0) return failed("the traffic map", map_);
  void* const memory = mmap(nullptr, sizeof(mpc_traffic), PROT_READ | PROT_WRITE, MAP_SHARED, map_, 0);
  if (memory == MAP_FAILED) return failed("mmap of the traffic map", -errno);
  traffic_ = static_cast<volatile mpc_traffic*>(memory);
  sink_ = devices.sink;

  sender_ = packet_socket(0);
  direct_ = packet_socket(0);
  const int yes = 1;
  if (sender_ < 0 || direct_ < 0 || setsockopt(direct_, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof yes) < 0)
    return failed("a packet socket", -errno);
  for (const bool before : {true, false})
    if (const int error = watch(before); error < 0) return failed("a watching socket", error);

  // The peer first: the device finds its carrier when it comes up, and is ready at once.
  const int netlink = mpc_open_netlink();
  int up = netlink;
  const auto bring_up = [&](std::uint32_t ifindex) {
    if (up >= 0) up = mpc_set_up(netlink, ifindex);
  };
  bring_up(devices.sink_peer);
  bring_up(devices.sink);
  for (unsigned n = 0; n < devices.count; ++n) {
    bring_up(devices.peer[n]);
    bring_up(devices.ifindex[n]);
  }
  if (netlink >= 0) ::close(netlink);
  if (up < 0) return failed("bringing the devices up", up);
  // What is put into a processor's backlog is taken out on the same one, before the sender goes on.
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<unsigned>(sched_getcpu()), &one);
  sched_setaffinity(0, sizeof one, &one);
  Syscalls calls;
  for (unsigned n = 0; n < devices.count; ++n)
    for (const model::HookRow& row : model::hook_rows)
      if (guest_family(row.family).on(devices.kind) &&
          send(calls, row.hook, n, devices.ifindex[n]).fate != Fate::passed)
        return "a packet to " + std::string(row.name) + " of d" + std::to_string(n) + " is not seen";
  works_ = true;
  return {};
}

int Traffic::transmit(Syscalls& calls, int socket, std::uint32_t ifindex, Kind kind) {
  return calls.send(socket, ifindex, kind, &traffic_->nonce);
}

unsigned Traffic::seen(std::uint32_t ifindex, Kind kind) const {
  const std::uint32_t wanted = ifindex | static_cast<std::uint32_t>(kind) << 24;
  const std::uint32_t count = std::min(std::uint32_t{map()->seen}, std::uint32_t{mpc_most_sightings});
  unsigned times = 0;
  for (std::uint32_t i = 0; i < count; ++i) times += map()->sightings[i] == wanted;
  return times;
}

bool Traffic::has_arrived(std::uint32_t ifindex) const {
  const std::uint32_t wanted = ifindex | static_cast<std::uint32_t>(probe) << 24;
  const std::uint32_t count = std::min(std::uint32_t{map()->arrived}, std::uint32_t{mpc_most_sightings});
  for (std::uint32_t i = 0; i < count; ++i)
    if (map()->arrivals[i] == wanted) return true;
  return false;
}

/// What the peer's driver drops is refused to the sender, and never arrives; what it redirects does not arrive either.
/// Seen before the ingress hook, the packet has been through it: both is one turn of the kernel (net/core/dev.c:
/// __netif_receive_skb_core). Only a redirected one may still be under way, and a marker that is sent after it comes
/// after it.
Fate Traffic::fate_of_incoming(Syscalls& calls, unsigned device, bool refused) {
  const std::uint32_t here = devices_->ifindex[device];
  const auto is_seen = [&] { return seen(here, probe) != 0 || seen(devices_->sink_peer, probe) != 0; };
  if (!refused && !await(patience, [&] { return has_arrived(here) || is_seen(); })) return Fate::lost;
  if (!refused && !is_seen()) {
    if (transmit(calls, direct_, devices_->sink, marker) != 0) return Fate::lost;
    if (!await(patience, [&] { return seen(devices_->sink_peer, marker) != 0; })) return Fate::lost;
  }
  const unsigned passed = seen(here, probe), redirected = seen(devices_->sink_peer, probe);
  if (passed + redirected > 1) return Fate::multiplied;
  return passed != 0 ? Fate::passed : redirected != 0 ? Fate::redirected : Fate::dropped;
}

/// A packet that a hook drops is refused to the sender (net/core/dev.c: sch_handle_egress; drivers/net/netkit.c:
/// netkit_xmit), and that is the proof that it was. One that was taken comes out somewhere, or is lost: that it is not
/// seen does not prove a drop.
Fate Traffic::fate_of_outgoing(unsigned device, bool refused) {
  const std::uint32_t there = devices_->peer[device];
  const auto times = [&] { return seen(there, probe) + seen(devices_->sink_peer, probe); };
  if (!refused && !await(patience, [&] { return times() != 0; })) return Fate::lost;
  if (times() > 1) return Fate::multiplied;
  return seen(there, probe) != 0 ? Fate::passed : times() != 0 ? Fate::redirected : Fate::dropped;
}

Traffic::Sent Traffic::send(Syscalls& calls, model::Hook hook, unsigned device, std::uint32_t ifindex) {
  ++nonce_;
  map()->nonce = nonce_;
  map()->nonce_loaded = ntohl(nonce_);
  map()->ran = 0;
  map()->arrived = 0;
  map()->seen = 0;
  const Way way = guest_family(model::family_of(hook)).way(hook);
  const bool comes_in = way == Way::in && device != no_device_number;
  const int error =
      transmit(calls, way == Way::out ? sender_ : direct_, comes_in ? devices_->peer[device] : ifindex, probe);
  const bool refused = error == ENOBUFS;
  if (device == no_device_number || (error != 0 && !refused)) return {error, Fate::none};
  return {0, comes_in ? fate_of_incoming(calls, device, refused) : fate_of_outgoing(device, refused)};
}

}  // namespace mprogcheck::guest
