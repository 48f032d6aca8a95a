// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <optional>
#include <vector>

#include "model/rfc_v2/mprog.hpp"

/// The design a second time, as constraints: what a caller may conclude from its words alone. It names the orders that
/// satisfy a request and knows nothing of the order of checks, or of errnos. Where it and the rules of rfc_v2_mprog.hpp
/// come to different results, that is a Surprise, and all surprises have names.
///
/// In every order: a program stands once; what holds FIRST is the first and what holds LAST is the last, for as long as
/// it lives; and the list is not longer than its capacity. What holds neither is ordinary.
namespace mprogcheck::model::rfc_v2::constraints {

using Order = std::vector<Entry>;

/// attach: the old order plus the new entry, which holds what FIRST and LAST ask, such that
///   before R   it directly precedes R;      before nothing   nothing ordinary precedes it;
///   after R    it directly follows R;       after nothing    nothing ordinary follows it;
///   none of BEFORE, AFTER, FIRST, LAST      nothing ordinary follows it.
/// With REPLACE: the old order with the new entry in the place of R's, of the same owner; nothing else of these.
/// Nothing, if no order, or more than one, satisfies the request.
std::optional<Order> attach(const State& state, const Request& request);

/// detach: the old order less one entry of the caller, such that
///   a program given   it is that program's;
///   FIRST, LAST       it holds that place;
///   before R          it directly precedes R;    before nothing   it is the first ordinary one;
///   after R           it directly follows R;     after nothing    it is the last ordinary one;
///   none of these     nothing is asked, and nothing goes.
std::optional<Order> detach(const State& state, const Request& request);

}  // namespace mprogcheck::model::rfc_v2::constraints
