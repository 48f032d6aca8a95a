// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>

#include "kernel_oracle/wire.hpp"
#include "oracle/oracle.hpp"

namespace mprogcheck {

/// Appends a job as the wire has it. The model goes along, to tell the agent which lists to look at after each step and
/// which table slot a new link or program takes.
/// Its alphabet goes its own way: the agent must have it before the job.
void encode_job(const Job& job, std::uint32_t number, wire::Buffer& out);

/// Appends the frames of an alphabet.
void encode_alphabet(const Alphabet& alphabet, wire::Buffer& out);

}  // namespace mprogcheck
