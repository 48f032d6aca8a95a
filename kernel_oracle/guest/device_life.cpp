// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/guest/device_life.hpp"

#include <sched.h>
#include <sys/ioctl.h>

#include <cstdio>
#include <tuple>

#include "kernel_oracle/guest/programs.hpp"
#include "kernel_oracle/guest/rtnetlink.h"

namespace mprogcheck::guest {

namespace {

bool is_up(const std::string& name) {
  ifreq request{};
  std::snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name.c_str());
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const bool up = ::ioctl(fd, SIOCGIFFLAGS, &request) >= 0 && (request.ifr_flags & IFF_UP) != 0;
  ::close(fd);
  return up;
}

int own_namespace() {
  const int fd = ::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  return fd < 0 ? fd : out_of_the_way(fd);
}

}  // namespace

bool DeviceLife::open(const Devices& devices) {
  kind_ = devices.kind;
  if (kind_ == "lo" || devices.count < model::Device::count) return false;  // lo can neither go nor move
  count_ = devices.count;
  for (unsigned n = 0; n < count_; ++n) {
    Origin& origin = origin_[n];
    char name[IF_NAMESIZE];
    origin.ifindex = devices.ifindex[n];
    if (if_indextoname(origin.ifindex, name) == nullptr) return false;
    origin.name = name;
    origin.up = is_up(origin.name);
    origin.peer_ifindex = devices.peer[n];
    if (origin.peer_ifindex != 0) {
      if (if_indextoname(origin.peer_ifindex, name) == nullptr) return false;
      origin.peer = name;
      origin.peer_up = is_up(origin.peer);
    }
    now_[n] = {.exists = true};
  }
  home_namespace_ = own_namespace();
  home_ = out_of_the_way(mpc_open_netlink());
  if (home_namespace_ < 0 || home_ < 0 || ::unshare(CLONE_NEWNET) < 0) return false;
  mpc_write_file("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
  const int other = own_namespace();
  away_ = out_of_the_way(mpc_open_netlink());
  if (enter(false) < 0 || other < 0 || away_ < 0) return false;
  away_namespace_ = other;
  return true;
}

int DeviceLife::enter(bool away) const {
  return ::setns(away ? away_namespace_ : home_namespace_, CLONE_NEWNET) < 0 ? -errno : 0;
}

bool DeviceLife::has_qdisc() {
  return count_ != 0 && mpc_set_qdisc(home_, origin_[0].ifindex, "clsact") == 0 &&
         mpc_set_qdisc(home_, origin_[0].ifindex, nullptr) == 0;
}

bool DeviceLife::has_veth() {
  veth_ = can_move() && mpc_make_device(home_, "veth", "trial", 0, "trial_peer", 0, nullptr) == 0 &&
          mpc_remove_device(home_, if_nametoindex("trial")) == 0;
  return veth_;
}

bool DeviceLife::can_be(model::DeviceClass made_as) const {
  const model::DeviceClass without_policies{.kind = made_as.kind};
  if (made_as == model::DeviceClass()) return true;  // as they are
  if (!can_move() || (made_as != without_policies && kind_of(made_as) != "netkit")) return false;
  return made_as.kind != model::DeviceKind::veth || (veth_ && origin_[0].peer_ifindex != 0);
}

DeviceLife::State* DeviceLife::state_of(std::uint32_t ifindex) {
  for (unsigned n = 0; n < count_; ++n) {
    if (origin_[n].ifindex != ifindex) continue;
    changed_ = static_cast<std::uint8_t>(changed_ | 1U << n);
    return &now_[n];
  }
  return nullptr;
}

int DeviceLife::remove(std::uint32_t ifindex) {
  const int result = mpc_remove_device(home_, ifindex);
  if (State* const state = state_of(ifindex); state != nullptr && result == 0) *state = {.made_as = state->made_as};
  return result;
}

int DeviceLife::make(unsigned n, model::DeviceClass made_as) {
  const auto action = [](model::Policy policy) {
    return static_cast<std::uint32_t>(policy == model::Policy::drop ? NETKIT_DROP : NETKIT_PASS);
  };
  const mpc_policies policies{.device = action(made_as.policy), .peer = action(made_as.peer_policy)};
  const std::string kind(kind_of(made_as));
  const Origin& origin = origin_[n];
  state_of(origin.ifindex);
  const int result = mpc_make_device(now_[n].away ? away_ : home_, kind.c_str(), origin.name.c_str(), origin.ifindex,
                                     origin.peer.empty() ? nullptr : origin.peer.c_str(), origin.peer_ifindex,
                                     kind == "netkit" ? &policies : nullptr);
  if (result < 0) return result;
  now_[n] = {.made_as = made_as, .exists = true};
  ++generation_[n];
  return bring_up(n);
}

int DeviceLife::become(unsigned n, model::DeviceClass made_as) {
  const auto what = [this](model::DeviceClass made) {
    return std::tuple(kind_of(made), made.policy, made.peer_policy);
  };
  if (what(now_[n].made_as) == what(made_as)) return 0;
  const int result = remove(origin_[n].ifindex);
  return result < 0 ? result : make(n, made_as);
}

int DeviceLife::renew(unsigned n) {
  const int result = remove(origin_[n].ifindex);
  return result < 0 ? result : make(n, now_[n].made_as);
}

int DeviceLife::bring_up(unsigned n) {
  // The peer first: the device finds its carrier when it comes up.
  int result = 0;
  if (origin_[n].peer_up) result = mpc_set_up(home_, origin_[n].peer_ifindex);
  if (result == 0 && origin_[n].up) result = mpc_set_up(home_, origin_[n].ifindex);
  return result;
}

int DeviceLife::move(std::uint32_t ifindex, bool home) {
  const int result = mpc_move_device(home ? away_ : home_, ifindex, home ? home_namespace_ : away_namespace_);
  State* const state = state_of(ifindex);
  if (state == nullptr || result < 0) return result;
  *state = {.made_as = state->made_as, .exists = true, .away = !home};
  return home ? bring_up(static_cast<unsigned>(state - now_.data())) : 0;
}

int DeviceLife::set_qdisc(std::uint32_t ifindex, model::Qdisc qdisc) {
  static constexpr std::array<const char*, model::qdiscs> kinds = {nullptr, "ingress", "clsact"};
  const int result = mpc_set_qdisc(home_, ifindex, kinds[static_cast<unsigned>(qdisc)]);
  if (State* const state = state_of(ifindex); state != nullptr && result == 0) state->qdisc = qdisc;
  return result;
}

std::string DeviceLife::restore() {
  for (unsigned n = 0; changed_ != 0 && n < count_; ++n) {
    if ((changed_ >> n & 1U) == 0) continue;
    const Origin& origin = origin_[n];
    if (now_[n].away && move(origin.ifindex, true) < 0) return origin.name + " cannot be brought home";
    if (!now_[n].exists && make(n, now_[n].made_as) < 0) return origin.name + " cannot be made anew";
    if (now_[n].qdisc != model::Qdisc::none && set_qdisc(origin.ifindex, model::Qdisc::none) < 0)
      return origin.name + " keeps its qdisc";
    if (if_nametoindex(origin.name.c_str()) != origin.ifindex) return origin.name + " is not what it was";
  }
  changed_ = 0;
  return {};
}

}  // namespace mprogcheck::guest
