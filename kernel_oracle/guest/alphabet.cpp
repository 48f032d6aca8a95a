// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/guest/alphabet.hpp"

namespace mprogcheck::guest {

bool Alphabet::take(const wire::AlphabetPart& part) {
  if (part.first == 0) {
    operations_.clear();
    number_ = part.number;
  }
  if (part.number != number_ || part.first != operations_.size()) return false;
  for (auto left = part.operations; !left.empty(); left = left.subspan(wire::StepRecord::size))
    if (!wire::get_step(left.first<wire::StepRecord::size>(), operations_.emplace_back())) return false;
  return true;
}

}  // namespace mprogcheck::guest
