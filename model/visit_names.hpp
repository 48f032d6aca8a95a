// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <type_traits>

#include "model/fields.hpp"

namespace mprogcheck::model {

/// Calls visit(Name) for every name that the operation speaks of: the one it binds or closes, and those that stand for
/// file descriptors or ids. Of an operation that is not const, visit(Name&) may change them.
template <either<Operation> AnyOperation, typename Visit>
void visit_names(AnyOperation& operation, Visit visit) {
  fields(operation, [&visit](role::Any /*role*/, auto& field) {
    using Field = std::remove_reference_t<decltype(field)>;
    if constexpr (either<Field, Name>) {
      visit(field);
    } else if constexpr (either<Field, Argument>) {
      if (!field.named) return;
      Name name = field.name();
      visit(name);
      if constexpr (!std::is_const_v<Field>) field = Argument::of(name);
    }
  });
}

}  // namespace mprogcheck::model
