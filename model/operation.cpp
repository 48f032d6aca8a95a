// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/operation.hpp"

#include "model/fields.hpp"
#include "model/language/words.hpp"

namespace mprogcheck::model {

namespace {

/// The field of that type, if the call has one.
template <typename Wanted>
std::optional<Wanted> field_of(const Operation& operation) {
  std::optional<Wanted> found;
  fields(operation, [&found](role::Any /*role*/, const auto& field) {
    if constexpr (std::is_same_v<decltype(field), const Wanted&>) found = field;
  });
  return found;
}

struct ComingId {
  bool named = false;
  void operator()(role::Any /*role*/, const auto& /*field*/) {}
  void operator()(role::Id /*role*/, const Argument& id) { named = id == Argument::literal(coming_id); }
  void operator()(role::Relative role, const Argument& relative) {
    named = role.is_id() && relative == Argument::literal(coming_id);
  }
};

}  // namespace

std::string_view call_name(const Operation& operation) {
  return word_of(call_names, operation.index());
}

std::optional<Device> device_of(const Operation& operation) {
  return field_of<Device>(operation);
}

std::optional<Cgroup> cgroup_of(const Operation& operation) {
  return field_of<Cgroup>(operation);
}

bool names_coming_id(const Operation& operation) {
  ComingId coming;
  fields(operation, coming);
  return coming.named;
}

std::optional<Site> site_of(const Operation& operation) {
  return field_of<Site>(operation);
}

}  // namespace mprogcheck::model
