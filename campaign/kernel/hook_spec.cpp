// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/kernel/hook_spec.hpp"

#include <algorithm>
#include <set>

#include "model/language/words.hpp"

namespace mprogcheck {

std::string hook_words() {
  std::vector<std::string_view> words;
  for (const model::FamilyRow& row : model::family_rows) words.push_back(row.name);
  words.insert(words.end(), model::hook_names.begin(), model::hook_names.end());
  return model::expected::one_of(words);
}

std::vector<model::Hook> all_hooks() {
  std::vector<model::Hook> hooks;
  for (const model::HookRow& row : model::hook_rows) hooks.push_back(row.hook);
  return hooks;
}

Result<void> has_hooks(const OracleIdentity& identity, const std::vector<model::Hook>& hooks) {
  for (const model::Hook hook : hooks)
    if (const auto feature = model::row_of(model::family_of(hook)).feature; !identity.has(feature))
      return fail(Error::Kind::skipped, "{} lacks the feature \"{}\", which {} needs",
                  identity.release.empty() ? identity.source : "kernel " + identity.release, feature,
                  model::name_of(hook));
  return {};
}

Result<std::vector<model::Hook>> parse_hooks(const std::vector<std::string>& names) {
  std::set<model::Hook> chosen;
  for (const std::string& name : names) {
    if (const auto hook = model::hook_named(name)) {
      chosen.insert(*hook);
      continue;
    }
    const auto* const family = std::ranges::find(model::family_rows, name, &model::FamilyRow::name);
    if (family == model::family_rows.end())
      return fail(Error::Kind::usage, "--hook: expected {}, found \"{}\"", hook_words(), name);
    for (const model::HookRow& row : model::hook_rows)
      if (row.family == family->family) chosen.insert(row.hook);
  }
  return std::vector<model::Hook>(chosen.begin(), chosen.end());
}

}  // namespace mprogcheck
