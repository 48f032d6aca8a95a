// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/guest/alphabet.hpp"

namespace mprogcheck::guest {

namespace {

/// The model expects no object of a trial: if it makes one nevertheless, it takes a slot that is in no one's way, for
/// nothing is shown after that.
wire::Foreseen foreseen_of_trial(const model::Operation& operation) {
  if (std::holds_alternative<model::CreateLink>(operation)) return {.made = model::link_count - 1};
  if (std::holds_alternative<model::Load>(operation)) return {.made = model::program_count - 1};
  return {};
}

}  // namespace

bool Alphabet::take(const wire::AlphabetPart& part) {
  if (part.first == 0) {
    operations_.clear();
    number_ = part.number;
  }
  if (part.number != number_ || part.first != operations_.size()) return false;
  wire::Reader reader(part.operations);
  for (std::uint32_t n = 0; n < part.count; ++n) {
    wire::Step& step = operations_.emplace_back();
    if (!wire::get_operation(reader, step.operation)) return false;
    step.foreseen = foreseen_of_trial(step.operation);
  }
  return reader.left() == 0;
}

}  // namespace mprogcheck::guest
