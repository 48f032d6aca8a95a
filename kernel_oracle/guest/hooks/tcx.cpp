// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// tcx: hooks that every network device has (kernel/bpf/tcx.c).
#include "kernel_oracle/guest/hooks/guest_hook.hpp"

namespace mprogcheck::guest {

namespace {

bool on(std::string_view) {
  return true;
}

Way way(model::Hook hook) {
  return hook == model::Hook::tcx_ingress ? Way::in : Way::out;
}

std::uint32_t shown_by_link(model::Hook, const Ends& ends) {
  return ends.device;
}

}  // namespace

constinit const GuestFamily guest_tcx{
    .on = on, .way = way, .shown_by_link = shown_by_link, .hides_revision = false, .has_static_keys = true};

}  // namespace mprogcheck::guest
