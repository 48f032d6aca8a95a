// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/rfc_v2/exploration.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "properties/rfc_v2/invariants.hpp"

namespace mprogcheck::properties {
namespace {

using model::rfc_v2::Rule;
using Broken = std::set<std::pair<std::string, std::string>>;

/// One world of docs/rfc_v2.md: its row in the table there, and what is broken in it.
struct World {
  RfcV2Bound bound;
  Broken broken;
  std::set<Rule> never;  ///< rules that no pair meets
};

/// What the design breaks in every world.
Broken always_broken() {
  return {
      {"revision_tells_change", "rfc_v2.replace"},      {"ordinary_detach_spares_first", "rfc_v2.detach"},
      {"ordinary_detach_spares_last", "rfc_v2.detach"}, {"unknown_flag_is_refused", "rfc_v2.attach"},
      {"unknown_flag_is_refused", "rfc_v2.first"},      {"unknown_flag_is_refused", "rfc_v2.last"},
      {"unknown_flag_is_refused", "rfc_v2.both"},       {"bad_fd_is_refused", "rfc_v2.detach"},
  };
}

Broken and_also(Broken some, const Broken& more) {
  some.insert(more.begin(), more.end());
  return some;
}

const Broken broken_where_kept{{"success_does_it", "rfc_v2.detach.phantom"},
                               {"revision_tells_change", "rfc_v2.detach.phantom"}};
/// FIRST and LAST of a link are where they are shown: no link is ever stuck.
const std::set<Rule> unreachable{Rule::update_stuck, Rule::release_stuck};

std::set<Rule> unreachable_and(std::set<Rule> rules) {
  rules.insert(unreachable.begin(), unreachable.end());
  return rules;
}

World not_kept() {
  return {.bound = {},
          .broken = and_also(always_broken(), {{"revision_goes_forward", "rfc_v2.detach"},
                                               {"revision_goes_forward", "rfc_v2.link_detach"},
                                               {"revision_goes_forward", "rfc_v2.close"}}),
          .never = unreachable_and({Rule::stale_for_good, Rule::end_full, Rule::attach_full, Rule::detach_phantom})};
}
World full() {
  return {.bound = {.links = 1, .capacity = 2, .kept = true},
          .broken = and_also(always_broken(), broken_where_kept),
          .never = unreachable_and({Rule::stale_for_good, Rule::detach_no_entry})};
}
World old() {
  return {.bound = {.programs = 2, .links = 1, .kept = true, .revision = 0x7fff'ffff},
          .broken = and_also(and_also(always_broken(), broken_where_kept),
                             {{"right_expectation_is_met", "rfc_v2.stale.for_good"}}),
          .never = unreachable_and({Rule::end_full, Rule::attach_full, Rule::detach_no_entry})};
}

std::string with_commas(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<std::size_t>(at), ",");
  return text;
}

/// The world's row in the document.
std::string row(const RfcV2Bound& bound, const RfcV2Exploration& found) {
  std::string text = "|";
  for (const std::uint64_t number :
       {std::uint64_t{bound.programs}, std::uint64_t{bound.links}, std::uint64_t{bound.capacity}})
    text += " " + with_commas(number) + " |";
  text += bound.kept ? " yes |" : " no |";
  for (const std::uint64_t number : {std::uint64_t{bound.revision}, found.states, found.operations, found.pairs,
                                     found.transitions, std::uint64_t{found.depth}})
    text += " " + with_commas(number) + " |";
  return text;
}

/// How many pairs of each call had each outcome: the rows of a table of the document, the most frequent outcome first.
std::vector<std::string> rows_by_outcome(const RfcV2Exploration& found) {
  using Row = std::array<std::uint64_t, model::rfc_v2::call_count + 1>;  // the last is their sum
  std::map<model::Outcome, Row> rows;
  for (unsigned call = 0; call < model::rfc_v2::call_count; ++call)
    for (unsigned rule = 0; rule < model::rfc_v2::rule_count; ++rule) {
      Row& row = rows[model::rfc_v2::outcome_of(static_cast<Rule>(rule))];
      row[call] += found.decided[call][rule];
      row.back() += found.decided[call][rule];
    }
  std::vector<std::string> texts;
  for (const auto& [outcome, row] : rows) {
    if (row.back() == 0) continue;
    texts.push_back("| " + to_string(outcome) + " |");
    for (const std::uint64_t count : row) texts.back() += " " + (count == 0 ? "" : with_commas(count) + " ") + "|";
  }
  return texts;
}

/// A broken promise's heading and sequence in the document.
std::string block(const RfcV2Broken& broken) {
  std::string text = "`" + std::string(model::rfc_v2::name_of(broken.rule)) + "`: " + broken.found + "\n\n```\n";
  for (const std::string& operation : broken.sequence) text += operation + "\n";
  return text + "```\n";
}

std::string document() {
  std::ifstream file(MPROGCHECK_DOCS "/rfc_v2.md");
  return {std::istreambuf_iterator<char>(file), {}};
}

RfcV2Exploration expect_as_told(const World& world) {
  RfcV2Exploration found = explore(RfcV2Machine(world.bound));
  EXPECT_TRUE(found.complete);
  EXPECT_EQ(found.pairs, found.states * found.operations) << "a pair has no verdict";
  EXPECT_EQ(found.longest, std::min(world.bound.programs, world.bound.capacity));

  Broken broken;
  for (const RfcV2Broken& one : found.broken) broken.emplace(one.promise, model::rfc_v2::name_of(one.rule));
  EXPECT_EQ(broken, world.broken);

  std::set<Rule> never;
  for (unsigned rule = 0; rule < model::rfc_v2::rule_count; ++rule)
    if (found.decided_by(static_cast<Rule>(rule)) == 0) never.insert(static_cast<Rule>(rule));
  EXPECT_EQ(never, world.never);

  const std::string text = document();
  EXPECT_NE(text.find(row(world.bound, found)), std::string::npos) << "docs/rfc_v2.md lacks\n"
                                                                   << row(world.bound, found);
  for (const RfcV2Broken& one : found.broken) {
    EXPECT_NE(text.find("### " + std::string(one.promise) + "\n"), std::string::npos) << one.promise;
    EXPECT_NE(text.find(block(one)), std::string::npos) << "docs/rfc_v2.md lacks\n" << block(one);
  }
  return found;
}

TEST(rfc_v2_exploration, of_three_programs_breaks_what_is_told_and_nothing_else) {
  const RfcV2Exploration found = expect_as_told(not_kept());
  const std::string text = document();
  for (const std::string& line : rows_by_outcome(found))
    EXPECT_NE(text.find(line + "\n"), std::string::npos) << "docs/rfc_v2.md lacks\n" << line;
}

TEST(rfc_v2_exploration, of_a_full_list_breaks_what_is_told_and_nothing_else) {
  expect_as_told(full());
}

TEST(rfc_v2_exploration, across_revision_2_to_the_31_breaks_what_is_told_and_nothing_else) {
  expect_as_told(old());
}

class rfc_v2_of_four_programs : public ::testing::TestWithParam<unsigned> {};

TEST_P(rfc_v2_of_four_programs, breaks_nothing_more) {
  World world = not_kept();
  world.bound.programs = 4;
  world.bound.links = GetParam();
  expect_as_told(world);
}
INSTANTIATE_TEST_SUITE_P(links, rfc_v2_of_four_programs, ::testing::Values(2U, 4U),
                         ::testing::PrintToStringParamName());

TEST(rfc_v2_exploration, with_names_breaks_nothing_more) {
  World labelled = not_kept();
  labelled.bound.symmetric = false;
  const RfcV2Exploration found = explore(RfcV2Machine(labelled.bound));
  Broken broken;
  for (const RfcV2Broken& one : found.broken) broken.emplace(one.promise, model::rfc_v2::name_of(one.rule));
  EXPECT_EQ(broken, labelled.broken);
  EXPECT_EQ(found.states, 964U);
}

TEST(rfc_v2_exploration, has_every_promise_in_the_document_and_only_broken_ones_have_a_section) {
  const std::string text = document();
  std::set<std::string> ever_broken;
  for (const World& world : {not_kept(), full(), old()})
    for (const auto& [promise, rule] : world.broken) ever_broken.insert(promise);
  for (const RfcV2Promise& promise : rfc_v2_promises()) {
    const std::string name(promise.name);
    const bool broken = ever_broken.contains(name);
    const std::string line =
        "| `" + name + "` | " + std::string(promise.says) + " | " + (broken ? "**broken**" : "held") + " |\n";
    EXPECT_NE(text.find(line), std::string::npos) << "docs/rfc_v2.md lacks\n" << line;
    EXPECT_EQ(text.find("### " + name + "\n") != std::string::npos, broken) << name;
  }
}

}  // namespace
}  // namespace mprogcheck::properties
