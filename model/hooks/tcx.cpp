// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// tcx: a list for each direction of any network device (kernel/bpf/tcx.c).
#include "model/hooks/family.hpp"

namespace mprogcheck::model {

namespace {

std::optional<Rule> refuses(const World&, const Site&) {
  return std::nullopt;  // every network device has both
}

bool on(DeviceClass) {
  return true;
}

/// net/sched/sch_ingress.c: clsact_init, ingress_init. A qdisc holds the entry of each direction that it serves.
bool keeps(const World& world, const Site& site) {
  const Qdisc qdisc = world.device({static_cast<std::uint8_t>(site.target.value)}).qdisc;
  return site.hook == Hook::tcx_ingress ? qdisc != Qdisc::none : qdisc == Qdisc::clsact;
}

/// tcx_entry_free: the hook is freed with its last entry, and the next attach makes a new one.
void emptied(OrderedList& list) {
  list.revision = 1;
}

Rule nothing(const World&, const Site&) {
  return Rule::run_nothing;
}

/// What comes in at a netkit device has left its peer, and what goes out leaves by itself (drivers/net/netkit.c:
/// netkit_xmit).
std::optional<Hook> before(Hook hook) {
  return hook == Hook::tcx_ingress ? std::optional(Hook::netkit_peer) : std::nullopt;
}
std::optional<Hook> after(Hook hook) {
  return hook == Hook::tcx_egress ? std::optional(Hook::netkit_primary) : std::nullopt;
}

}  // namespace

// A code that is unknown (include/net/tcx.h: tcx_action_code) ends the chain, and then counts as next.
constinit const FamilyRules tcx_rules{.refuses = refuses,
                                      .on = on,
                                      .keeps = keeps,
                                      .attach = mprog::attach,
                                      .detach = mprog::detach,
                                      .create_link = mprog::create_link,
                                      .query = mprog::query,
                                      .tells_links = true,
                                      .update = mprog::update,
                                      .emptied = emptied,
                                      .unknown_code = Rule::run_unknown,
                                      .nothing = nothing,
                                      .before = before,
                                      .after = after};

}  // namespace mprogcheck::model
