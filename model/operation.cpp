// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/operation.hpp"

#include "model/language/words.hpp"

namespace mprogcheck::model {

std::string_view call_name(const Operation& operation) {
  return word_of(call_names, operation.index());
}

std::optional<Device> device_of(const Operation& operation) {
  return std::visit(
      [](const auto& call) -> std::optional<Device> {
        if constexpr (requires { call.device; }) {
          return call.device;
        } else {
          return std::nullopt;
        }
      },
      operation);
}

bool names_coming_id(const Operation& operation) {
  return std::visit(
      [](const auto& call) {
        if constexpr (requires { call.relative; })
          return (call.flags & flag::id) != 0 && call.relative == Argument::literal(coming_id);
        else if constexpr (requires { call.id; })
          return call.id == Argument::literal(coming_id);
        else
          return false;
      },
      static_cast<const AnyCall&>(operation));
}

std::optional<Site> site_of(const Operation& operation) {
  return std::visit(
      [](const auto& call) -> std::optional<Site> {
        if constexpr (requires { call.site; }) {
          return call.site;
        } else {
          return std::nullopt;
        }
      },
      operation);
}

}  // namespace mprogcheck::model
