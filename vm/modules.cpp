// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vm/modules.hpp"

#include <algorithm>
#include <functional>
#include <set>

namespace mprogcheck::vm {

std::string module_name(std::string_view path) {
  path.remove_prefix(path.rfind('/') + 1);  // npos + 1 is 0
  const auto end = path.find(".ko");
  if (end == path.npos || (end + 3 < path.size() && path[end + 3] != '.')) return {};
  std::string name(path.substr(0, end));
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

std::vector<std::string> module_dependencies(std::string_view ko) {
  using namespace std::string_view_literals;
  constexpr auto key = "\0depends="sv;  // an entry of the .modinfo section: "key=value", each ended by a zero
  const auto at = ko.find(key);
  if (at == ko.npos) return {};
  auto list = ko.substr(at + key.size());
  list = list.substr(0, list.find('\0'));
  std::vector<std::string> names;
  while (!list.empty()) {
    const auto end = std::min(list.find(','), list.size());
    names.push_back(module_name(std::string(list.substr(0, end)) + ".ko"));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return names;
}

std::vector<std::string> load_order(const Modules& modules, std::span<const std::string_view> wanted) {
  std::vector<std::string> order;
  std::set<std::string> seen;
  const std::function<void(const std::string&)> visit = [&](const std::string& name) {
    const auto module = modules.find(name);
    if (module == modules.end() || !seen.insert(name).second) return;
    for (const auto& dependency : module_dependencies(module->second)) visit(dependency);
    order.push_back(name);
  };
  for (const auto name : wanted) visit(std::string(name));
  return order;
}

}  // namespace mprogcheck::vm
