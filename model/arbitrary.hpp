// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

// For tests only: include <gtest/gtest.h> first, then this.
#include <rapidcheck/gtest.h>

#include <ostream>

#include "model/language/print.hpp"
#include "model/sequence.hpp"

namespace mprogcheck::model {

// Any valid sequence at all, likely to mean something or not: what must hold of every sequence is tested with these.
// They know nothing of a world's state; the generators of properties/ do.

/// Any valid operation; all calls are equally likely.
rc::Gen<Operation> arbitrary_operation();
/// Any valid sequence.
rc::Gen<Sequence> arbitrary_sequence();

// A failing test shows sequences in their own language. RapidCheck and GoogleTest give the names.
// NOLINTBEGIN(readability-identifier-naming)
inline void showValue(const Operation& operation, std::ostream& out) {
  out << print(operation);
}
inline void showValue(const Sequence& sequence, std::ostream& out) {
  out << '\n' << print(sequence);
}
inline void PrintTo(const Operation& operation, std::ostream* out) {
  *out << print(operation);
}
inline void PrintTo(const Sequence& sequence, std::ostream* out) {
  *out << '\n' << print(sequence);
}
// NOLINTEND(readability-identifier-naming)

}  // namespace mprogcheck::model
