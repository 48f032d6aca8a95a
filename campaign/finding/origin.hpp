// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <string>

#include "model/quirk.hpp"
#include "oracle/oracle.hpp"

namespace mprogcheck {

/// Where a finding comes from: what is needed to come to it again. What is met on the way of a finding has its origin.
struct Origin {
  std::string start{};                 ///< which campaign or exploration found it: start_id(); empty for neither
  std::string campaign{};              ///< the kernel it asked for, as the user named it
  std::string seed{};                  ///< of the campaign; empty for a replayed file
  std::uint64_t shard = 0, index = 0;  ///< which of its sequences
  model::Traits traits{};              ///< that the model follows
  OracleIdentity kernel{};             ///< that it was found on
};

}  // namespace mprogcheck
