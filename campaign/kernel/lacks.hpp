// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include "oracle/needs.hpp"
#include "properties/generate/swarm.hpp"

namespace mprogcheck {

/// What sequences must do without on that kernel: whoever makes some asks here, or it makes what cannot be run.
inline properties::Lacks lacks_of(const OracleIdentity& kernel) {
  return {.devices = !kernel.has(feature_device),
          .qdiscs = !kernel.has(feature_qdisc),
          .pins = !kernel.has(feature_pin),
          .packets = !kernel.has(feature_run),
          .objects = lacking_objects(kernel),
          .next_id = !kernel.has(feature_next_id),
          .families = lacking_families(kernel),
          .kinds = !kernel.has(feature_veth)};
}

/// What either has to do without.
inline properties::Lacks both(const properties::Lacks& one, const properties::Lacks& other) {
  return {.devices = one.devices || other.devices,
          .qdiscs = one.qdiscs || other.qdiscs,
          .pins = one.pins || other.pins,
          .packets = one.packets || other.packets,
          .objects = one.objects | other.objects,
          .next_id = one.next_id || other.next_id,
          .families = static_cast<model::FamilySet>(one.families | other.families),
          .kinds = one.kinds || other.kinds};
}

}  // namespace mprogcheck
