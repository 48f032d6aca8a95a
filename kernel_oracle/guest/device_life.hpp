// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "kernel_oracle/guest/devices.hpp"
#include "model/device.hpp"

namespace mprogcheck::guest {

/// The devices of sequences, as they go away, come back and move; and how to have them back as they were. All numbers
/// are those of Devices; results are 0 or a negative errno, as the kernel gives it.
class DeviceLife {
 public:
  DeviceLife() = default;
  DeviceLife(const DeviceLife&) = delete;
  DeviceLife& operator=(const DeviceLife&) = delete;

  /// Makes the other network namespace. `devices` must be all that there will ever be.
  bool open(const Devices& devices);
  [[nodiscard]] bool can_move() const { return away_namespace_ >= 0; }
  /// Tries whether a qdisc can be had.
  bool has_qdisc();
  /// Tries whether a veth pair can be made. Asked before can_be().
  bool has_veth();
  /// Devices can be made so.
  [[nodiscard]] bool can_be(model::DeviceClass made_as) const;

  /// Of a device by an interface index that need not be one's.
  int remove(std::uint32_t ifindex);
  int move(std::uint32_t ifindex, bool home);
  int set_qdisc(std::uint32_t ifindex, model::Qdisc qdisc);
  int make(unsigned n, model::DeviceClass made_as);
  /// A device that is at home is removed and made anew, if it is not like one that is made so.
  int become(unsigned n, model::DeviceClass made_as);
  /// The same as if it were not like it is.
  int renew(unsigned n);

  /// IFLA_INFO_KIND of the device; if it is gone, of what it last was.
  [[nodiscard]] std::string_view kind_of(unsigned n) const { return kind_of(now_[n].made_as); }
  /// How often it has been made anew: another number, another device.
  [[nodiscard]] std::uint32_t generation(unsigned n) const { return generation_[n]; }
  [[nodiscard]] bool exists(unsigned n) const { return now_[n].exists; }
  [[nodiscard]] bool is_away(unsigned n) const { return now_[n].away; }

  /// Every device at home, up if it was, without a qdisc. What cannot be done is told in words; empty: all is well.
  std::string restore();

  /// From now on this thread is in the other namespace, or at home again.
  int enter(bool away) const;

 private:
  struct State {
    model::DeviceClass made_as{};  ///< also of one that is gone
    bool exists = false;
    bool away = false;
    model::Qdisc qdisc = model::Qdisc::none;
  };
  struct Origin {
    std::string name, peer;
    std::uint32_t ifindex = 0, peer_ifindex = 0;
    bool up = false, peer_up = false;
  };
  State* state_of(std::uint32_t ifindex);
  int bring_up(unsigned n);
  [[nodiscard]] std::string_view kind_of(model::DeviceClass made_as) const {
    return made_as.kind == model::DeviceKind::veth ? "veth" : std::string_view(kind_);
  }

  std::string kind_;  ///< of the usual ones
  bool veth_ = false;
  unsigned count_ = 0;
  std::array<Origin, model::Device::count> origin_;
  std::array<State, model::Device::count> now_{};
  std::array<std::uint32_t, model::Device::count> generation_{};
  std::uint8_t changed_ = 0;                       ///< bit N: dN may not be what it was
  int home_ = -1, away_ = -1;                      ///< rtnetlink sockets
  int home_namespace_ = -1, away_namespace_ = -1;  ///< fds
};

}  // namespace mprogcheck::guest
