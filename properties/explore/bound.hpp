// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <string>
#include <vector>

#include "model/operation.hpp"
#include "model/sequence.hpp"

namespace mprogcheck::properties {

/// A small world, to be explored whole: one hook of d0, and what its operations may speak of.
struct Bound {
  model::Hook hook{};
  unsigned programs = 3;  ///< p0 to p(N-1), all alike; one more is of another type
  unsigned links = 1;     ///< l0 to l(M-1)
  unsigned fill = 0;      ///< so many fillers are attached from the start
  bool lifetimes =
      false;            ///< and a mortal, a handle more, a pin, and a device that comes and goes: bound_lifetimes.hpp
  bool next_id = true;  ///< a link may be created beside itself: it can be known which id comes next

  static constexpr unsigned most_programs = 8, most_links = 4;
  friend bool operator==(const Bound&, const Bound&) = default;
};

model::Declarations declarations_of(const Bound& bound);
/// What every run begins with: it makes a program and a link that are gone, fills the list, and asks for it once.
std::vector<model::Operation> prelude_of(const Bound& bound);

/// Every operation of the bound: each call with each of its fields over all that the bound has, whether it makes sense
/// or not. In an order that does not change. docs/explore.md has the table.
std::vector<model::Operation> alphabet_of(const Bound& bound);

/// What the bound leaves out, a line each: so that nobody takes its proof for more than it is.
std::vector<std::string> left_out_by(const Bound& bound);

/// "tcx_ingress, 3 programs, 1 link"
std::string text_of(const Bound& bound);

}  // namespace mprogcheck::properties
