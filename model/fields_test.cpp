// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/fields.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "model/arbitrary.hpp"

namespace mprogcheck::model {
namespace {

/// The bytes of numbers do for a fingerprint of any field.
struct Flatten {
  std::vector<std::uint64_t> numbers;
  void operator()(role::Any /*role*/, const Argument& field) {
    numbers.insert(numbers.end(), {field.value, static_cast<std::uint64_t>(field.named)});
  }
  void operator()(role::Any /*role*/, const Revision& field) {
    numbers.insert(numbers.end(), {field.value, static_cast<std::uint64_t>(field.relative)});
  }
  void operator()(role::Any /*role*/, const Site& field) {
    numbers.insert(numbers.end(), {static_cast<std::uint64_t>(field.hook), field.target.value});
  }
  void operator()(role::Any /*role*/, Name field) { numbers.push_back(field.slot); }
  void operator()(role::Any /*role*/, PinName field) { numbers.push_back(field.number); }
  void operator()(role::Any /*role*/, Device field) { numbers.push_back(field.number); }
  void operator()(role::Any /*role*/, Cgroup field) { numbers.push_back(field.number); }
  void operator()(role::Any /*role*/, Caller field) { numbers.push_back(field.number); }
  template <typename Number>
  requires std::is_arithmetic_v<Number> || std::is_enum_v<Number>
  void operator()(role::Any /*role*/, Number field) { numbers.push_back(static_cast<std::uint64_t>(field)); }
};

RC_GTEST_PROP(fields, are_all_that_two_operations_can_differ_in, ()) {
  const auto one = *arbitrary_operation();
  auto other = *rc::gen::oneOf(arbitrary_operation(), rc::gen::just(one));
  if (*rc::gen::arbitrary<bool>()) other.caller = one.caller;
  Flatten of_one, of_other;
  fields(one, of_one);
  fields(other, of_other);
  const bool same = one.index() == other.index() && of_one.numbers == of_other.numbers;
  RC_CLASSIFY(same);
  RC_ASSERT(same == (one == other));
}

RC_GTEST_PROP(fields, say_what_a_relative_is_taken_for, ()) {
  const auto flags = *rc::gen::arbitrary<std::uint32_t>();
  const role::Relative role(flags);
  RC_ASSERT(role.is_id() == ((flags & flag::id) != 0));
  RC_ASSERT(role.kind() == ((flags & flag::link) != 0 ? ObjectKind::link : ObjectKind::program));
}

}  // namespace
}  // namespace mprogcheck::model
