// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// netkit: a list for each end of a pair of network devices, both asked for at the primary (drivers/net/netkit.c).
#include "model/hooks/family.hpp"

namespace mprogcheck::model {

namespace {

bool on(DeviceClass made_as) {
  return made_as.kind == DeviceKind::usual;
}

/// netkit_dev_fetch. That the kind is looked at first shows at the peer of another pair.
std::optional<Rule> refuses(const World& world, const Site& site) {
  const Device device{static_cast<std::uint8_t>(site.target.number())};
  if (!on(world.device(device).made_as)) return Rule::netkit_not_a_netkit;
  return site.target.is_peer() ? std::optional(Rule::netkit_peer_index) : std::nullopt;
}

/// netkit_prog_detach: an empty list is no entry, although the device keeps its memory.
bool keeps(const World&, const Site&) {
  return false;
}

/// The list is a part of the device, and its revision goes on as long as that is there. But netkit_prog_query asks for
/// no list where nothing is attached, and kernel/bpf/mprog.c: bpf_mprog_query says 1 then.
void emptied(OrderedList& list) {
  list.hidden = list.revision;
  list.revision = 1;
}

/// The policy is for a list without programs: one that says next overrides it.
Rule nothing(const World& world, const Site& site) {
  const DeviceClass made_as = world.device({static_cast<std::uint8_t>(site.target.value)}).made_as;
  const Policy policy = site.hook == Hook::netkit_primary ? made_as.policy : made_as.peer_policy;
  return policy == Policy::drop ? Rule::run_policy : Rule::run_nothing;
}

std::optional<Hook> before(Hook) {
  return std::nullopt;
}
std::optional<Hook> after(Hook hook) {
  return hook == Hook::netkit_peer ? std::optional(Hook::tcx_ingress) : std::nullopt;
}

}  // namespace

// A code that is unknown (netkit_xmit: neither next, pass nor redirect) drops the packet.
constinit const FamilyRules netkit_rules{.refuses = refuses,
                                         .on = on,
                                         .keeps = keeps,
                                         .attach = mprog::attach,
                                         .detach = mprog::detach,
                                         .create_link = mprog::create_link,
                                         .query = mprog::query,
                                         .tells_links = true,
                                         .update = mprog::update,
                                         .emptied = emptied,
                                         .unknown_code = Rule::run_unknown_drops,
                                         .nothing = nothing,
                                         .before = before,
                                         .after = after};

}  // namespace mprogcheck::model
