// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "properties/generate/generate.hpp"

namespace mprogcheck::properties {
namespace {

using model::Sequence;

GeneratorOptions tcx() {
  return {.hooks = {model::Hook::tcx_ingress, model::Hook::tcx_egress}};
}

RC_GTEST_PROP(GenerateGen, RapidCheckGetsTheSameKindOfSequence, ()) {
  const auto sequence = *Generator(tcx()).gen();
  RC_ASSERT(!model::validate(sequence).has_value());
  RC_CLASSIFY(sequence.operations.size() < 6, "short");
}

TEST(GenerateGen, RapidCheckShrinks) {
  const auto gen = Generator(tcx()).gen();
  auto shrinkable = gen(rc::Random(3));
  const auto has_attach = [](const Sequence& sequence) {
    return std::any_of(sequence.operations.begin(), sequence.operations.end(),
                       [](const auto& operation) { return std::holds_alternative<model::Attach>(operation); });
  };
  for (std::uint64_t seed = 3; shrinkable.value().operations.size() <= 10 || !has_attach(shrinkable.value()); ++seed)
    shrinkable = gen(rc::Random(seed));
  ASSERT_GT(shrinkable.value().operations.size(), 10U);
  for (bool smaller = true; smaller;) {
    smaller = false;
    auto shrinks = shrinkable.shrinks();
    while (auto candidate = shrinks.next()) {
      if (!has_attach(candidate->value())) continue;
      shrinkable = *candidate;
      smaller = true;
      break;
    }
  }
  EXPECT_EQ(shrinkable.value().operations.size(), 1U);
}

}  // namespace
}  // namespace mprogcheck::properties
