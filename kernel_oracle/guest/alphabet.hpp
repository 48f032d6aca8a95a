// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernel_oracle/wire_trial.hpp"

namespace mprogcheck::guest {

/// The operations that trials choose from. They are read and checked when they come, and not when they are tried.
class Alphabet {
 public:
  /// False if it is not the part that is due, or an operation makes no sense.
  bool take(const wire::AlphabetPart& part);
  /// wire::AlphabetPart::number; 0: there is none.
  [[nodiscard]] std::uint32_t number() const { return number_; }
  [[nodiscard]] std::span<const wire::Step> operations() const { return operations_; }

 private:
  std::uint32_t number_ = 0;
  std::vector<wire::Step> operations_;
};

}  // namespace mprogcheck::guest
