// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "oracle/needs.hpp"

#include <bit>

#include "model/guest_object.hpp"
#include "model/language/print.hpp"

namespace mprogcheck {

std::string_view lacking_feature(const OracleIdentity& identity, const model::Operation& operation) {
  const auto lacks = [&identity](std::string_view feature) { return !identity.has(feature); };
  if (const auto site = model::site_of(operation)) {
    const auto feature = model::row_of(model::family_of(site->hook)).feature;
    if (lacks(feature)) return feature;
  }
  const auto needed = [&]() -> std::string_view {
    if (std::holds_alternative<model::SendPacket>(operation)) return feature_run;
    if (std::holds_alternative<model::SetQdisc>(operation)) return feature_qdisc;
    if (model::device_of(operation)) return feature_device;
    if (model::cgroup_of(operation)) return feature_cgroup;
    const bool pins = std::holds_alternative<model::Pin>(operation) || std::holds_alternative<model::Get>(operation) ||
                      std::holds_alternative<model::Unpin>(operation);
    if (pins) return feature_pin;
    return model::names_coming_id(operation) ? feature_next_id : std::string_view();
  }();
  return !needed.empty() && lacks(needed) ? needed : std::string_view();
}

model::FamilySet lacking_families(const OracleIdentity& identity) {
  model::FamilySet lacking = 0;
  for (const model::FamilyRow& row : model::family_rows)
    if (!identity.has(row.feature)) lacking = static_cast<model::FamilySet>(lacking | only(row.family));
  return lacking;
}

model::Traits traits_of(const OracleIdentity& identity) {
  model::Traits traits;
  if (!identity.has(feature_cgroup)) return traits;
  for (unsigned n = 0; n < model::extension_count; ++n)
    if (const auto part = static_cast<model::Extension>(n); !identity.has(model::name_of(part))) traits.lose(part);
  return traits;
}

model::GuestObjectSet lacking_objects(const OracleIdentity& identity) {
  model::GuestObjectSet lacking = 0;
  for (unsigned n = 0; n < model::Name::object_count; ++n)
    if (!identity.has(model::guest_objects[n].name)) lacking |= 1U << n;
  return lacking;
}

Result<void> can_run(const OracleIdentity& identity, std::span<const model::Operation> operations) {
  const model::GuestObjectSet lacking = lacking_objects(identity);
  for (const model::Operation& operation : operations) {
    if (const auto missing = model::guest_objects_of(operation) & lacking; missing != 0)
      return fail(Error::Kind::skipped, "kernel {} lacks the feature \"{}\", which `{}` needs", identity.release,
                  model::guest_objects[static_cast<unsigned>(std::countr_zero(missing))].name, model::print(operation));
    const auto feature = lacking_feature(identity, operation);
    if (feature.empty()) continue;
    return fail(Error::Kind::skipped, "kernel {} lacks the feature \"{}\", which `{}` needs", identity.release, feature,
                model::print(operation));
  }
  return {};
}

Result<void> can_run(const OracleIdentity& identity, const model::Sequence& sequence) {
  for (const model::DeviceClass& made_as : sequence.declarations.made_as) {
    const bool veth = made_as.kind == model::DeviceKind::veth;
    if (made_as == model::DeviceClass() || identity.has(veth ? feature_veth : feature_policy)) continue;
    return fail(Error::Kind::skipped,
                "kernel {} lacks the feature \"{}\", which a device needs that the sequence declares", identity.release,
                veth ? feature_veth : feature_policy);
  }
  return can_run(identity, sequence.operations);
}

}  // namespace mprogcheck
