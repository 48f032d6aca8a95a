// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// cgroup: hooks that every cgroup has (kernel/bpf/cgroup.c). They have to do with no device.
#include "kernel_oracle/guest/hooks/guest_hook.hpp"

namespace mprogcheck::guest {

namespace {

bool on(std::string_view) {
  return false;
}
Way way(model::Hook) {
  return Way::out;
}
std::uint32_t shown_by_link(model::Hook, const Ends& ends) {
  return ends.device;
}

}  // namespace

constinit const GuestFamily guest_cgroup{
    .on = on, .way = way, .shown_by_link = shown_by_link, .hides_revision = false, .has_static_keys = false};

}  // namespace mprogcheck::guest
