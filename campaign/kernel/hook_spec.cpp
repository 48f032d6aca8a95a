// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/kernel/hook_spec.hpp"

#include <set>

#include "model/language/words.hpp"

namespace mprogcheck {

namespace {

struct Family {
  std::string_view name;
  std::vector<model::Hook> hooks;
};
const std::vector<Family>& families() {
  static const std::vector<Family> all{{"tcx", {model::Hook::tcx_ingress, model::Hook::tcx_egress}}};
  return all;
}

}  // namespace

Result<std::vector<model::Hook>> parse_hooks(const std::vector<std::string>& names) {
  std::set<model::Hook> chosen;
  for (const std::string& name : names) {
    if (const auto hook = model::hook_named(name)) {
      chosen.insert(*hook);
      continue;
    }
    bool found = false;
    for (const Family& family : families())
      if (family.name == name) {
        chosen.insert(family.hooks.begin(), family.hooks.end());
        found = true;
      }
    if (!found)
      return fail(Error::Kind::usage, "--hook: expected tcx, {}, found \"{}\"",
                  model::expected::one_of(model::hook_names), name);
  }
  return std::vector<model::Hook>(chosen.begin(), chosen.end());
}

}  // namespace mprogcheck
