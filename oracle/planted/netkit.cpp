// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Faults of netkit alone: of its two hooks that stand at one device, its hidden revision, and its policy.
#include <array>
#include <vector>

#include "oracle/planted/kit.hpp"

namespace mprogcheck::planted {
namespace {

using model::Family;
using model::Fate;
using model::Hook;
using model::ListIndex;
using model::ProgramIndex;
using model::Site;
using model::Target;

using Programs = std::vector<ProgramIndex>;

bool is_netkit(const Site& site) {
  return model::family_of(site.hook) == Family::netkit;
}

/// The operation, said of another site.
Verdict at(const World& world, const Operation& operation, const Site& site) {
  Operation there = operation;
  std::visit(
      [&site](auto& call) {
        if constexpr (requires { call.site; }) call.site = site;
      },
      static_cast<model::AnyCall&>(there));
  return world.predict(there);
}

void forgets_revision(World& world, const World&, const Operation&, const Verdict&) {
  for (unsigned n = 0; n < model::list_count; ++n) world.mutable_list(static_cast<ListIndex>(n)).hidden = 0;
}

void tells_hidden_revision(World& world, const World&, const Operation&, const Verdict&) {
  for (unsigned n = 0; n < model::list_count; ++n) {
    model::OrderedList& list = world.mutable_list(static_cast<ListIndex>(n));
    if (list.hidden == 0) continue;
    list.revision = list.hidden;
    list.hidden = 0;
  }
}

/// The index of the peer does as well as the primary's.
Verdict takes_peer_index(const World& world, const Operation& operation, const Verdict& honest) {
  if (honest.rule != Rule::netkit_peer_index) return honest;
  const Site site = *model::site_of(operation);
  const auto device = site.target.number();
  return world.is_at_home(device) ? at(world, operation, {site.hook, Target::device(device)}) : honest;
}

Verdict no_netkit_is_no_device(const World&, const Operation&, const Verdict& honest) {
  return honest.rule == Rule::netkit_not_a_netkit ? refuse(model::enodev, Rule::attach_no_device) : honest;
}

/// Both hooks are one.
Verdict hooks_are_one(const World& world, const Operation& operation, const Verdict& honest) {
  const auto site = model::site_of(operation);
  if (!site || site->hook != Hook::netkit_peer || is<model::SendPacket>(operation)) return honest;
  return at(world, operation, {Hook::netkit_primary, site->target});
}

/// A device that moves loses what is attached to its pair.
void moved_device_lets_go(World& world, const World& before, const Operation&, const Verdict& honest) {
  if (honest.rule != Rule::move_done) return;
  for (const Hook hook : {Hook::netkit_primary, Hook::netkit_peer}) {
    const ListIndex list = world.sites().find(hook, Target::device(honest.edit.device.number));
    while (list != model::no_list && !world.list(list).empty()) {
      const model::Entry entry = world.list(list).slots[0];
      if (entry.link == model::no_link)
        world.commit({.kind = Edit::Kind::remove, .list = list, .position = 0, .program = entry.program});
      else
        world.commit({.kind = Edit::Kind::detach_link, .list = list, .link = entry.link});
    }
  }
  static_cast<void>(before);
}

template <void (*way)(const World&, const Site&, Programs&, Fate&)>
struct Runs final : Misbehaviour {
  void ran(const World& world, const Site& site, Programs& programs, Fate& fate) override {
    way(world, site, programs, fate);
  }
};

/// What the specification would say if the devices were made as `change` makes them.
template <typename Change>
void as_if(const World& world, const Site& site, Programs& programs, Fate& fate, Change change) {
  World other = world;
  for (unsigned n = 0; n < model::Device::count; ++n) {
    const model::Device device{static_cast<std::uint8_t>(n)};
    change(other, device, other.mutable_device(device).made_as);
  }
  const model::Passage passage = model::passage(other, site);
  programs.assign(passage.ran().begin(), passage.ran().end());
  fate = model::fate_of(passage.rule);
}

void ignores_policy(const World& world, const Site& site, Programs& programs, Fate& fate) {
  as_if(world, site, programs, fate, [](const World&, model::Device, model::DeviceClass& made_as) {
    made_as.policy = made_as.peer_policy = model::Policy::pass;
  });
}

void policies_are_swapped(const World& world, const Site& site, Programs& programs, Fate& fate) {
  as_if(world, site, programs, fate, [](const World&, model::Device, model::DeviceClass& made_as) {
    std::swap(made_as.policy, made_as.peer_policy);
  });
}

/// The policy has the last word, although programs ran.
void policy_overrides_next(const World& world, const Site& site, Programs& programs, Fate& fate) {
  const model::DeviceClass made_as = world.device({static_cast<std::uint8_t>(site.target.value)}).made_as;
  const bool drops = site.hook == Hook::netkit_peer ? made_as.peer_policy == model::Policy::drop
                                                    : made_as.policy == model::Policy::drop;
  if (!is_netkit(site) || !drops || programs.empty()) return;
  if (world.program(programs.back()).returns == model::Returns::next) fate = Fate::dropped;
}

void unknown_code_passes(const World& world, const Site& site, Programs& programs, Fate& fate) {
  if (!is_netkit(site) || programs.empty()) return;
  if (world.program(programs.back()).returns == model::Returns::unknown) fate = Fate::passed;
}

/// What comes in has not met the peer's programs.
void peer_is_passed_by(const World& world, const Site& site, Programs& programs, Fate& fate) {
  if (site.hook != Hook::tcx_ingress) return;
  World other = world;
  const auto device = site.target.value;
  if (const ListIndex peer = world.sites().find(Hook::netkit_peer, site.target); peer != model::no_list)
    other.mutable_list(peer) = {};
  other.mutable_device({static_cast<std::uint8_t>(device)}).made_as.peer_policy = model::Policy::pass;
  const model::Passage passage = model::passage(other, site);
  programs.assign(passage.ran().begin(), passage.ran().end());
  fate = model::fate_of(passage.rule);
}

constexpr std::array<PlantedFault, 11> faults{{
    {"netkit_revision_starts_again", "a netkit list that becomes empty starts again at revision 1", "revision outcome",
     make<Leaves<forgets_revision>>},
    {"netkit_tells_hidden_revision", "a query of an empty netkit list tells the revision that goes on", "revision",
     make<Leaves<tells_hidden_revision>>},
    {"netkit_takes_peer_index", "the interface index of the peer does as well as the primary's",
     "outcome isolation order revision lifecycle", make<Decides<takes_peer_index>>},
    {"netkit_other_device_absent", "a device that is no netkit counts as none", "outcome",
     make<Decides<no_netkit_is_no_device>>},
    {"netkit_hooks_are_one", "what is asked of the peer's hook is done at the primary's",
     "isolation outcome order revision lifecycle atomic ownership capacity query", make<Decides<hooks_are_one>>},
    {"netkit_moved_lets_go", "a device that moves loses what is attached to its pair", "lifecycle revision",
     make<Leaves<moved_device_lets_go>>},
    {"netkit_policy_ignored", "a netkit device without programs passes whatever its policy is", "order",
     make<Runs<ignores_policy>>},
    {"netkit_policies_swapped", "the policy of a pair's one end is taken for the other's", "order",
     make<Runs<policies_are_swapped>>},
    {"netkit_policy_overrides_next", "the policy drops what all programs said next to", "order",
     make<Runs<policy_overrides_next>>},
    {"netkit_unknown_passes", "netkit passes what a code says that it does not know", "order",
     make<Runs<unknown_code_passes>>},
    {"netkit_peer_passed_by", "what comes in at a device has not met the programs of its peer", "order",
     make<Runs<peer_is_passed_by>>},
}};

}  // namespace

std::span<const PlantedFault> netkit_faults() {
  return faults;
}

}  // namespace mprogcheck::planted
