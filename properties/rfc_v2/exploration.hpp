// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "properties/rfc_v2/machine.hpp"

namespace mprogcheck::properties {

/// A promise that a rule breaks, with a shortest sequence to it, the operation that breaks it last.
struct RfcV2Broken {
  std::string_view promise;  ///< RfcV2Promise::name
  model::rfc_v2::Rule rule{};
  std::vector<std::string> sequence;  ///< as model::rfc_v2::print() has it
  std::string found;
};

/// What a walk over a whole bounded world found.
struct RfcV2Exploration {
  bool complete = false;
  bool stopped = false;  ///< it is not complete, for it was told to end
  std::uint64_t states = 0;
  std::uint64_t looked_into = 0;  ///< states of which every operation was asked for
  std::uint64_t operations = 0;
  std::uint64_t pairs = 0;
  std::uint64_t transitions = 0;  ///< pairs that change the state
  unsigned depth = 0;             ///< of the farthest state
  unsigned longest = 0;           ///< entries of the longest list
  /// How often each rule decided, by call.
  std::array<std::array<std::uint64_t, model::rfc_v2::rule_count>, model::rfc_v2::call_count> decided{};
  /// One for each promise and rule that breaks it: the order of the promises, then of the rules.
  std::vector<RfcV2Broken> broken;

  [[nodiscard]] std::uint64_t decided_by(model::rfc_v2::Rule rule) const;
};

inline constexpr std::uint32_t most_rfc_v2_states = 10'000'000;

/// Every operation in every state that the operations reach, with every promise asked of every step. At most
/// `max_states` states. When `stop` is set it ends soon, with what there is.
RfcV2Exploration explore(const RfcV2Machine& machine, std::uint32_t max_states = most_rfc_v2_states,
                         const std::atomic<bool>* stop = nullptr);

}  // namespace mprogcheck::properties
