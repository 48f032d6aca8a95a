// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>

#include "kernel_oracle/oracle.hpp"
#include "kernel_oracle/wire.hpp"

namespace mprogcheck {

/// Reads one run. An unchanged list refers to the entries of its earlier view. False if the bytes are no run; `run` is
/// then whatever it is, and the reader is of no more use.
bool decode_run(wire::Reader& reader, std::uint32_t& number, Run& run);

}  // namespace mprogcheck
