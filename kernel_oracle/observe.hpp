// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include "kernel_oracle/oracle.hpp"
#include "model/touched.hpp"

namespace mprogcheck {

/// The lists that every oracle queries after a step, in the order of their index. `world` is the model before the step.
/// One definition for the wire's encoder, the model oracle and the judge, which calls a Run that lacks one malformed.
inline model::ListSet observed_lists(Depth depth, bool last_step, const model::World& world,
                                     const model::Operation& operation) {
  return depth == Depth::deep || last_step ? model::existing_lists(world) : model::touched_lists(world, operation);
}

/// Whether a lie can be told at all about this sequence: outcome always; revision and order where the step touches a
/// list; isolation where the last step leaves a list untouched; lifecycle where a link or a mortal program was ever
/// made; references where a program is declared, or a link or mortal program is alive at the end. Where it cannot,
/// oracles answer honestly, and a canary planted there proves nothing.
bool lie_applies(const model::Sequence& sequence, Lie lie, std::uint32_t at, model::Quirks quirks = {});

}  // namespace mprogcheck
