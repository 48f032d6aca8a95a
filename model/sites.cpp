// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/sites.hpp"

#include "model/sequence.hpp"

namespace mprogcheck::model {

void Spoken::add(const Operation& operation) {
  const auto speak_of = [this](Target target) {
    const std::uint32_t n = target.number();
    if (target.is_cgroup() && n < Cgroup::count)
      cgroups = static_cast<std::uint8_t>(cgroups | 1U << n);
    else if (!target.is_cgroup() && n < Target::device_count)
      devices = static_cast<std::uint8_t>(devices | 1U << n);
  };
  if (const auto device = device_of(operation)) speak_of(Target::device(device->number));
  if (const auto cgroup = cgroup_of(operation)) speak_of(Target::cgroup(cgroup->number));
  const auto site = site_of(operation);
  if (!site || static_cast<unsigned>(site->hook) >= hooks) return;
  families = static_cast<FamilySet>(families | only(family_of(site->hook)));
  if (!site->target.is_literal()) speak_of(site->target);
  too_many = !sites.add(*site) || too_many;
}

void Spoken::add(const Spoken& other) {
  devices = static_cast<std::uint8_t>(devices | other.devices);
  cgroups = static_cast<std::uint8_t>(cgroups | other.cgroups);
  too_many = too_many || other.too_many;
  families = static_cast<FamilySet>(families | other.families);
  for (ListIndex list = 0; list < other.sites.size(); ++list) too_many = !sites.add(other.sites[list]) || too_many;
}

Sites sites_of(const Declarations& declarations, Spoken spoken) {
  const unsigned devices = declarations.devices | spoken.devices, cgroups = declarations.cgroups | spoken.cgroups;
  const unsigned targets = devices | cgroups << Target::device_count;
  for (unsigned place = 0; place < Target::places; ++place)
    for (const HookRow& row : hook_rows)
      if ((targets >> place & 1U) != 0 && (spoken.families & only(row.family)) != 0)
        spoken.sites.add({row.hook, Target::at_place(place)});
  return spoken.sites;
}

Sites sites_of(const Sequence& sequence) {
  Spoken spoken;
  for (const Operation& operation : sequence.operations) spoken.add(operation);
  return sites_of(sequence.declarations, spoken);
}

}  // namespace mprogcheck::model
