// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "model/operation.hpp"
#include "model/sites.hpp"
#include "oracle/lie.hpp"
#include "oracle/trial_set.hpp"

namespace mprogcheck {

/// The operations that trials choose from: sent to a guest once, and kept there. At most trial_set::most_operations.
class Alphabet {
 public:
  explicit Alphabet(std::vector<model::Operation> operations)
      : operations_(std::move(operations)), number_(next_number()) {
    for (const model::Operation& operation : operations_) {
      callers_ |= 1U << operation.caller.number;
      spoken_.add(operation);
    }
  }

  [[nodiscard]] std::span<const model::Operation> operations() const { return operations_; }
  [[nodiscard]] std::size_t size() const { return operations_.size(); }
  /// Bit N: an operation is of model::Caller N.
  [[nodiscard]] std::uint32_t callers() const { return callers_; }
  [[nodiscard]] const model::Spoken& spoken() const { return spoken_; }
  /// What tells it from every other that this process made; never 0. A copy is the same.
  [[nodiscard]] std::uint32_t number() const { return number_; }

 private:
  static std::uint32_t next_number() {
    static std::atomic<std::uint32_t> last{0};
    return ++last;
  }
  std::vector<model::Operation> operations_;
  std::uint32_t number_;
  std::uint32_t callers_ = 0;
  model::Spoken spoken_;
};

/// Operations that are to change nothing, tried one after the other in the state after a step.
struct Trials {
  std::uint32_t step = 0;           ///< after this step of the sequence, and its observation
  std::vector<std::uint8_t> which;  ///< of the alphabet: a trial_set
  TrialLie lie = TrialLie::none;
  std::uint32_t lie_at = 0;  ///< of the alphabet; told only if it is tried

  /// Adds an operation to those that are tried.
  void add(std::uint32_t operation) {
    if (operation / 8 >= which.size()) which.resize(operation / 8 + 1);
    which[operation / 8] = static_cast<std::uint8_t>(which[operation / 8] | 1U << (operation % 8));
  }
};

/// What was seen of a Trials. One byte of Run::trial_errnos for each operation that was tried, in ascending order: the
/// errno as recorded_errno() has it.
struct TriedTrials {
  static constexpr std::uint32_t none = trial_set::no_operation;

  std::uint32_t step = 0;
  std::uint32_t first = 0;   ///< index into Run::trial_errnos
  std::uint32_t length = 0;  ///< bytes; where something changed, the last is that of `changed`
  /// The operation after which a list that it could touch was not what it had been before the block, or that made a
  /// link, a program or a device, or removed one, or whose query broke its promise. The run ends with this step.
  std::uint32_t changed = none;
  /// After the block another list was not what it had been, or the kernel wrote where it should not.
  bool changed_elsewhere = false;
};

/// 255 is any errno that is no less.
constexpr std::uint8_t recorded_errno(int error) {
  return static_cast<std::uint8_t>(std::clamp(error, 0, 255));
}

}  // namespace mprogcheck
