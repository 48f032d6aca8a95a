// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/fuzz/need.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "campaign/kernel/kernel_spec.hpp"
#include "oracle/model_oracle.hpp"
#include "properties/coverage.hpp"
#include "properties/judge/property.hpp"

namespace mprogcheck {
namespace {

using testing::AllOf;
using testing::HasSubstr;

Result<Needs> needs_of(std::vector<std::string> names) {
  return parse_needs(names);
}

TEST(need, every_feature_and_every_property_is_a_name) {
  for (const Feature& feature : features()) {
    const auto needs = needs_of({std::string(feature.name)});
    ASSERT_TRUE(needs) << feature.name;
    EXPECT_EQ(*needs, Needs{&feature});
  }
  for (unsigned n = 0; n < properties::property_count; ++n)
    EXPECT_TRUE(needs_of({std::string(properties::name_of(static_cast<properties::Property>(n)))}));
  EXPECT_EQ(*needs_of({"refcount", "refcnt"}), Needs{feature_named(feature_refcnt)}) << "once";
  EXPECT_EQ(needs_of({"lifecycle"})->size(), 3U);
  EXPECT_TRUE(needs_of({"outcome"})->empty()) << "checked everywhere";
}

TEST(need, another_name_is_a_usage_error_that_lists_them) {
  const auto needs = needs_of({"refcnt", "frobnicate"});
  ASSERT_FALSE(needs);
  EXPECT_EQ(needs.error().kind, Error::Kind::usage);
  EXPECT_THAT(needs.error().message, AllOf(HasSubstr("refcnt"), HasSubstr("next_id"), HasSubstr("raw_tp_prog"),
                                           HasSubstr("lifecycle"), HasSubstr("found \"frobnicate\"")));
}

TEST(need, what_is_missing_is_said_with_its_cure_and_is_skipped) {
  OracleIdentity identity = ModelOracle().identity();
  EXPECT_TRUE(meets(identity, *needs_of({"refcnt", "run"})));
  std::erase(identity.features, feature_refcnt);
  EXPECT_TRUE(meets(identity, *needs_of({"run"})));
  const auto met = meets(identity, *needs_of({"refcnt", "run"}));
  ASSERT_FALSE(met);
  EXPECT_EQ(met.error().kind, Error::Kind::skipped);
  EXPECT_THAT(met.error().message,
              AllOf(HasSubstr("refcnt"), HasSubstr("CONFIG_BPF_EVENTS"), testing::Not(HasSubstr("packets"))));
}

TEST(need, what_no_call_was_about_was_not_asked) {
  properties::Coverage coverage;
  EXPECT_TRUE(was_asked(coverage.calls(), *needs_of({"refcnt", "next_id", "map"}))) << "asked by the way";
  const auto asked = was_asked(coverage.calls(), *needs_of({"run"}));
  ASSERT_FALSE(asked);
  EXPECT_EQ(asked.error().kind, Error::Kind::skipped);
  EXPECT_THAT(asked.error().message, HasSubstr("packets"));
  EXPECT_THAT(was_asked({}, *needs_of({"run"}), false).error().message, HasSubstr("earlier ones"));
  coverage.add(model::SendPacket{}, {});
  EXPECT_TRUE(was_asked(coverage.calls(), *needs_of({"run"})));
  EXPECT_FALSE(was_asked(coverage.calls(), *needs_of({"run", "pin"})));
}

TEST(need, an_oracle_that_meets_it_is_started) {
  const auto model = parse_kernel_spec("model");
  ASSERT_TRUE(model);
  OracleOptions options;
  options.needs = *needs_of({"refcnt", "raw_tp_prog"});
  EXPECT_TRUE(start_oracle(*model, options));
}

}  // namespace
}  // namespace mprogcheck
