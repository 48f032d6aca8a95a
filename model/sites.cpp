// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/sites.hpp"

#include "model/sequence.hpp"

namespace mprogcheck::model {

void Spoken::add(const Operation& operation) {
  const auto speak_of = [this](std::uint32_t device) {
    if (device < Target::device_count) devices = static_cast<std::uint8_t>(devices | 1U << device);
  };
  if (const auto device = device_of(operation)) speak_of(device->number);
  const auto site = site_of(operation);
  if (!site || static_cast<unsigned>(site->hook) >= hooks) return;
  families = static_cast<FamilySet>(families | only(family_of(site->hook)));
  if (!site->target.is_literal()) speak_of(site->target.number());
  sites.add(*site);
}

void Spoken::add(const Spoken& other) {
  devices = static_cast<std::uint8_t>(devices | other.devices);
  families = static_cast<FamilySet>(families | other.families);
  for (ListIndex list = 0; list < other.sites.size(); ++list) sites.add(other.sites[list]);
}

Sites sites_of(const Declarations& declarations, Spoken spoken) {
  const unsigned devices = declarations.devices | spoken.devices;
  for (std::uint32_t device = 0; device < Target::device_count; ++device)
    for (const HookRow& row : hook_rows)
      if ((devices >> device & 1U) != 0 && (spoken.families & only(row.family)) != 0)
        spoken.sites.add({row.hook, Target::device(device)});
  return spoken.sites;
}

Sites sites_of(const Sequence& sequence) {
  Spoken spoken;
  for (const Operation& operation : sequence.operations) spoken.add(operation);
  return sites_of(sequence.declarations, spoken);
}

}  // namespace mprogcheck::model
