// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/needs.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "kernel_oracle/model_oracle.hpp"
#include "model/arbitrary.hpp"

namespace mprogcheck {
namespace {

RC_GTEST_PROP(Needs, AreMetByTheModel, ()) {
  RC_ASSERT(can_run(ModelOracle().identity(), *model::arbitrary_sequence()).has_value());
}

RC_GTEST_PROP(Needs, AreOfOperationsAndNotOfSequences, ()) {
  const auto sequence = *model::arbitrary_sequence();
  const auto lacking = *rc::gen::element(feature_device, feature_qdisc, feature_pin);
  OracleIdentity identity = ModelOracle().identity();
  std::erase(identity.features, lacking);
  const auto needs = [&](const model::Operation& operation) { return needed_feature(operation) == lacking; };
  const auto able = can_run(identity, sequence);
  RC_ASSERT(able.has_value() == std::ranges::none_of(sequence.operations, needs));
  if (!able) {
    RC_ASSERT(able.error().kind == Error::Kind::skipped);
    RC_ASSERT(able.error().message.find(lacking) != std::string::npos);
  }
}

}  // namespace
}  // namespace mprogcheck
