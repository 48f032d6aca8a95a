// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <string>
#include <string_view>

#include "properties/judge/judge.hpp"

namespace mprogcheck::properties {

/// What one defect has in common with itself, of a line that the kernel or the guest says about it: no time stamp, each
/// number and address as #, and no place inside a function.
std::string without_numbers(std::string_view line);

/// How the answer of a query, or what a packet met, differs: one word for Fingerprint::how, empty if there is no such
/// difference. Of an answer, which of its parts: "count+entries", "revision+beyond_attr". Of a packet, what became of
/// the programs that it should have met: "missing", "extra", "permuted" or "others".
std::string how_it_differs(const Divergence& divergence);

}  // namespace mprogcheck::properties
