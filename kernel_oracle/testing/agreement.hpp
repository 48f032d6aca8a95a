// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <string>
#include <vector>

#include "oracle/oracle.hpp"

namespace mprogcheck::testing {

/// Hand-made sequences, of cases/ and of what is no case: between them every call, outcomes good and bad, objects that
/// die, names that are bound anew. All but the last leave something behind for the reset. `quirks`: those of the kernel
/// that runs them (quirks_of_kernel).
std::vector<Job> hand_made(Depth depth, model::Traits traits);
/// The same of devices, qdiscs and pins: for oracles that have those features.
std::vector<Job> hand_made_lifetimes(Depth depth, model::Traits traits);

/// Whether released kernels die of it, or do what is known and avoided: a relative that is a link without a program, an
/// update of a link beside what is marked PREORDER.
bool kills(const Job& job);

/// Empty if the run is what the model says, step by step; else the first thing that is not.
std::string difference(const Job& job, const Run& run);

}  // namespace mprogcheck::testing
