// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vm/console.hpp"

#include <algorithm>
#include <limits>
#include <vector>

#include "base/text.hpp"

namespace mprogcheck::vm {

std::string console_text(std::string_view raw) {
  return printable_text(raw, std::numeric_limits<std::size_t>::max());
}

std::string last_lines(std::string_view raw, std::size_t count) {
  constexpr std::size_t longest_line = 500, enough = 256UL << 10;
  const auto text = console_text(raw.substr(raw.size() - std::min(raw.size(), enough)));
  std::string_view rest = text;
  while (rest.ends_with('\n')) rest.remove_suffix(1);
  std::vector<std::string_view> lines;
  while (lines.size() < count && !rest.empty()) {
    const auto end = rest.rfind('\n');
    lines.push_back(end == std::string_view::npos ? rest : rest.substr(end + 1));
    rest = rest.substr(0, end == std::string_view::npos ? 0 : end);
  }
  std::string last;
  for (auto line = lines.rbegin(); line != lines.rend(); ++line)
    last += (last.empty() && line == lines.rbegin() ? "" : "\n") + printable_line(*line, longest_line);
  return last;
}

std::string panic_reason(std::string_view console) {
  constexpr std::string_view mark = "Kernel panic - not syncing: ";
  const auto at = console.find(mark);
  if (at == console.npos) return {};
  console.remove_prefix(at + mark.size());
  return printable_line(console.substr(0, console.find_first_of("\r\n")), 300);
}

}  // namespace mprogcheck::vm
