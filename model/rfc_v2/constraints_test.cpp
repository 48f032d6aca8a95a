// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/rfc_v2/constraints.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <vector>

#include "model/rfc_v2/surprise.hpp"

namespace mprogcheck::model::rfc_v2 {
namespace {

constexpr ProgramIndex programs = 4;  // of which one never fits into a list of three

/// Every list of at most `longest` programs, numbered as they stand (others are the same but for names), each attached
/// by itself or by the link of the same number, with each place held or not.
void add_lists(State state, unsigned longest, std::vector<State>& all) {
  for (const std::uint32_t first : {0U, flag::first})
    for (const std::uint32_t last : {0U, flag::last}) {
      if (state.empty() && (first != 0 || last != 0)) continue;
      State held = state;
      if (!held.empty()) {
        held.slots[0].ends |= static_cast<std::uint8_t>(first);
        held.slots[held.count - 1U].ends |= static_cast<std::uint8_t>(last);
      }
      all.push_back(held);
    }
  if (state.count == longest) return;
  for (const LinkIndex link : {no_link, LinkIndex{state.count}}) {
    State longer = state;
    longer.insert(longer.count, {state.count, link, 0});
    add_lists(longer, longest, all);
  }
}

std::vector<State> lists(State empty) {
  std::vector<State> all;
  add_lists(empty, std::min(3U, unsigned{empty.capacity}), all);
  return all;
}

/// Every way to give a relative, with the flags that go with it.
std::vector<std::pair<std::uint32_t, Relative>> relatives() {
  std::vector<std::pair<std::uint32_t, Relative>> all{{0, {}}, {0, {.refused = Rule::relative_closed}}};
  for (ProgramIndex program = 0; program < programs; ++program) {
    all.push_back({0, {.program = program}});
    all.push_back({flag::id | flag::link, {.program = program, .link = program}});
  }
  all.push_back({flag::link, {.program = foreign_program, .link = 0}});
  return all;
}

struct Tally {
  std::map<Surprise, unsigned> met;
  unsigned agreed_success = 0;
  unsigned agreed_refusal = 0;
};

using Order = constraints::Order;

/// What the rules make of the list; nothing if they refuse.
std::optional<Order> by_rules(const State& state, const Request& request, bool attaching) {
  const Decision decision = attaching ? attach(state, request) : detach(state, request);
  if (!outcome_of(decision.rule).ok()) return std::nullopt;
  State next = state;
  const Entry entry{request.program, request.link, request.ends()};
  if (attaching && request.asks(flag::replace))
    next.overwrite(decision.position, entry);
  else if (attaching)
    next.insert(decision.position, entry);
  else if (decision.rule != Rule::detach_phantom)
    next.remove(decision.position);
  return Order(next.entries().begin(), next.entries().end());
}

std::string shown(const State& state, const Request& request) {
  std::string text;
  for (const Entry& entry : state.entries())
    text += "p" + std::to_string(entry.program) + (entry.link == no_link ? "" : " of a link") +
            (entry.is_first() ? " first" : "") + (entry.is_last() ? " last" : "") + ", ";
  return text + "capacity " + std::to_string(state.capacity) + " | program " + std::to_string(request.program) +
         " link " + std::to_string(request.link) + " flags " + std::to_string(request.flags) + " relative " +
         std::to_string(request.relative.program) + "/" + std::to_string(request.relative.link) + " expect " +
         std::to_string(static_cast<int>(request.expect));
}

/// Both formulations agree, but where a surprise says that they do not; and there they really do not.
void compare(const State& state, const Request& request, bool attaching, Tally& tally) {
  const auto rules = by_rules(state, request, attaching);
  const auto words = attaching ? constraints::attach(state, request) : constraints::detach(state, request);
  const auto surprise = attaching ? surprise_of_attach(state, request) : surprise_of_detach(state, request);
  ASSERT_EQ(rules == words, !surprise.has_value())
      << (attaching ? "attach " : "detach ") << shown(state, request) << " " << (surprise ? text_of(*surprise) : "")
      << " rules " << rules.has_value() << " words " << words.has_value();
  if (surprise) {
    ASSERT_EQ(rules.has_value(), accepts(*surprise)) << text_of(*surprise) << shown(state, request);
    ++tally.met[*surprise];
  } else {
    ++(rules ? tally.agreed_success : tally.agreed_refusal);
  }
}

void compare_all(const std::vector<State>& states, Tally& tally) {
  constexpr std::uint32_t unknown = 1U << 20;
  constexpr std::uint32_t directives = flag::replace | flag::neighbour | flag::ends;
  for (const State& state : states)
    for (const auto& [lookup, relative] : relatives())
      for (std::uint32_t flags = 0; flags <= directives; flags += flag::replace) {
        // Without a directive that refers to it a relative is refused before the list is asked: rfc_v2.cpp, resolve.
        if ((flags & ~directives) != 0) continue;
        if ((flags & (flag::replace | flag::neighbour)) == 0 && (lookup != 0 || relative.given())) continue;
        for (const Expect expect : {Expect::none, Expect::now, Expect::stale}) {
          Request request{.expect = expect, .flags = flags | lookup, .relative = relative};
          for (const ProgramIndex program :
               {ProgramIndex{0}, ProgramIndex{1}, ProgramIndex{2}, ProgramIndex{3}, no_program}) {
            request.program = program;
            compare(state, request, false, tally);
            if (program == no_program) continue;
            compare(state, request, true, tally);
            Request by_link = request;
            by_link.link = 9;
            compare(state, by_link, true, tally);
            by_link.flags |= unknown;  // only link creation has no mask of flags
            compare(state, by_link, true, tally);
          }
        }
      }
}

TEST(rfc_v2_constraints, agree_with_the_rules_on_every_small_list_but_for_the_surprises) {
  Tally tally;
  compare_all(lists({.revision = 7, .kept = true}), tally);
  compare_all(lists({.revision = 1U << 31, .kept = true}), tally);
  EXPECT_EQ(tally.met.size(), surprise_count) << "a surprise on the list never happens";
  EXPECT_GT(tally.agreed_success, 1000U);
  EXPECT_GT(tally.agreed_refusal, 1000U);
}

TEST(rfc_v2_constraints, agree_with_the_rules_on_lists_of_small_capacity) {
  for (const std::uint8_t capacity : {std::uint8_t{1}, std::uint8_t{2}, std::uint8_t{3}}) {
    Tally tally;
    compare_all(lists({.revision = 7, .capacity = capacity, .kept = true}), tally);
    EXPECT_GT(tally.agreed_success, 100U);
  }
}

TEST(rfc_v2_constraints, have_their_surprises_in_the_document) {
  std::ifstream file(MPROGCHECK_DOCS "/rfc_v2.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  for (unsigned n = 0; n < surprise_count; ++n) {
    const auto surprise = static_cast<Surprise>(n);
    const std::string line =
        std::string(accepts(surprise) ? "| accepts | " : "| refuses | ") + std::string(text_of(surprise)) + " |\n";
    EXPECT_NE(text.find(line), std::string::npos) << "docs/rfc_v2.md lacks\n" << line;
  }
}

}  // namespace
}  // namespace mprogcheck::model::rfc_v2
