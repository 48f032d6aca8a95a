// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <optional>

#include "model/hooks/mprog.hpp"
#include "model/world.hpp"

namespace mprogcheck::model {

/// What a family of hooks decides: plain functions without state. Each family has a file of its own, and a rule that it
/// does not give does not compile.
///
///   a call ─► capabilities (permission.hpp) ─► attach, detach, create_link, update, query ─► refuses? ─► an edit
///   an edit ─► the list changes ─► keeps? ─► emptied
///   a packet ─► before, nothing or the codes of its programs, after
struct FamilyRules {
  /// Of a device that exists and is at home, or is the peer of one: why it has no such hook. None: it has.
  std::optional<Rule> (&refuses)(const World& world, const Site& site);
  /// Devices that are made so have such hooks.
  bool (&on)(DeviceClass made_as);
  /// Something keeps the hook alive although nothing is attached.
  bool (&keeps)(const World& world, const Site& site);

  Verdict (&attach)(const World& world, const Attach& call);
  Verdict (&detach)(const World& world, const Detach& call);
  Verdict (&create_link)(const World& world, const CreateLink& call);
  /// Of a list that is there, by a call that the kernel knows the flags of.
  Rule (&query)(const World& world, const Query& call, ListIndex at);
  /// Which of a list's entries belong to links, a query tells.
  bool tells_links;
  /// BPF_LINK_UPDATE of a link that stands in the list.
  Rule (&update)(const World& world, ListIndex at, const mprog::UpdateRequest& request);

  /// The last entry went, and nothing keeps the hook: what becomes of the revision.
  void (&emptied)(OrderedList& list);

  /// What a code that the hook does not know makes of a packet. What the others say is the same everywhere.
  Rule unknown_code;
  /// What becomes of a packet where nothing is attached.
  Rule (&nothing)(const World& world, const Site& site);
  /// The hook of the same device that a packet has met before this one, and the one that it meets after it, if it
  /// passes.
  std::optional<Hook> (&before)(Hook hook);
  std::optional<Hook> (&after)(Hook hook);
};

extern const FamilyRules tcx_rules, netkit_rules, cgroup_rules;

inline const FamilyRules& rules_of(Family family) {
  static constexpr std::array<const FamilyRules*, families> all{&tcx_rules, &netkit_rules, &cgroup_rules};
  return *all[static_cast<unsigned>(family)];
}
inline const FamilyRules& rules_of(Hook hook) {
  return rules_of(family_of(hook));
}

}  // namespace mprogcheck::model
