// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/journal.hpp"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace mprogcheck {
namespace {

TEST(journal, gives_back_what_was_sealed) {
  const nlohmann::ordered_json json{{"next", 256}, {"seed", "\xff\x01 \"7\""}, {"seconds", 0.1}, {"findings", {1, 2}}};
  const std::string text = seal(json);
  const auto read = unseal(text);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(seal(*read), text);
  EXPECT_EQ((*read)["next"], 256);
  EXPECT_FALSE(read->contains("checksum"));
  EXPECT_EQ(nlohmann::json::parse(text).size(), json.size() + 1) << "JSON that anybody may read";
}

TEST(journal, says_what_it_is_instead) {
  for (const char* text : {"", "{", "[]", "7", "{\"next\": 256}\n", "{\"checksum\": 7}\n", "{\"checksum\": \"0\"}\n"})
    EXPECT_FALSE(unseal(text)) << text;
}

RC_GTEST_PROP(journal, is_believed_to_the_last_byte, (std::map<unsigned, std::vector<int>> numbers)) {
  nlohmann::ordered_json json;
  for (const auto& [key, values] : numbers) json[std::to_string(key)] = values;
  json["text"] = *rc::gen::arbitrary<std::string>();
  const std::string text = seal(json);
  RC_ASSERT(unseal(text).has_value());
  std::string damaged = text;
  const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
  if (*rc::gen::arbitrary<bool>())
    damaged[at] = static_cast<char>(damaged[at] ^ 1 << *rc::gen::inRange(0, 8));
  else if (*rc::gen::arbitrary<bool>())
    damaged.resize(at);
  else
    damaged.insert(at, 1, *rc::gen::element(' ', '\n', '0', '}'));
  RC_ASSERT(!unseal(damaged).has_value());
}

}  // namespace
}  // namespace mprogcheck
