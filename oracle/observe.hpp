// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <optional>

#include "model/query.hpp"
#include "model/touched.hpp"
#include "oracle/oracle.hpp"

namespace mprogcheck {

/// What a query is answered by that does as it promises. The entries are the answer's.
ListView view_of_answer(model::ListIndex list, model::Outcome outcome, const model::Answer& answer);

/// The lists that every oracle queries after a step, in the order of their index. `world` is the model before the step,
/// `edit` what the step does to it.
/// One definition for the wire's encoder, the model oracle and the judge, which calls a Run that lacks one malformed.
inline model::ListSet observed_lists(Depth depth, bool last_step, const model::World& world,
                                     const model::Operation& operation, const model::Edit& edit) {
  return model::visible_lists(world, operation, edit, depth == Depth::deep || last_step);
}

/// Whether a lie can be told at all about this sequence, so that it breaks its property. outcome always; answer where a
/// `query` is answered; permission where a caller without capabilities makes the step, if it is no update; revision and
/// order where the step touches a list; isolation where the last step leaves a list untouched; lifecycle where a link
/// or a mortal program was ever made; passage and fate where the step sends a packet; references where a program is
/// declared, or a link or mortal program is alive at the end; ownership where a program's call leaves the entry of a
/// link where it was; capacity where a list is touched, or was full; atomic where the step fails and touches a list;
/// first_last where it inserts at an end of a list that is not empty; no_splat and leak always. Where it cannot,
/// oracles answer honestly, and a canary planted there proves nothing.
///
/// What it is about: ownership: the link. capacity: 1 if the attach to a full list is to succeed, else 0. first_last: 0
/// for the first entry, 1 for the last. All else: 0.
std::optional<std::uint8_t> lie_about(const model::Sequence& sequence, Lie lie, std::uint32_t at,
                                      model::Traits traits = {});
inline bool lie_applies(const model::Sequence& sequence, Lie lie, std::uint32_t at, model::Traits traits = {}) {
  return lie_about(sequence, lie, at, traits).has_value();
}

}  // namespace mprogcheck
