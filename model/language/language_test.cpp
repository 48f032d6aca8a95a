// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Holds docs/language.md to the code.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "model/language/parse.hpp"
#include "model/language/words.hpp"
#include "model/world.hpp"

namespace mprogcheck::model {
namespace {

std::string reference() {
  std::ifstream file(MPROGCHECK_DOCS "/language.md");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string first_block(const std::string& text) {
  const std::string fence = "\n```\n";
  const auto begin = text.find(fence) + fence.size();
  return text.substr(begin, text.find(fence, begin) + 1 - begin);
}

TEST(language, example_means_what_its_comments_say) {
  const std::string example = first_block(reference());
  const auto parsed = parse(example);
  ASSERT_TRUE(parsed) << parsed.error().to_string("docs/language.md's example");
  World world = world_of(*parsed);
  std::istringstream lines(example);
  std::size_t operations = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!parse_operation(line)) continue;  // a header, a declaration, an empty line
    const auto outcome = to_string(world.apply(parsed->operations.at(operations++)).outcome);
    const auto errno_at = line.find("-E");
    EXPECT_EQ(outcome, errno_at == std::string::npos ? "ok" : line.substr(errno_at, outcome.size())) << line;
  }
  EXPECT_EQ(operations, parsed->operations.size());
}

TEST(language, reference_mentions_every_word) {
  const std::string text = reference();
  const auto expect_word = [&](std::string_view word) { EXPECT_NE(text.find(word), std::string::npos) << word; };
  for (const auto& words : {std::span<const std::string_view>(call_names),
                            {hook_names},
                            {program_type_names},
                            {returns_names},
                            {query_array_names},
                            {qdisc_names},
                            {place_names}})
    for (const std::string_view word : words) expect_word(word);
  for (const FlagName& known : flag_names) expect_word(known.name);
  for (const NameRange& range : name_ranges)
    expect_word('`' + std::string(1, range.letter) + "0` to `" + range.letter + std::to_string(range.count - 1) + '`');
  for (const std::uint64_t bound :
       {std::uint64_t{max_operations}, std::uint64_t{max_loads}, std::uint64_t{Query::most_size}})
    expect_word(' ' + std::to_string(bound));
}

}  // namespace
}  // namespace mprogcheck::model
