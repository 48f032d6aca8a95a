// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <rapidcheck/Maybe.h>
#include <rapidcheck/Seq.h>
#include <rapidcheck/Shrinkable.h>
#include <rapidcheck/shrinkable/Create.h>
#include <utility>

#include "properties/shrink/simpler.hpp"

namespace mprogcheck::properties {

/// simpler() as RapidCheck's lazy sequence.
class SimplerSequences {
 public:
  explicit SimplerSequences(const model::Sequence& sequence) : candidates_(sequence) {}
  rc::Maybe<model::Sequence> operator()() {
    auto next = candidates_.next();
    if (!next) return rc::Nothing;
    return std::move(*next);
  }

 private:
  Simpler candidates_;
};

/// A sequence that rc::check() shrinks as shrink() does.
inline rc::Shrinkable<model::Sequence> shrinkable(model::Sequence sequence) {
  return rc::shrinkable::shrinkRecur(
      std::move(sequence), [](const model::Sequence& current) { return rc::makeSeq<SimplerSequences>(current); });
}

}  // namespace mprogcheck::properties
