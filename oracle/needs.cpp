// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "oracle/needs.hpp"

#include <bit>

#include "model/guest_object.hpp"
#include "model/language/print.hpp"

namespace mprogcheck {

std::string_view needed_feature(const model::Operation& operation) {
  if (std::holds_alternative<model::SendPacket>(operation)) return feature_run;
  if (std::holds_alternative<model::SetQdisc>(operation)) return feature_qdisc;
  if (model::device_of(operation)) return feature_device;
  const bool pins = std::holds_alternative<model::Pin>(operation) || std::holds_alternative<model::Get>(operation) ||
                    std::holds_alternative<model::Unpin>(operation);
  if (pins) return feature_pin;
  return model::names_coming_id(operation) ? feature_next_id : std::string_view();
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
    const auto feature = needed_feature(operation);
    if (feature.empty() || identity.has(feature)) continue;
    return fail(Error::Kind::skipped, "kernel {} lacks the feature \"{}\", which `{}` needs", identity.release, feature,
                model::print(operation));
  }
  return {};
}

}  // namespace mprogcheck
