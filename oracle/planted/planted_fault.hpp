// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "base/result.hpp"
#include "oracle/model_oracle.hpp"

namespace mprogcheck {

/// A bug that a kernel could have, planted around the model: `--kernel model:NAME`. The specification knows none of
/// them.
struct PlantedFault {
  std::string_view name;
  std::string_view says;    ///< one line: what it does
  std::string_view breaks;  ///< names of the properties that a finding of it may blame first, separated by spaces
  std::unique_ptr<Misbehaviour> (*make)();
};

/// All of them, in order of name.
std::span<const PlantedFault> planted_faults();
const PlantedFault* planted_fault(std::string_view name);
/// The model oracle with the fault of that name; a usage error that lists the names if there is none.
/// Without `counts` it cannot tell how often anything is held.
Result<std::unique_ptr<Oracle>> make_faulty_oracle(std::string_view name, bool counts = true);

}  // namespace mprogcheck
