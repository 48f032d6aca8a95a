// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "oracle/feature.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "base/file.hpp"
#include "model/guest_object.hpp"
#include "oracle/model_oracle.hpp"
#include "oracle/needs.hpp"

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

/// Who builds a kernel with the project's own fragment is not told that an option is missing.
TEST(feature, every_option_that_cures_one_is_in_the_fragment) {
  const auto fragment = read_file(GUEST_CONFIG);
  ASSERT_TRUE(fragment) << fragment.error().message;
  std::istringstream lines(*fragment);
  std::set<std::string> options;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    ASSERT_TRUE(line.starts_with("CONFIG_") && line.ends_with("=y")) << line;
    EXPECT_TRUE(options.insert(line.substr(0, line.size() - 2)).second) << line << " stands there twice";
  }
  unsigned named = 0;
  for (const Feature& feature : features()) {
    std::istringstream words{std::string(feature.cure)};
    for (std::string word; words >> word;) {
      if (!word.starts_with("CONFIG_")) continue;
      ++named;
      EXPECT_TRUE(options.contains(word.substr(0, word.find(',')))) << feature.name << ": " << word;
    }
  }
  EXPECT_GT(named, 10U);
}

}  // namespace
}  // namespace mprogcheck
