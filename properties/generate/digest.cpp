// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/generate/digest.hpp"

#include "base/digest.hpp"
#include "model/language/print.hpp"

namespace mprogcheck::properties {

std::uint64_t digest_of(const model::Sequence& sequence) {
  return Digest().add(model::print(sequence)).value();
}

}  // namespace mprogcheck::properties
