// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <fmt/format.h>

#include "properties/coverage.hpp"

#include <numeric>
#include <set>
#include <utility>

namespace mprogcheck::properties {

namespace {

constexpr std::array<std::string_view, length_classes> length_names{"0", "1", "2", "3-4", "5-61", "62", "63"};

/// One name a call: what call_name() says of an operation of that alternative.
template <std::size_t... indices>
std::array<std::string_view, sizeof...(indices)> all_calls(std::index_sequence<indices...>) {
  return {model::call_name(model::Operation(std::in_place_index<indices>))...};
}

template <std::size_t size>
void add_to(std::array<std::uint64_t, size>& sum, const std::array<std::uint64_t, size>& more) {
  for (std::size_t i = 0; i < size; ++i) sum[i] += more[i];
}

}  // namespace

std::string_view name_of(LengthClass length) {
  return length_names[static_cast<unsigned>(length)];
}

model::FamilySet families_of(model::Rule rule) {
  model::FamilySet own = 0;
  for (const model::FamilyRow& row : model::family_rows)
    if (('.' + std::string(model::name_of(rule))).find(fmt::format(".{}.", row.name)) != std::string::npos)
      own = static_cast<model::FamilySet>(own | only(row.family));
  return own == 0 ? model::all_families : own;
}

bool reachable(model::Rule rule, model::Traits traits, model::FamilySet families) {
  using model::Quirk;
  if ((families_of(rule) & families) == 0) return false;
  switch (rule) {
    case model::Rule::detach_full_tail:
      return traits.has(Quirk::full_list_keeps_tail);
    case model::Rule::detach_unguarded:
      return traits.has(Quirk::detach_by_position_unprivileged);
    case model::Rule::detach_permission:
      return !traits.has(Quirk::detach_by_position_unprivileged);
    case model::Rule::query_overrun:
      return traits.has(Quirk::query_writes_beyond_attr);
    case model::Rule::cgroup_query_overrun:
      return traits.has(Quirk::cgroup_query_writes_beyond_attr);
    case model::Rule::cgroup_query_revision_overrun:
      return traits.has(Quirk::cgroup_query_writes_revision);
    case model::Rule::cgroup_preorder_unknown:
      return traits.lacks(model::Extension::cgroup_preorder);
    case model::Rule::cgroup_order_unknown:
    case model::Rule::cgroup_link_order_unknown:
    case model::Rule::cgroup_detach_order_unknown:
      return traits.lacks(model::Extension::cgroup_order);
    case model::Rule::query_narrow:
      return !traits.has(Quirk::query_writes_beyond_attr);
    case model::Rule::detach_relative_ignored:
      return traits.has(Quirk::relative_without_program_ignored);
    case model::Rule::relative_never_in_list:
      return !traits.has(Quirk::relative_without_program_ignored);
    default:
      return true;
  }
}

void Coverage::add(const model::Operation& operation, const model::Verdict& verdict, const model::World& before) {
  add(operation, verdict);
  const auto site = model::site_of(operation);
  if (!site) return;
  if (const auto list = before.list_at(*site))
    ++lengths_[static_cast<unsigned>(length_class_of(before.list(*list).count))];
}

void Coverage::merge(const Coverage& other) {
  add_to(calls_, other.calls_);
  add_to(rules_, other.rules_);
  add_to(errors_, other.errors_);
  add_to(lengths_, other.lengths_);
}

std::uint64_t Coverage::operations() const {
  return std::accumulate(calls_.begin(), calls_.end(), std::uint64_t{0});
}

std::map<std::string, std::uint64_t> Coverage::rules() const {
  std::map<std::string, std::uint64_t> seen;
  for (unsigned i = 0; i < rules_.size(); ++i)
    if (rules_[i] != 0) seen[std::string(model::name_of(static_cast<model::Rule>(i)))] += rules_[i];
  return seen;
}

std::map<std::string, std::uint64_t> Coverage::by_errno() const {
  std::map<std::string, std::uint64_t> seen;
  for (unsigned i = 0; i < errors_.size(); ++i)
    if (errors_[i] != 0) seen[model::to_string(model::Outcome{static_cast<std::int32_t>(i)})] += errors_[i];
  return seen;
}

std::map<std::string, std::uint64_t> Coverage::calls() const {
  static const auto names = all_calls(std::make_index_sequence<std::variant_size_v<model::AnyCall>>());
  std::map<std::string, std::uint64_t> seen;
  for (unsigned i = 0; i < calls_.size(); ++i)
    if (calls_[i] != 0) seen[std::string(names[i])] += calls_[i];
  return seen;
}

std::map<std::string, std::uint64_t> Coverage::lengths() const {
  std::map<std::string, std::uint64_t> seen;
  for (unsigned i = 0; i < lengths_.size(); ++i)
    if (lengths_[i] != 0) seen[std::string(length_names[i])] += lengths_[i];
  return seen;
}

CoverageCounts Coverage::counts() const {
  CoverageCounts counts{.calls = calls(), .rules = rules(), .lengths = lengths(), .errors = {}};
  for (unsigned i = 0; i < errors_.size(); ++i)
    if (errors_[i] != 0) counts.errors[static_cast<std::int32_t>(i)] = errors_[i];
  return counts;
}

std::optional<Coverage> Coverage::of(const CoverageCounts& counts) {
  static const auto call_names = all_calls(std::make_index_sequence<std::variant_size_v<model::AnyCall>>());
  Coverage coverage;
  // Rules have their names from a function, the others from tables.
  const auto take = [](const auto& from, auto& to, auto name) {
    std::size_t known = 0;
    for (std::size_t i = 0; i < to.size(); ++i)
      if (const auto at = from.find(std::string(name(i))); at != from.end()) {
        to[i] = at->second;
        ++known;
      }
    return known == from.size();
  };
  if (!take(counts.calls, coverage.calls_, [&](std::size_t i) { return call_names[i]; }) ||
      !take(counts.rules, coverage.rules_, [](std::size_t i) { return model::name_of(static_cast<model::Rule>(i)); }) ||
      !take(counts.lengths, coverage.lengths_, [](std::size_t i) { return length_names[i]; }))
    return std::nullopt;
  for (const auto& [error, count] : counts.errors) {
    if (error < 0 || static_cast<std::size_t>(error) >= coverage.errors_.size()) return std::nullopt;
    coverage.errors_[static_cast<std::size_t>(error)] = count;
  }
  return coverage;
}

model::FamilySet Coverage::families() const {
  model::FamilySet with_rules = 0, met = 0;
  for (unsigned i = 0; i < model::rule_count; ++i) {
    const model::FamilySet own = families_of(static_cast<model::Rule>(i));
    if (own == model::all_families) continue;
    with_rules = static_cast<model::FamilySet>(with_rules | own);
    if (rules_[i] != 0) met = static_cast<model::FamilySet>(met | own);
  }
  return static_cast<model::FamilySet>((model::all_families & ~with_rules) | met);
}

std::vector<model::Outcome> Coverage::unseen_errnos(model::Traits traits) const {
  std::set<std::int32_t> unseen;
  for (unsigned i = 0; i < model::rule_count; ++i) {
    const auto rule = static_cast<model::Rule>(i);
    const std::int32_t error = model::text_of(rule).outcome.error;
    if (reachable(rule, traits, families()) && errors_[static_cast<unsigned>(error)] == 0) unseen.insert(error);
  }
  unseen.erase(0);
  std::vector<model::Outcome> outcomes;
  for (const std::int32_t error : unseen) outcomes.push_back({error});
  return outcomes;
}

std::vector<model::Rule> Coverage::unseen(model::Traits traits) const {
  std::vector<model::Rule> rules;
  for (unsigned i = 0; i < rules_.size(); ++i)
    if (rules_[i] == 0 && reachable(static_cast<model::Rule>(i), traits, families()))
      rules.push_back(static_cast<model::Rule>(i));
  return rules;
}

}  // namespace mprogcheck::properties
