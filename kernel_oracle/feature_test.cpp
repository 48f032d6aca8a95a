// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/feature.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "kernel_oracle/model_oracle.hpp"
#include "kernel_oracle/needs.hpp"
#include "model/guest_object.hpp"

namespace mprogcheck {
namespace {

TEST(feature, each_has_a_name_of_its_own_and_says_what_cures_its_lack) {
  std::set<std::string_view> names;
  for (const Feature& feature : features()) {
    EXPECT_TRUE(names.insert(feature.name).second) << feature.name;
    EXPECT_EQ(feature_named(feature.name), &feature);
    for (const std::string_view text : {feature.unchecked, feature.why, feature.cure}) {
      EXPECT_FALSE(text.empty()) << feature.name;
      EXPECT_EQ(text.find('\n'), std::string_view::npos);
    }
  }
  EXPECT_EQ(feature_named("frobnicate"), nullptr);
}

/// What a host leaves out for a kernel's sake has a row: nobody can forget to say it.
TEST(feature, whatever_an_operation_may_need_has_a_row) {
  for (const std::string_view name :
       {feature_refcnt, feature_run, feature_device, feature_qdisc, feature_pin, feature_next_id})
    EXPECT_NE(feature_named(name), nullptr) << name;
  for (const model::GuestObject& object : model::guest_objects)
    EXPECT_NE(feature_named(object.name), nullptr) << object.name;
}

TEST(feature, the_model_lacks_none_and_what_is_taken_away_is_said) {
  OracleIdentity identity = ModelOracle().identity();
  EXPECT_TRUE(lacking_features(identity).empty());
  std::erase(identity.features, feature_refcnt);
  const auto lacking = lacking_features(identity);
  ASSERT_EQ(lacking.size(), 1U);
  EXPECT_THAT(text_of(*lacking.front()), testing::HasSubstr("reference counts are not checked"));
  EXPECT_THAT(text_of(*lacking.front()), testing::HasSubstr("CONFIG_BPF_EVENTS"));
}

}  // namespace
}  // namespace mprogcheck
