// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/crash_report.hpp"

#include <algorithm>
#include <charconv>

#include "kernel_oracle/splat.hpp"
#include "vm/console.hpp"

namespace mprogcheck {

namespace {

/// A line of the console as the kernel logged it: without "[    1.234567] ", with printk.caller
/// "[    1.234567][    T1] ".
std::string_view message_of(std::string_view line) {
  bool stamped = false;
  while (line.starts_with('[')) {
    const auto end = line.find(']');
    if (end == std::string_view::npos || line.find_first_not_of("0123456789. TC", 1) < end) break;
    line.remove_prefix(end + 1);
    stamped = true;
  }
  if (stamped && line.starts_with(' ')) line.remove_prefix(1);
  return line;
}

std::optional<std::uint32_t> number_of(std::string_view text) {
  std::uint32_t number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || rest != text.data() + text.size()) return std::nullopt;
  return number;
}

/// The agent's breadcrumb at the begin of the text: "17" or "17.3", with what may follow it.
void take_breadcrumb(std::string_view text, CrashReport& report) {
  const auto name = text.substr(0, text.find_first_not_of("0123456789."));
  const bool cut_off = name.size() == text.size();
  if (!cut_off && std::string_view(" :/").find(text[name.size()]) == std::string_view::npos) return;
  const auto dot = name.find('.');
  const auto job = number_of(name.substr(0, dot));
  if (!job) return;
  report.job = job;
  // A name that was cut off with its line says less: "17.3" is then any of 3, 30, 31 …
  if (dot != std::string_view::npos && !cut_off) report.step = number_of(name.substr(dot + 1));
}

/// "CPU: 0 UID: 0 PID: 1 Comm: 17.3 Not tainted …" (lib/dump_stack.c), "INFO: task 17.3:1 blocked for …"
/// (kernel/hung_task.c).
void find_job(std::string_view line, CrashReport& report) {
  for (const std::string_view key : {"Comm: ", "INFO: task "})
    if (const auto at = line.find(key); at != std::string_view::npos && !report.job)
      take_breadcrumb(line.substr(at + key.size()), report);
}

}  // namespace

CrashReport read_crash(std::string_view console) {
  const std::string text = vm::console_text(console);
  console = text;
  CrashReport report;
  SplatReader splat;
  while (!console.empty()) {
    const auto end = std::min(console.find('\n'), console.size());
    const auto line = message_of(console.substr(0, end));
    console.remove_prefix(std::min(end + 1, console.size()));
    splat.read(line);
    if (splat.found()) find_job(line, report);
  }
  report.splat = splat.text();
  return report;
}

}  // namespace mprogcheck
