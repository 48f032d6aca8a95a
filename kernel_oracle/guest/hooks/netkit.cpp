// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// netkit: hooks of the driver, one at each end of a pair (drivers/net/netkit.c).
#include "kernel_oracle/guest/hooks/guest_hook.hpp"

namespace mprogcheck::guest {

namespace {

bool on(std::string_view kind) {
  return kind == "netkit";
}

/// netkit_xmit runs what is attached at the end that sends.
Way way(model::Hook hook) {
  return hook == model::Hook::netkit_primary ? Way::out_past_egress : Way::in;
}

/// Both are asked for at the primary, but netkit_link_fill_info tells where it is.
std::uint32_t shown_by_link(model::Hook hook, const Ends& ends) {
  return hook == model::Hook::netkit_primary ? ends.device : ends.peer;
}

}  // namespace

constinit const GuestFamily guest_netkit{
    .on = on, .way = way, .shown_by_link = shown_by_link, .hides_revision = true, .has_static_keys = false};

}  // namespace mprogcheck::guest
