// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <optional>

#include "model/hooks/mprog.hpp"
#include "model/ordered_list.hpp"

/// The ordered list a second time, as constraints: what a caller may conclude from the words alone. It names the orders
/// that satisfy a request and knows nothing of slots, of the order of checks, or of errnos. Where it and the rules of
/// mprog.hpp come to different results, that is a Surprise, and all surprises have names.
namespace mprogcheck::model::constraints {

/// attach: the old order plus the new entry (or, with replace, with the new entry in the place of the old one), such
/// that
///   before R   the new entry directly precedes R;      before nothing   it is the first;
///   after R    the new entry directly follows R;       after nothing    it is the last;
///   neither    it is the last (replace: it stays where the old one was).
/// Nothing, if no order, or more than one, satisfies the request.
std::optional<OrderedList> attach(const OrderedList& list, const mprog::Request& request);

/// detach: the old order less one entry of the caller, such that
///   a program given   it is that program's;
///   before R          it directly precedes R;          before nothing   it is the first;
///   after R           it directly follows R;           after nothing    it is the last;
///   none of these     it is the last.
std::optional<OrderedList> detach(const OrderedList& list, const mprog::Request& request);

}  // namespace mprogcheck::model::constraints
