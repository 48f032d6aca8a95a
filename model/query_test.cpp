// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/query.hpp"

#include <gtest/gtest.h>

#include "model/world.hpp"

namespace mprogcheck::model {
namespace {

/// Two entries; the second is a link's.
World two() {
  World world((Declarations()));
  OrderedList& list = world.mutable_list(0);
  list.insert(0, {0, no_link});
  list.insert(1, {1, 3});
  list.revision = 7;
  return world;
}
Rule decide_query(const Query& query, const World& world) {
  return model::decide_query(query, world.list(0));
}
Answer answer_to(const Query& query, const World& world) {
  return model::answer_to(world, query, 0);
}

TEST(query, writes_what_the_attr_has_room_for) {
  const World list = two();
  struct Case {
    std::uint16_t size;
    std::uint64_t revision;
    std::uint32_t count, length;
    bool links;
    Rule rule;
  };
  // The fields of bpf_attr end at 24 (prog_ids), 28 (count), 48 (link_ids) and 64 (revision).
  for (const auto& [size, revision, count, length, links, rule] : {
           Case{8, 0, 0, 0, false, Rule::query_narrow},
           Case{24, 0, 0, 0, false, Rule::query_narrow},
           Case{28, 0, 2, 2, false, Rule::query_narrow},
           Case{40, 0, 2, 2, false, Rule::query_narrow},
           Case{48, 0, 2, 2, true, Rule::query_narrow},
           Case{56, 0, 2, 2, true, Rule::query_narrow},
           Case{64, 7, 2, 2, true, Rule::query_done},
           Case{4096, 7, 2, 2, true, Rule::query_done},
       }) {
    const Query query{.size = size};
    const Answer answer = answer_to(query, list);
    EXPECT_EQ(decide_query(query, list), rule) << size;
    EXPECT_EQ(answer.revision, revision) << size;
    EXPECT_EQ(answer.count, count) << size;
    ASSERT_EQ(answer.length, length) << size;
    for (const Entry& entry : answer.entries().subspan(length / 2)) EXPECT_EQ(entry.link, links ? 3 : no_link) << size;
    EXPECT_FALSE(answer.beyond_attr) << size;
  }
}

TEST(query, reads_no_flag_that_was_not_passed) {
  EXPECT_EQ(decide_query({.query_flags = 1, .size = 8}, two()), Rule::query_narrow);
  EXPECT_EQ(decide_query({.query_flags = 1, .size = 12}, two()), Rule::query_flags);
  EXPECT_EQ(decide_query({.attach_flags = 8, .size = 12}, two()), Rule::query_narrow);
  EXPECT_EQ(decide_query({.attach_flags = 8, .size = 16}, two()), Rule::query_flags);
}

TEST(query, is_short_only_if_it_asks_for_ids) {
  EXPECT_EQ(decide_query({.count = 1}, two()), Rule::query_short);
  EXPECT_EQ(answer_to({.count = 1}, two()).length, 1U);
  EXPECT_EQ(decide_query({.count = 0}, two()), Rule::query_done);
  EXPECT_EQ(decide_query({.count = 1, .without = Query::array_prog_ids}, two()), Rule::query_done);
  EXPECT_EQ(answer_to({.count = 1, .without = Query::array_prog_ids}, two()).length, 0U);
  EXPECT_EQ(answer_to({.count = 1, .without = Query::array_prog_ids}, two()).count, 2U);
}

}  // namespace
}  // namespace mprogcheck::model
