// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Faults of who may do what.
#include <array>

#include "oracle/planted/kit.hpp"

namespace mprogcheck::planted {
namespace {

/// What root would be told.
Verdict as_root(const World& world, const Operation& operation) {
  Operation copy = operation;
  copy.caller = {};
  return world.predict(copy);
}

Verdict query_for_all(const World& world, const Operation& operation, const Verdict& honest) {
  return honest.rule == Rule::query_permission ? as_root(world, operation) : honest;
}

Verdict detach_by_position_for_all(const World& world, const Operation& operation, const Verdict& honest) {
  return honest.rule == Rule::detach_permission ? as_root(world, operation) : honest;
}

Verdict open_by_id_for_all(const World& world, const Operation& operation, const Verdict& honest) {
  return honest.rule == Rule::open_permission ? as_root(world, operation) : honest;
}

Verdict attach_needs_capability(const World&, const Operation& operation, const Verdict& honest) {
  const bool attaches = is<model::Attach>(operation) || is<model::CreateLink>(operation);
  return attaches && !operation.caller.is_root() ? refuse(model::eperm, honest.rule) : honest;
}

Verdict id_looked_up_before_capability(const World& world, const Operation& operation, const Verdict& honest) {
  if (honest.rule != Rule::open_permission) return honest;
  const Verdict other = as_root(world, operation);
  return other.outcome.ok() ? honest : other;
}

/// The check comes too late: the entry is gone, and the caller is told that he may not.
void refused_detach_detaches(World& world, const World&, const Operation& operation, const Verdict& honest) {
  if (honest.rule == Rule::detach_permission) world.commit(as_root(world, operation).edit);
}

constexpr std::array<PlantedFault, 6> faults{{
    {"query_for_all", "a caller without capabilities may query", "permission", make<Decides<query_for_all>>},
    {"detach_by_position_for_all", "a caller without capabilities may detach what he does not hold", "permission",
     make<Decides<detach_by_position_for_all>>},
    {"open_by_id_for_all", "a caller without capabilities may open by id", "permission",
     make<Decides<open_by_id_for_all>>},
    {"attach_needs_capability", "a caller without capabilities may not attach the program that he holds", "permission",
     make<Decides<attach_needs_capability>>},
    {"id_looked_up_before_capability", "a caller without capabilities learns which ids there are", "permission",
     make<Decides<id_looked_up_before_capability>>},
    {"refused_detach_detaches", "a detach that is refused for want of a capability detaches all the same",
     "permission atomic", make<Leaves<refused_detach_detaches>>},
}};

}  // namespace

std::span<const PlantedFault> permission_faults() {
  return faults;
}

}  // namespace mprogcheck::planted
