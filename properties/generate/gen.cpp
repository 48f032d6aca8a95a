// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <rapidcheck.h>

#include <algorithm>
#include <utility>

#include "properties/generate/generate.hpp"
#include "properties/shrink/simpler.hpp"

namespace mprogcheck::properties {

namespace {

/// What simpler() makes of a sequence, one at a time: RapidCheck rarely asks for all.
class Candidates {
 public:
  explicit Candidates(const model::Sequence& sequence) : simpler_(sequence) {}
  rc::Maybe<model::Sequence> operator()() {
    auto candidate = simpler_.next();
    if (!candidate) return rc::Nothing;
    return std::move(*candidate);
  }

 private:
  Simpler simpler_;
};

}  // namespace

rc::Gen<model::Sequence> Generator::gen() const {
  return [generator = *this](const rc::Random& random, int size) {
    const auto scaled = generator.options_.max_operations *
                        static_cast<unsigned>(std::clamp(size, 0, rc::kNominalSize)) /
                        static_cast<unsigned>(rc::kNominalSize);
    ShapeSet met;
    return rc::shrinkable::shrinkRecur(
        generator.draw(random, std::max(scaled, 1U), std::nullopt, met),
        [](const model::Sequence& sequence) { return rc::makeSeq<Candidates>(sequence); });
  };
}

}  // namespace mprogcheck::properties
