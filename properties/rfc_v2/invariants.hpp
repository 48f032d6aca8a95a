// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "model/rfc_v2/rfc_v2.hpp"

namespace mprogcheck::properties {

/// One operation in one state, what became of it, and the state after it.
struct RfcV2Step {
  const model::rfc_v2::State& before;
  const model::rfc_v2::Operation& operation;
  const model::rfc_v2::Verdict& verdict;
  const model::rfc_v2::State& after;
};

/// What a user of the design may rely on. It is asked of every step of a kind, and says what it found if it is broken.
struct RfcV2Promise {
  enum class Of : std::uint8_t { successes, refusals, all };
  std::string_view name;
  std::string_view says;
  Of of;
  std::optional<std::string> (*broken_by)(const RfcV2Step& step);
};

/// All of them, in the order of docs/rfc_v2.md.
std::span<const RfcV2Promise> rfc_v2_promises();

/// Those that are asked of a step with such an outcome: a loop over every pair has no time to ask for more.
inline bool is_asked(const RfcV2Promise& promise, bool success) {
  return promise.of == RfcV2Promise::Of::all || (promise.of == RfcV2Promise::Of::successes) == success;
}

}  // namespace mprogcheck::properties
