// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <type_traits>

#include "model/operation.hpp"

namespace mprogcheck::model {

/// Calls visit(Name) for every name that the operation speaks of: the one it binds or closes, and those that stand for
/// file descriptors or ids. Of an operation that is not const, visit(Name&) may change them.
template <typename AnyOperation, typename Visit>
requires std::is_same_v<std::remove_const_t<AnyOperation>, Operation>
void visit_names(AnyOperation& operation, Visit visit) {
  const auto argument = [&](auto& given) {
    if (!given.named) return;
    Name name = given.name();
    visit(name);
    if constexpr (!std::is_const_v<AnyOperation>) given = Argument::of(name);
  };
  std::visit(
      [&](auto& call) {
        if constexpr (requires { call.name; }) visit(call.name);
        if constexpr (requires { call.program; }) argument(call.program);
        if constexpr (requires { call.relative; }) argument(call.relative);
        if constexpr (requires { call.replace; }) argument(call.replace);
        if constexpr (requires { call.link; }) argument(call.link);
        if constexpr (requires { call.old_program; }) argument(call.old_program);
        if constexpr (requires { call.from; }) argument(call.from);
        if constexpr (requires { call.id; }) argument(call.id);
      },
      operation);
}

}  // namespace mprogcheck::model
