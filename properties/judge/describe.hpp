// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <string>

#include "properties/judge/judge.hpp"

namespace mprogcheck::properties {

/// What a finding shows to a human: the properties broken, the sequence up to the step, the rule that the model used,
/// and both sides next to each other. Plain text, lines of up to 120 columns, ends with a newline.
std::string describe(const model::Sequence& sequence, const Divergence& divergence, model::Traits traits = {});

/// "revision 3: p0, l0(p3), f7": a list of the world by the names of what is in it.
std::string describe(const model::World& world, const model::OrderedList& list);
/// "ran p0 p2 (drop); packet dropped": what a packet met, and what became of it.
std::string describe(const model::World& world, model::Fate fate, std::span<const model::ProgramIndex> ran);

/// The links and programs of a step that differ, both sides next to each other; empty if none does.
std::string describe_objects(const model::World& before, const model::World& after, const Divergence& divergence);

/// "order: attach tcx_ingress@d0 p1 before fd(p0): expected ok, observed -EEXIST": one line without newline.
std::string summary(const Divergence& divergence);

}  // namespace mprogcheck::properties
