// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include "model/language/expectation.hpp"
#include "model/language/read.hpp"

namespace mprogcheck::model {

/// Reads what stands behind `=>` of an operation's line.
bool read_expectation(Reader& reader, const Operation& operation, Expectation& out);

}  // namespace mprogcheck::model
