// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <string>

#include "kernel_oracle/guest/bpf_world.h"
#include "kernel_oracle/guest/devices.hpp"
#include "kernel_oracle/guest/syscalls.hpp"
#include "model/operation.hpp"
#include "model/passage.hpp"

namespace mprogcheck::guest {

/// Sends packets through hooks and watches what they meet and what becomes of them. Programs write to a map that lies
/// in this memory too; so do the filters of two sockets, one that sees what comes in before the ingress hook and one
/// that sees what is left behind it. Neither keeps a packet.
///
/// What comes in at a device is sent by its peer, past the peer's egress (PACKET_QDISC_BYPASS); behind the hook is the
/// device itself. What goes out is sent by the device; behind the hook is its peer. What is redirected comes out at the
/// sink's peer. Some packets meet two hooks: see model/passage.hpp.
class Traffic {
 public:
  /// Brings the devices up and tries each way once. Empty, or why no packet can be sent here: then stamp() still makes
  /// programs that load.
  std::string open(const Devices& devices);
  [[nodiscard]] bool works() const { return works_; }

  /// What a program is to be loaded with.
  [[nodiscard]] mpc_stamp stamp(std::uint32_t identity) const { return {map_, identity, sink_}; }

  struct Sent {
    int error = 0;  ///< errno, if nothing was sent
    model::Fate fate = model::Fate::none;
  };
  /// `device` is the number of the one with that ifindex; no_device_number for one that does not exist.
  Sent send(Syscalls& calls, model::Hook hook, unsigned device, std::uint32_t ifindex);
  static constexpr unsigned no_device_number = ~0U;

  /// Of the last packet: how many programs it met, and the identity of the nth. At most mpc_most_stamps are kept.
  [[nodiscard]] std::uint32_t met() const { return map()->ran; }
  [[nodiscard]] std::uint32_t identity(std::uint32_t nth) const { return map()->stamps[nth]; }

 private:
  enum Kind : std::uint8_t { probe = 1, marker = 2 };
  int watch(bool before) const;
  int transmit(Syscalls& calls, int socket, std::uint32_t ifindex, Kind kind);
  [[nodiscard]] unsigned seen(std::uint32_t ifindex, Kind kind) const;
  [[nodiscard]] bool has_arrived(std::uint32_t ifindex) const;
  model::Fate fate_of_incoming(Syscalls& calls, unsigned device, bool refused);
  model::Fate fate_of_outgoing(unsigned device, bool refused);
  [[nodiscard]] volatile mpc_traffic* map() const { return traffic_; }

  const Devices* devices_ = nullptr;
  volatile mpc_traffic* traffic_ = nullptr;
  int map_ = -1;
  int sender_ = -1, direct_ = -1;  ///< through the device's egress, and past it
  std::uint32_t sink_ = 0;
  std::uint32_t nonce_ = 0;
  bool works_ = false;
};

}  // namespace mprogcheck::guest
