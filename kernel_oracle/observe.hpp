// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include "kernel_oracle/oracle.hpp"
#include "model/touched.hpp"

namespace mprogcheck {

/// The lists that every oracle queries after a step, in the order of their index. `world` is the model before the step,
/// `edit` what the step does to it.
/// One definition for the wire's encoder, the model oracle and the judge, which calls a Run that lacks one malformed.
inline model::ListSet observed_lists(Depth depth, bool last_step, const model::World& world,
                                     const model::Operation& operation, const model::Edit& edit) {
  return model::visible_lists(world, operation, edit, depth == Depth::deep || last_step);
}

/// Whether a lie can be told at all about this sequence: outcome always; answer where a `query` is answered;
/// permission where a caller
/// without capabilities makes the step; revision and order where the step touches a
/// list; isolation where the last step leaves a list untouched; lifecycle where a link or a mortal program was ever
/// made; passage and fate where the step sends a packet; references where a program is declared, or a link or mortal
/// program is alive at the end. Where it cannot, oracles answer honestly, and a canary planted there proves nothing.
bool lie_applies(const model::Sequence& sequence, Lie lie, std::uint32_t at, model::Quirks quirks = {});

}  // namespace mprogcheck
