// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>

#include "model/sequence.hpp"

namespace mprogcheck::properties {

/// A number that is the same for equal sequences on every machine: what a test of determinism compares, and what two
/// runs can print to show that they asked the same.
std::uint64_t digest_of(const model::Sequence& sequence);

}  // namespace mprogcheck::properties
