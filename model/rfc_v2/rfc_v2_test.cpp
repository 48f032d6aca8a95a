// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/rfc_v2/rfc_v2.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string_view>
#include <vector>

namespace mprogcheck::model::rfc_v2 {
namespace {

using Kind = Object::Kind;
constexpr Object closed = Object::of(Kind::closed);

Object p(unsigned n) {
  return Object::program(static_cast<ProgramIndex>(n));
}
Object l(unsigned n) {
  return Object::link(static_cast<LinkIndex>(n));
}
Operation attach(Object program, std::uint32_t flags = 0, Object relative = {}, Expect expect = Expect::none) {
  return {.call = Call::attach, .expect = expect, .program = program, .relative = relative, .flags = flags};
}
Operation detach(Object program = {}, std::uint32_t flags = 0, Object relative = {}, Expect expect = Expect::none) {
  return {.call = Call::detach, .expect = expect, .program = program, .relative = relative, .flags = flags};
}
Operation link(Object program, std::uint32_t flags = 0, Object relative = {}) {
  return {.call = Call::link_create, .program = program, .relative = relative, .flags = flags};
}
Operation update(Object which, Object program) {
  return {.call = Call::link_update, .link = which, .program = program};
}
Operation of_link(Call call, Object which) {
  return {.call = call, .link = which};
}

/// The state after operations of which every one must succeed.
State after(State state, const std::vector<Operation>& operations) {
  for (const Operation& operation : operations) {
    EXPECT_TRUE(predict(state, operation).outcome().ok()) << print(operation);
    state = apply(state, operation);
  }
  return state;
}

/// "p0! p1 p2!": the order, with what holds a place; an entry of a link as "l0:p1".
std::string order(const State& state) {
  std::string text;
  for (const Entry& entry : state.entries()) {
    if (!text.empty()) text += " ";
    if (entry.is_first()) text += "!";
    if (entry.link != no_link) text += "l" + std::to_string(entry.link) + ":";
    text += "p" + std::to_string(entry.program);
    if (entry.is_last()) text += "!";
  }
  return text;
}

constexpr auto before = flag::before;
constexpr auto after_ = flag::after;
constexpr auto first = flag::first;
constexpr auto last = flag::last;
constexpr auto replace = flag::replace;

TEST(rfc_v2, names_and_outcomes_of_rules_are_distinct_and_its_own) {
  std::set<std::string_view> names;
  for (unsigned n = 0; n < rule_count; ++n) {
    const RuleText& text = text_of(static_cast<Rule>(n));
    EXPECT_TRUE(names.insert(text.name).second) << text.name;
    EXPECT_TRUE(text.name.starts_with("rfc_v2.")) << text.name;
    EXPECT_FALSE(text.says.empty());
  }
}

TEST(rfc_v2, orders_as_its_words_say) {
  struct Case {
    std::vector<Operation> operations;
    const char* order;
  };
  const std::vector<Case> cases{
      {{attach(p(0)), attach(p(1)), attach(p(2), before)}, "p2 p0 p1"},
      {{attach(p(0), first), attach(p(1)), attach(p(2), before)}, "!p0 p2 p1"},
      {{attach(p(0), last), attach(p(1)), attach(p(2), after_)}, "p1 p2 p0!"},
      {{attach(p(0)), attach(p(1), first), attach(p(2), last)}, "!p1 p0 p2!"},
      {{attach(p(0)), attach(p(1), first | before, p(0))}, "!p1 p0"},
      {{attach(p(0)), attach(p(1), last | after_, p(0))}, "p0 p1!"},
      {{attach(p(0), first | last), attach(p(0), replace | last, p(0)), attach(p(1))}, "p1 p0!"},
      {{attach(p(0)), attach(p(1)), attach(p(2), replace, p(0))}, "p2 p1"},
      {{attach(p(0), first), attach(p(1), replace, p(0)), attach(p(2), before)}, "p2 p1"},
      {{attach(p(0)), attach(p(1)), attach(p(0), replace | first, p(0))}, "!p0 p1"},
      {{attach(p(0), first), attach(p(1), replace | first | flag::id, p(0))}, "!p1"},
      {{attach(p(0)), link(p(1), first), update(l(0), p(2))}, "!l0:p2 p0"},
      {{attach(p(0)), link(p(1)), attach(p(2), before | flag::link, l(0))}, "p0 p2 l0:p1"},
      {{attach(p(0)), attach(p(1)), attach(p(2)), detach({}, before, p(2))}, "p0 p2"},
      {{attach(p(0)), attach(p(1)), attach(p(2)), detach({}, after_, p(1))}, "p0 p1"},
      {{attach(p(0)), attach(p(1)), attach(p(2)), detach({}, first)}, "p1 p2"},
      {{attach(p(0)), attach(p(1)), attach(p(2)), detach({}, last)}, "p0 p1"},
      {{attach(p(0), first), attach(p(1)), attach(p(2)), detach({}, before)}, "!p0 p2"},
      {{attach(p(0), last), attach(p(1)), attach(p(2)), detach({}, after_)}, "p1 p0!"},
      {{attach(p(0)), attach(p(1)), attach(p(2)), detach({}, before | after_)}, "p0 p1"},
      {{attach(p(0)), attach(p(1)), attach(p(2)), detach({}, before | after_, p(1))}, "p1 p2"},
  };
  for (const Case& one : cases) EXPECT_EQ(order(after({}, one.operations)), one.order) << print(one.operations.back());
}

/// Where several rules could refuse, the first of the design's order does.
TEST(rfc_v2, refuses_in_the_design_s_order_of_checks) {
  struct Case {
    std::vector<Operation> operations;
    Operation last;
    Rule rule;
  };
  const std::vector<Operation> two{attach(p(0)), attach(p(1))};  // full
  const std::vector<Operation> held{attach(p(0), first), attach(p(1), last)};
  const std::vector<Operation> sole{attach(p(0), first | last)};
  const std::vector<Case> cases{
      {{}, attach(closed, 1U << 20), Rule::attach_unknown_flag},
      {{}, {.call = Call::attach, .device = false, .program = closed}, Rule::attach_program_closed},
      {{}, {.call = Call::attach, .expect = Expect::stale, .device = false, .program = p(0)}, Rule::attach_no_device},
      {two, attach(p(0), before, closed, Expect::stale), Rule::stale},
      {two, attach(p(0), before, closed), Rule::relative_closed},
      {two, attach(p(0), 0, closed), Rule::relative_idle},
      {two, attach(p(0), flag::id), Rule::relative_idle},
      {two, attach(p(0), before | flag::id), Rule::relative_id_gone},
      {two, attach(p(0), before | flag::link), Rule::relative_kind},
      {two, attach(p(0), before, Object::of(Kind::other_program)), Rule::relative_type},
      {two, attach(p(0), before | after_), Rule::attach_full},
      {{attach(p(0))}, attach(p(0), before | after_), Rule::attach_both_ways},
      {sole, attach(p(0), before, p(0)), Rule::attach_exists},
      {sole, attach(p(1), before, p(2)), Rule::attach_no_room},
      {{attach(p(0))}, attach(p(1), before, p(2)), Rule::attach_absent},
      {{attach(p(0), first)}, attach(p(1), before, p(0)), Rule::attach_before_first},
      {{attach(p(0), last)}, attach(p(1), after_, p(0)), Rule::attach_after_last},
      {held, attach(p(0), first | after_), Rule::end_exists},
      {held, attach(p(2), first | after_), Rule::first_after},
      {held, attach(p(2), first | last | before), Rule::first_taken},
      {two, attach(p(2), first | last | before), Rule::both_before},
      {two, attach(p(2), first | last), Rule::both_not_alone},
      {two, attach(p(2), first | before, p(1)), Rule::first_not_before},
      {two, attach(p(2), first | before, p(0)), Rule::end_full},
      {two, attach(p(2), first | before), Rule::first_not_before},
      {held, attach(p(2), last | before), Rule::last_before},
      {held, attach(p(2), last | after_), Rule::last_taken},
      {two, attach(p(2), last | after_, p(0)), Rule::last_not_after},
      {two, attach(p(2), last | after_, p(1)), Rule::end_full},
      {{}, attach(p(0), last | after_), Rule::last_not_after},
      {two, attach(p(0), replace | before, p(1)), Rule::replace_mixed},
      {two, attach(p(0), replace, p(2)), Rule::replace_exists},
      {two, attach(p(2), replace), Rule::replace_absent},
      {{link(p(0)), attach(p(1))}, attach(p(2), replace | last, p(0)), Rule::replace_owner},
      {two, link(p(2), replace, p(0)), Rule::replace_owner},
      {two, attach(p(2), replace | first | last, p(1)), Rule::replace_not_first},
      {two, attach(p(2), replace | first | last, p(0)), Rule::replace_not_last},
      {{}, detach(closed, 1U << 20), Rule::detach_unknown_flag},
      {{}, detach({}, first, {}, Expect::stale), Rule::detach_no_entry},
      {two, detach({}, replace, closed, Expect::stale), Rule::stale},
      {two, detach({}, replace, closed), Rule::relative_closed},
      {two, detach(p(0), replace | first, p(0)), Rule::detach_replace},
      {two, detach(p(1), first | before), Rule::detach_not_first},
      {two, detach({}, first | last | before), Rule::detach_not_last},
      {two, detach({}, first | before), Rule::detach_end_by_name},
      {two, detach({}, before, p(2)), Rule::detach_relative_absent},
      {two, detach({}, before, p(0)), Rule::detach_no_neighbour},
      {two, detach(p(1), before, p(1)), Rule::detach_not_neighbour},
      {two, detach(), Rule::detach_nothing_named},
      {two, detach(p(2)), Rule::detach_absent},
      {{link(p(0))}, detach({}, first), Rule::detach_owner},
      {{link(p(0)), link(p(1))}, link(p(1)), Rule::link_no_descriptor},
      {{}, {.call = Call::link_create, .device = false, .program = p(0)}, Rule::link_no_device},
      {{link(p(0)), attach(p(1))}, update(l(0), p(1)), Rule::update_exists},
      {{link(p(0))}, update(l(0), Object::of(Kind::other_program)), Rule::update_type},
      {{link(p(0)), of_link(Call::link_detach, l(0))}, update(l(0), p(0)), Rule::update_detached},
      {{link(p(0)), of_link(Call::link_detach, l(0))}, of_link(Call::link_detach, l(0)), Rule::detach_link_again},
  };
  for (const Case& one : cases) {
    const Verdict verdict = predict(after({.capacity = 2, .link_names = 2}, one.operations), one.last);
    EXPECT_EQ(name_of(verdict.rule), name_of(one.rule)) << print(one.last);
    EXPECT_FALSE(verdict.edit.changes()) << print(one.last);
  }
}

TEST(rfc_v2, holds_63_from_every_direction) {
  State state;
  for (unsigned n = 0; n < State::largest - 2; ++n) state = after(state, {attach(p(n), n % 2 == 0 ? before : 0U)});
  state = after(state, {attach(p(100), first), link(p(101), last)});
  EXPECT_TRUE(state.full());
  for (const std::uint32_t flags : {0U, before, after_}) {
    EXPECT_EQ(predict(state, attach(p(102), flags)).outcome(), enospc);
    EXPECT_EQ(predict(state, link(p(102), flags)).outcome(), enospc);
  }
  EXPECT_EQ(predict(state, attach(p(102), first)).outcome(), ebusy) << "the place is held: decided before the room";
  EXPECT_EQ(order(after(state, {attach(p(102), replace, p(100))})).substr(0, 5), "p102 ");
  EXPECT_EQ(order(after(state, {detach(p(100))})).substr(0, 2), "p6") << "the last that was put in front";
}

TEST(rfc_v2, revision_skips_0_and_cannot_be_expected_from_2_to_the_31) {
  const State last_one{.revision = 0xffff'ffff, .kept = true};
  EXPECT_EQ(after(last_one, {attach(p(0))}).revision, 1U);
  for (const std::uint32_t revision : {1U, 0x7fff'ffffU, 0x8000'0000U, 0xffff'ffffU}) {
    const State state{.revision = revision, .kept = true};
    const bool comparable = revision < 0x8000'0000U;
    EXPECT_TRUE(predict(state, attach(p(0))).outcome().ok());
    EXPECT_EQ(predict(state, attach(p(0), 0, {}, Expect::now)).outcome(), comparable ? success : estale);
    EXPECT_EQ(predict(state, attach(p(0), 0, {}, Expect::stale)).outcome(), estale);
  }
}

TEST(rfc_v2, entry_object_goes_with_its_last_entry_unless_it_is_kept) {
  const std::vector<Operation> in_and_out{attach(p(0)), detach(p(0))};
  EXPECT_EQ(after({}, in_and_out).revision, 1U);
  EXPECT_EQ(after({.kept = true}, in_and_out).revision, 3U);
  EXPECT_EQ(predict({}, detach(p(0))).outcome(), enoent);
  EXPECT_EQ(predict({.kept = true}, detach(p(0))).rule, Rule::detach_phantom);
  EXPECT_EQ(predict({.kept = true}, detach({}, first)).outcome(), enoent);
  EXPECT_EQ(predict({.kept = true}, detach(p(0), first)).outcome(), enoent);
}

TEST(rfc_v2, a_link_takes_the_lowest_name_and_gives_it_back) {
  State state = after({}, {link(p(0), first), link(p(1), last), of_link(Call::link_close, l(0)), link(p(2))});
  EXPECT_EQ(order(state), "l0:p2 l1:p1!");
  state = after(state, {of_link(Call::link_detach, l(1))});
  EXPECT_EQ(order(state), "l0:p2");
  EXPECT_EQ(state.links[1].is, Link::Is::defunct);
  EXPECT_EQ(after(state, {of_link(Call::link_close, l(1))}).links[1].is, Link::Is::closed);
}

/// No sequence leads there (properties/rfc_v2/exploration_test.cpp); this is why it matters that none does.
TEST(rfc_v2, a_link_whose_entry_does_not_stand_where_it_says_cannot_be_released) {
  State state = after({}, {attach(p(0)), link(p(1))});
  state.links[0].ends = state.slots[1].ends = flag::first;
  for (const Call call : {Call::link_detach, Call::link_close}) {
    EXPECT_EQ(predict(state, of_link(call, l(0))).rule, Rule::release_stuck);
    EXPECT_EQ(order(apply(state, of_link(call, l(0)))), order(state));
  }
  state.slots[1].ends = 0;
  EXPECT_EQ(predict(state, update(l(0), p(2))).rule, Rule::update_stuck);
}

TEST(rfc_v2, reads_a_descriptor_that_is_none_as_each_call_does) {
  const State state = after({}, {attach(p(0), first)});
  EXPECT_EQ(predict(state, attach(Object::of(Kind::negative))).outcome(), ebadf);
  EXPECT_EQ(predict(state, attach(Object::zero())).outcome(), einval);
  EXPECT_EQ(predict(state, detach(Object::of(Kind::negative), first)).rule, Rule::detach_done);
  EXPECT_EQ(predict(state, detach(Object::zero(), first)).rule, Rule::detach_done);
  EXPECT_EQ(predict(state, detach(closed, first)).outcome(), ebadf);
  EXPECT_EQ(predict(state, attach(p(1), before, Object::of(Kind::negative))).outcome(), ebadf);
  EXPECT_EQ(predict(state, detach({}, before, Object::of(Kind::other_program))).rule, Rule::detach_relative_absent)
      << "without a program no type is the right one";
}

TEST(rfc_v2, prints_in_the_words_of_the_language) {
  EXPECT_EQ(print(attach(p(1), first | before, p(0))), "attach p1 first before fd(p0)");
  EXPECT_EQ(print(attach(p(2), replace | flag::id, p(0), Expect::now)), "attach p2 replace id(p0) revision now");
  EXPECT_EQ(print(attach(closed, before | flag::link | flag::id, l(1))), "attach fd 901 before link id(l1)");
  EXPECT_EQ(print(attach(p(0), flag::id)), "attach p0 relative id 0");
  EXPECT_EQ(print(detach({}, last)), "detach last");
  EXPECT_EQ(print(detach(Object::of(Kind::negative), before, closed)), "detach fd -1 before fd 901");
  EXPECT_EQ(print(link(p(0), 1U << 20)), "link p0 flags 0x100000");
  EXPECT_EQ(print(update(l(0), p(1))), "update l0 p1");
  EXPECT_EQ(print({.call = Call::link_update, .link = l(0), .program = p(1), .old = p(0), .flags = replace}),
            "update l0 p1 expect p0");
  EXPECT_EQ(print(of_link(Call::link_detach, l(1))), "detach_link l1");
  EXPECT_EQ(print(of_link(Call::link_close, closed)), "close fd 901");
}

}  // namespace
}  // namespace mprogcheck::model::rfc_v2
