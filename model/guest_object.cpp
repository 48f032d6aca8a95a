// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/guest_object.hpp"

namespace mprogcheck::model {

GuestObjectSet guest_objects_of(const Operation& operation) {
  GuestObjectSet set = 0;
  const auto name = [&set](Name given) {
    if (given.slot >= Name::object_begin && given.slot < Name::slots) set |= 1U << given.index();
  };
  const auto argument = [&name](const Argument& given) {
    if (given.named) name(given.name());
  };
  std::visit(
      [&](const auto& call) {
        if constexpr (requires { call.name; }) name(call.name);
        if constexpr (requires { call.program; }) argument(call.program);
        if constexpr (requires { call.relative; }) argument(call.relative);
        if constexpr (requires { call.replace; }) argument(call.replace);
        if constexpr (requires { call.link; }) argument(call.link);
        if constexpr (requires { call.old_program; }) argument(call.old_program);
        if constexpr (requires { call.from; }) argument(call.from);
        if constexpr (requires { call.id; }) argument(call.id);
      },
      operation);
  return set;
}

}  // namespace mprogcheck::model
