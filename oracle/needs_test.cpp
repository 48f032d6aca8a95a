// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "oracle/needs.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "model/arbitrary.hpp"
#include "model/language/parse.hpp"
#include "oracle/model_oracle.hpp"

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
  const auto needs = [&](const model::Operation& operation) { return lacking_feature(identity, operation) == lacking; };
  const auto able = can_run(identity, sequence);
  RC_ASSERT(able.has_value() == std::ranges::none_of(sequence.operations, needs));
  if (!able) {
    RC_ASSERT(able.error().kind == Error::Kind::skipped);
    RC_ASSERT(able.error().message.find(lacking) != std::string::npos);
  }
}

/// Whatever stands where an fd or an id belongs.
RC_GTEST_PROP(Needs, AreTheGuestsObjectsThatAreNamed, ()) {
  const auto lacking = *rc::gen::inRange(0U, model::Name::object_count);
  OracleIdentity identity = ModelOracle().identity();
  std::erase(identity.features, model::guest_objects[lacking].name);
  const auto name = "o" + std::to_string(lacking);
  const auto form = *rc::gen::element<std::string>("attach tcx_ingress@d0 {}", "attach tcx_ingress@d0 p0 replace {}",
                                                   "detach tcx_ingress@d0 before link fd({})", "update {} p0",
                                                   "link l0 tcx_egress@d1 p0 after id({})", "update l0 p0 expect {}",
                                                   "detach_link {}", "close {}", "dup h0 {}", "open h0 link id({})");
  const auto with = [&](std::string_view object) {
    auto line = form;
    return "mprogcheck 1\n" + line.replace(line.find("{}"), 2, object) + "\n";
  };
  const auto needing = can_run(identity, *model::parse(with(name)));
  RC_ASSERT(!needing.has_value());
  RC_ASSERT(needing.error().kind == Error::Kind::skipped);
  RC_ASSERT(needing.error().message.find(model::guest_objects[lacking].name) != std::string::npos);
  RC_ASSERT(can_run(identity, *model::parse(with("l1"))).has_value());
}

}  // namespace
}  // namespace mprogcheck
