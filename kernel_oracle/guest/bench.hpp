// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <span>

#include "kernel_oracle/guest/sequence_runner.hpp"
#include "kernel_oracle/wire.hpp"

namespace mprogcheck::guest {

/// Measures the floor, which is the jobs' system calls prebuilt and made in a tight loop, against the checked path.
/// Both make the same calls with the same outcomes, reset included. False if a job cannot be run.
bool measure(SequenceRunner& runner, std::span<const wire::JobRecord> jobs, wire::Bench& bench);

}  // namespace mprogcheck::guest
