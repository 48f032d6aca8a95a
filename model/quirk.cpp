// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/quirk.hpp"

#include <array>

namespace mprogcheck::model {

namespace {
constexpr std::array<std::string_view, quirk_count> names{"full_list_keeps_tail",
                                                          "detach_by_position_unprivileged",
                                                          "query_writes_beyond_attr",
                                                          "relative_without_program_ignored",
                                                          "cgroup_query_writes_beyond_attr",
                                                          "cgroup_query_writes_revision"};
}  // namespace

std::string_view name_of(Quirk quirk) {
  return names[static_cast<unsigned>(quirk)];
}

std::optional<Quirk> quirk_named(std::string_view name) {
  for (unsigned i = 0; i < quirk_count; ++i)
    if (names[i] == name) return static_cast<Quirk>(i);
  return std::nullopt;
}

std::string_view name_of(Extension part) {
  constexpr std::array<std::string_view, extension_count> extensions = {"cgroup_preorder", "cgroup_order"};
  return extensions[static_cast<unsigned>(part)];
}

}  // namespace mprogcheck::model
