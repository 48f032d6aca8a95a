// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/passage.hpp"

#include "model/language/words.hpp"

namespace mprogcheck::model {
namespace {

constexpr std::array<std::string_view, fates> fate_names = {"not sent",   "passed", "dropped",
                                                            "redirected", "lost",   "multiplied"};

/// What a program that says so makes of the chain.
constexpr Rule rule_of(Returns returns) {
  switch (returns) {
    case Returns::next:
      return Rule::run_next;
    case Returns::pass:
      return Rule::run_passed;
    case Returns::drop:
      return Rule::run_dropped;
    case Returns::redirect:
      return Rule::run_redirected;
    case Returns::unknown:
      return Rule::run_unknown;
  }
  return Rule::run_next;
}

template <typename Visit>
Rule walk(const World& world, ListIndex index, Visit visit) {
  Rule rule = Rule::run_nothing;
  for (const Entry& entry : world.list(index).entries()) {
    visit(entry.program);
    rule = rule_of(world.program(entry.program).returns);
    if (rule != Rule::run_next) break;
  }
  return rule;
}

}  // namespace

std::string_view name_of(Fate fate) {
  return word_of(fate_names, static_cast<std::size_t>(fate));
}

Passage passage(const World& world, ListIndex list) {
  Passage way;
  way.rule = walk(world, list, [&way](ProgramIndex program) { way.programs[way.count++] = program; });
  return way;
}

Rule rule_of_passage(const World& world, ListIndex list) {
  return walk(world, list, [](ProgramIndex) {});
}

Fate fate_of(Rule rule) {
  switch (rule) {
    case Rule::run_nothing:
    case Rule::run_next:
    case Rule::run_passed:
    case Rule::run_unknown:
      return Fate::passed;
    case Rule::run_dropped:
      return Fate::dropped;
    case Rule::run_redirected:
      return Fate::redirected;
    default:
      return Fate::none;
  }
}

}  // namespace mprogcheck::model
