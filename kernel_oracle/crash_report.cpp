// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/crash_report.hpp"

#include <algorithm>
#include <charconv>

#include "kernel_oracle/splat.hpp"

namespace mprogcheck {

namespace {

/// Without "[    1.234567] " and the line's end.
std::string_view message_of(std::string_view line) {
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
  if (line.starts_with('['))
    if (const auto end = line.find("] "); end != std::string_view::npos) line.remove_prefix(end + 2);
  return line;
}

std::optional<std::uint32_t> number_of(std::string_view text) {
  std::uint32_t number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || rest != text.data() + text.size()) return std::nullopt;
  return number;
}

/// "CPU: 0 UID: 0 PID: 1 Comm: 17.3 Not tainted …": the breadcrumb of the agent (lib/dump_stack.c).
void find_job(std::string_view line, CrashReport& report) {
  constexpr std::string_view key = "Comm: ";
  const auto at = line.find(key);
  if (at == std::string_view::npos) return;
  line.remove_prefix(at + key.size());
  const auto name = line.substr(0, line.find(' '));
  const auto dot = name.find('.');
  const auto job = number_of(name.substr(0, dot));
  if (!job) return;
  report.job = job;
  // A name that ends with the line may have been cut off: "17.3" is then any of 3, 30, 31 …
  if (dot != std::string_view::npos && name.size() != line.size()) report.step = number_of(name.substr(dot + 1));
}

}  // namespace

CrashReport read_crash(std::string_view console) {
  CrashReport report;
  while (!console.empty()) {
    const auto end = std::min(console.find('\n'), console.size());
    const auto line = message_of(console.substr(0, end));
    console.remove_prefix(std::min(end + 1, console.size()));
    if (report.splat.empty() && is_splat(line)) report.splat = line;
    if (!report.splat.empty() && !report.job) find_job(line, report);
  }
  return report;
}

}  // namespace mprogcheck
