// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/hooks/constraints.hpp"

#include <gtest/gtest.h>

#include <map>
#include <ranges>
#include <vector>

#include "model/hooks/surprise.hpp"
#include "model/operation.hpp"

namespace mprogcheck::model {
namespace {

constexpr ProgramIndex programs = 4;  // of which one never fits into a list of three

/// Every list of at most `longest` different programs, each attached by itself or by the link of the same number.
void add_lists(OrderedList list, unsigned longest, std::vector<OrderedList>& all) {
  all.push_back(list);
  if (list.count == longest) return;
  for (ProgramIndex program = 0; program < programs; ++program) {
    if (list.find(program)) continue;
    for (const LinkIndex link : {no_link, LinkIndex{program}}) {
      OrderedList longer = list;
      longer.insert(longer.count, {program, link});
      add_lists(longer, longest, all);
    }
  }
}

std::vector<OrderedList> small_lists() {
  std::vector<OrderedList> all;
  add_lists({.revision = 7}, 3, all);
  return all;
}

/// Lists at the edge of capacity: three interesting entries at either end and in the middle of 62 or 63.
std::vector<OrderedList> large_lists() {
  std::vector<OrderedList> all;
  for (const unsigned count : {62U, 63U})
    for (const unsigned at : {0U, 30U, count - 3}) {
      OrderedList list{.revision = 7};
      for (unsigned i = 0; i < count; ++i) {
        const bool interesting = i >= at && i < at + 3;
        const auto program = static_cast<ProgramIndex>(interesting ? i - at : 100 + i);
        list.insert(list.count, {program, program == 1 ? LinkIndex{1} : no_link});
      }
      all.push_back(list);
    }
  return all;
}

struct Looked {
  std::uint32_t flags;
  mprog::Relative relative;
};

/// Every way to give a relative, with the flags that go with it.
std::vector<Looked> relatives() {
  std::vector<Looked> all{{0, {}}, {0, {.refused = Rule::relative_closed}}};
  for (const std::uint32_t id : {0U, flag::id})
    for (ProgramIndex program = 0; program < programs; ++program) {
      all.push_back({id, {.program = program}});
      all.push_back({id | flag::link, {.program = program, .link = program}});
    }
  return all;
}

struct Tally {
  std::map<Surprise, unsigned> met;
  unsigned agreed_success = 0;
  unsigned agreed_refusal = 0;
};

/// Both formulations agree, but where a surprise says that they do not; and there they really do not.
template <typename Rules, typename Constraints, typename Surprises>
void compare(const OrderedList& list, const mprog::Request& request, Rules rules, Constraints words,
             Surprises surprises, Tally& tally) {
  const std::optional<OrderedList> by_rules = rules(list, request);
  const std::optional<OrderedList> by_words = words(list, request);
  const std::optional<Surprise> surprise = surprises(list, request);
  const auto shown = [&] {
    std::string text;
    for (const Entry& entry : list.entries())
      text += std::to_string(entry.program) + (entry.link == no_link ? " " : "(link) ");
    return text + "| program " + std::to_string(request.entry.program) + " link " + std::to_string(request.entry.link) +
           " flags " + std::to_string(request.flags) + " relative " + std::to_string(request.relative.program) + "/" +
           std::to_string(request.relative.link) + " old " + std::to_string(request.old_program);
  };
  ASSERT_EQ(by_rules == by_words, !surprise.has_value()) << shown() << (surprise ? text_of(*surprise) : "") << " rules "
                                                         << by_rules.has_value() << " words " << by_words.has_value();
  if (surprise)
    ++tally.met[*surprise];
  else
    ++(by_rules ? tally.agreed_success : tally.agreed_refusal);
}

std::optional<OrderedList> attach_by_rules(const OrderedList& list, const mprog::Request& request) {
  const auto decision = mprog::attach(list, request);
  OrderedList next = list;
  ++next.revision;
  if (decision.rule == Rule::attach_done)
    next.insert(decision.position, request.entry);
  else if (decision.rule == Rule::replace_done)
    next.overwrite(decision.position, request.entry);
  else
    return std::nullopt;
  return next;
}

std::optional<OrderedList> detach_by_rules(const OrderedList& list, const mprog::Request& request) {
  const auto decision = mprog::detach(list, request);
  if (decision.rule != Rule::detach_done) return std::nullopt;
  OrderedList next = list;
  ++next.revision;
  next.remove(decision.position);
  return next;
}

void compare_all_attaches(const std::vector<OrderedList>& lists, Tally& tally) {
  constexpr std::uint32_t unknown = 1U << 20;
  for (const OrderedList& list : lists)
    for (const Looked& looked : relatives())
      for (const std::uint32_t directives : {0U, flag::before, flag::after, flag::before | flag::after})
        for (ProgramIndex program = 0; program < programs; ++program)
          for (const LinkIndex link : {no_link, LinkIndex{9}})
            for (const std::uint64_t expected : {0ULL, 7ULL, 6ULL}) {
              mprog::Request request{.entry = {program, link},
                                     .flags = looked.flags | directives,
                                     .relative = looked.relative,
                                     .expected_revision = expected};
              compare(list, request, attach_by_rules, constraints::attach, surprise_of_attach, tally);
              if (link != no_link) {  // only link creation has no mask of flags
                request.flags |= unknown;
                compare(list, request, attach_by_rules, constraints::attach, surprise_of_attach, tally);
                continue;
              }
              request.flags |= flag::replace;
              for (ProgramIndex old = 0; old < programs; ++old) {
                request.old_program = old;
                compare(list, request, attach_by_rules, constraints::attach, surprise_of_attach, tally);
              }
            }
}

void compare_all_detaches(const std::vector<OrderedList>& lists, Tally& tally) {
  for (const OrderedList& list : lists)
    for (const Looked& looked : relatives())
      for (const std::uint32_t directives : {0U, flag::before, flag::after, flag::before | flag::after, flag::replace})
        for (const ProgramIndex program : {ProgramIndex{0}, ProgramIndex{1}, ProgramIndex{3}, no_program})
          for (const std::uint64_t expected : {0ULL, 7ULL, 6ULL}) {
            const mprog::Request request{.entry = {program, no_link},
                                         .flags = looked.flags | directives,
                                         .relative = looked.relative,
                                         .expected_revision = expected};
            compare(list, request, detach_by_rules, constraints::detach, surprise_of_detach, tally);
          }
}

TEST(constraints, agree_with_the_rules_on_every_small_list_but_for_the_surprises) {
  Tally tally;
  compare_all_attaches(small_lists(), tally);
  compare_all_detaches(small_lists(), tally);
  EXPECT_EQ(tally.met.size(), surprise_count) << "a surprise on the list never happens";
  EXPECT_GT(tally.agreed_success, 1000U);
  EXPECT_GT(tally.agreed_refusal, 1000U);
}

TEST(constraints, agree_with_the_rules_at_the_edge_of_capacity_but_for_the_surprises) {
  Tally tally;
  compare_all_attaches(large_lists(), tally);
  compare_all_detaches(large_lists(), tally);
  EXPECT_GT(tally.agreed_success, 100U);
}

}  // namespace
}  // namespace mprogcheck::model
