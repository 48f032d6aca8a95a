// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/guest_object.hpp"

#include "model/visit_names.hpp"

namespace mprogcheck::model {

GuestObjectSet guest_objects_of(const Operation& operation) {
  GuestObjectSet set = 0;
  visit_names(operation, [&set](Name name) {
    if (name.slot >= Name::object_begin && name.slot < Name::slots) set |= 1U << name.index();
  });
  return set;
}

}  // namespace mprogcheck::model
