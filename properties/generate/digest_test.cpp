// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/generate/digest.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "model/arbitrary.hpp"

namespace mprogcheck::properties {
namespace {

RC_GTEST_PROP(Digest, IsThatOfEqualSequencesAndOfNoOther, ()) {
  const auto one = *model::arbitrary_sequence(), other = *model::arbitrary_sequence();
  RC_ASSERT((digest_of(one) == digest_of(other)) == (one == other));
  RC_ASSERT(digest_of(one) == digest_of(model::Sequence(one)));
}

/// Whoever makes the calls, and what is said of the surroundings.
TEST(Digest, LeavesNothingOut) {
  model::Sequence sequence;
  sequence.declarations.devices = 1;
  sequence.declarations.uids[0] = 1000;
  sequence.operations.emplace_back(model::Close{});
  const auto digest = digest_of(sequence);
  for (int changed = 0; changed < 4; ++changed) {
    model::Sequence other = sequence;
    if (changed == 0) other.operations[0].caller = model::Caller::declared(0);
    if (changed == 1) other.declarations.uids[0] = 1001;
    if (changed == 2) other.declarations.unkept = true;
    if (changed == 3) other.declarations.made_as[0].policy = model::Policy::drop;
    EXPECT_NE(digest_of(other), digest) << changed;
  }
}

}  // namespace
}  // namespace mprogcheck::properties
