// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/passage.hpp"

#include "model/hooks/family.hpp"

namespace mprogcheck::model {
namespace {

constexpr std::array<std::string_view, fates> fate_names = {"not sent",   "passed", "dropped",
                                                            "redirected", "lost",   "multiplied"};

/// What a program that returns this makes of the chain.
Rule rule_of(Returns returns, Rule unknown_code) {
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
      return unknown_code;
  }
  return Rule::run_next;
}

/// Through one list. None: nothing there has a say, and the packet passes as it came.
template <typename Visit>
std::optional<Rule> through(const World& world, const Site& site, Visit& visit) {
  const FamilyRules& family = rules_of(site.hook);
  if (!family.on(world.device({static_cast<std::uint8_t>(site.target.value)}).made_as)) return std::nullopt;
  const ListIndex index = world.sites().find(site);
  if (index == no_list || world.list(index).empty()) {
    const Rule rule = family.nothing(world, site);
    return rule == Rule::run_nothing ? std::nullopt : std::optional(rule);
  }
  Rule rule = Rule::run_next;
  for (const Entry& entry : world.list(index).entries()) {
    visit(entry.program);
    rule = rule_of(world.program(entry.program).returns, family.unknown_code);
    if (rule != Rule::run_next) break;
  }
  return rule;
}

/// The last hook that has a say decides: before it the packet passed.
template <typename Visit>
Rule walk(const World& world, const Site& site, Visit visit) {
  const FamilyRules& family = rules_of(site.hook);
  Rule rule = Rule::run_nothing;
  for (const auto hook : {family.before(site.hook), std::optional(site.hook), family.after(site.hook)}) {
    if (!hook) continue;
    rule = through(world, {*hook, site.target}, visit).value_or(rule);
    if (fate_of(rule) != Fate::passed) break;
  }
  return rule;
}

}  // namespace

std::string_view name_of(Fate fate) {
  return static_cast<std::size_t>(fate) < fates ? fate_names[static_cast<std::size_t>(fate)] : "?";
}

Passage passage(const World& world, const Site& site) {
  Passage way;
  way.rule = walk(world, site, [&way](ProgramIndex program) { way.programs[way.count++] = program; });
  return way;
}

Rule rule_of_passage(const World& world, const Site& site) {
  return walk(world, site, [](ProgramIndex) {});
}

Fate fate_of(Rule rule) {
  switch (rule) {
    case Rule::run_nothing:
    case Rule::run_next:
    case Rule::run_passed:
    case Rule::run_unknown:
      return Fate::passed;
    case Rule::run_dropped:
    case Rule::run_policy:
    case Rule::run_unknown_drops:
      return Fate::dropped;
    case Rule::run_redirected:
      return Fate::redirected;
    default:
      return Fate::none;
  }
}

}  // namespace mprogcheck::model
