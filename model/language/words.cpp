// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/language/words.hpp"

#include <algorithm>

namespace mprogcheck::model {

std::optional<Hook> hook_named(std::string_view name) {
  const auto* const found = std::ranges::find(hook_rows, name, &HookRow::name);
  return found == hook_rows.end() ? std::nullopt : std::optional(found->hook);
}

namespace expected {

std::string one_of(std::span<const std::string_view> words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += words[i];
  }
  return text;
}

std::string names(char letter) {
  for (const NameRange& range : name_ranges)
    if (range.letter == letter) return letter + std::string("0 to ") + letter + std::to_string(range.count - 1);
  if (letter == 'c') return "c0 to c" + std::to_string(Cgroup::count - 1);
  return "d0 to d" + std::to_string(Target::device_count - 1);
}

std::string pins() {
  return "b0 to b" + std::to_string(PinName::count - 1);
}

std::string any_name() {
  std::string text;
  for (const NameRange& range : name_ranges) text += (text.empty() ? "" : ", ") + names(range.letter);
  return text;
}

}  // namespace expected
}  // namespace mprogcheck::model
