// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/splat.hpp"

#include <algorithm>
#include <optional>

namespace mprogcheck {

std::string_view splat_rules_text();  // made from splat_rules.txt

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

/// printk cuts what is longer (kernel/printk/internal.h: PRINTK_MESSAGE_MAX, and what stands before it).
constexpr std::size_t longest_line = 2048;
/// Of what is told of it.
constexpr std::size_t longest_title = 250, longest_function = 100;

/// Where in the text the pattern's match ends, if it begins at its begin. Each piece between stars is taken where it is
/// first found: nothing after the pattern has to match, so that none can be taken too early.
std::optional<std::size_t> match_length(std::string_view text, std::string_view pattern) {
  std::size_t at = 0;
  bool first = true;
  for (;;) {
    const auto star = std::min(pattern.find('*'), pattern.size());
    const auto piece = pattern.substr(0, star);
    const auto found = first ? (text.starts_with(piece) ? 0 : std::string_view::npos) : text.find(piece, at);
    if (found == std::string_view::npos) return std::nullopt;
    at = found + piece.size();
    if (star == pattern.size()) return at;
    pattern.remove_prefix(star + 1);
    first = false;
  }
}

bool has_pattern(std::string_view line, const SplatRules::Rule& rule) {
  if (rule.anchored) return match_length(line, rule.pattern).has_value();
  const auto begin = rule.pattern.substr(0, rule.pattern.find('*'));
  auto at = line.find(begin);
  while (at != std::string_view::npos && at != 0 && is_word(line[at - 1])) at = line.find(begin, at + 1);
  // Only there: what follows the first piece further on, follows it here, too.
  return at != std::string_view::npos && match_length(line.substr(at), rule.pattern);
}

std::optional<SplatRules::Kind> kind_of(std::string_view word) {
  if (word == "defect") return SplatRules::Kind::defect;
  if (word == "allow") return SplatRules::Kind::allow;
  if (word == "skip") return SplatRules::Kind::skip;
  return std::nullopt;
}

/// Not in the middle of a character of UTF-8.
std::string_view cut(std::string_view text, std::size_t length) {
  if (text.size() <= length) return text;
  while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80) --length;
  return text.substr(0, length);
}

/// "17.3:1", "17:1", "17.3/1": a task that bears the agent's breadcrumb for a name, and its pid. Its length, or 0.
std::size_t breadcrumb_length(std::string_view text) {
  std::size_t at = 0;
  const auto number = [&] {
    const auto begin = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return at != begin;
  };
  if (!number()) return 0;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (!number()) return 0;
  }
  if (at >= text.size() || (text[at] != ':' && text[at] != '/')) return 0;
  ++at;
  return number() && (at == text.size() || !is_word(text[at])) ? at : 0;
}

std::string without_breadcrumb(std::string_view line) {
  std::string text;
  for (std::size_t at = 0; at < line.size();) {
    const bool begins = at == 0 || (!is_word(line[at - 1]) && line[at - 1] != '.' && line[at - 1] != ':');
    const auto length = begins ? breadcrumb_length(line.substr(at)) : 0;
    if (length != 0)
      text += "agent";
    else
      text += line[at];
    at += std::max<std::size_t>(length, 1);
  }
  return text;
}

/// The function of a line of a call trace, or of the instruction pointer: " tcx_prog_attach+0x1/0x2 [module]",
/// "RIP: 0010:bpf_mprog_attach+0x1/0x2". Empty if it is another line, or a guess of the unwinder ("? func+0x…").
std::string_view function_in(std::string_view line) {
  constexpr std::string_view instruction = "RIP: 0010:";  // the kernel's; 0033 is user space
  line = trimmed(line);
  if (line.starts_with(instruction)) line.remove_prefix(instruction.size());
  std::size_t end = 0;
  while (end < line.size() && (is_word(line[end]) || line[end] == '.')) ++end;
  if (end == 0 || !line.substr(end).starts_with("+0x")) return {};
  line = line.substr(0, end);
  return line.substr(0, line.find('.'));  // what a compiler made of it: .isra.0, .constprop.0, .cold
}

}  // namespace

SplatRules::SplatRules(std::string_view text) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    const auto first = line.find(" | "), last = line.rfind(" | ");
    const auto kind = kind_of(trimmed(line.substr(0, std::min(first, line.size()))));
    if (first == std::string_view::npos || first == last || !kind) {
      ++bad_lines_;
      continue;
    }
    Rule rule{.kind = *kind,
              .anchored = false,
              .pattern = trimmed(line.substr(first + 3, last - first - 3)),
              .reason = trimmed(line.substr(last + 3))};
    rule.anchored = rule.pattern.starts_with('^');
    if (rule.anchored) rule.pattern.remove_prefix(1);
    if (rule.pattern.empty() || rule.reason.empty())
      ++bad_lines_;
    else
      rules_.push_back(rule);
  }
}

const SplatRules& SplatRules::built_in() {
  static const SplatRules rules(splat_rules_text());
  return rules;
}

bool SplatRules::matches(std::string_view line, Kind kind) const {
  return std::any_of(rules_.begin(), rules_.end(),
                     [&](const Rule& rule) { return rule.kind == kind && has_pattern(line, rule); });
}

bool SplatRules::is_defect(std::string_view line) const {
  line = line.substr(0, longest_line);
  return matches(line, Kind::defect) && !matches(line, Kind::allow);
}

bool SplatRules::is_skipped(std::string_view function) const {
  return std::any_of(rules_.begin(), rules_.end(), [&](const Rule& rule) {
    if (rule.kind != Kind::skip) return false;
    const auto length = match_length(function, rule.pattern);
    return length && (*length == function.size() || rule.pattern.ends_with('*'));
  });
}

bool is_splat(std::string_view line) {
  return SplatRules::built_in().is_defect(line);
}

std::string_view kernel_message(std::string_view record) {
  unsigned priority = 0;
  std::size_t digits = 0;
  for (; digits < record.size() && is_digit(record[digits]) && digits < 6; ++digits)
    priority = priority * 10 + static_cast<unsigned>(record[digits] - '0');
  const auto semicolon = record.find(';');
  // Facility 0 is the kernel; user space cannot claim it (kernel/printk/printk.c: devkmsg_write).
  if (digits == 0 || priority >> 3 != 0 || semicolon == std::string_view::npos) return {};
  record.remove_prefix(semicolon + 1);
  return record.substr(0, record.find('\n'));
}

void SplatReader::read(std::string_view message) {
  message = cut(message, longest_line);
  if (!found()) {
    if (is_splat(message)) title_ = cut(without_breadcrumb(trimmed(message)), longest_title);
    return;
  }
  if (ended_ || frames_.size() == max_frames) return;
  ended_ = message.find("---[ end ") != std::string_view::npos;
  const auto function = cut(function_in(message), longest_function);
  if (function.empty() || SplatRules::built_in().is_skipped(function)) return;
  // The instruction pointer, and the innermost frame of a trace that begins with it.
  if (frames_.empty() || frames_.back() != function) frames_.emplace_back(function);
}

std::string SplatReader::text() const {
  std::string text = title_;
  for (std::size_t i = 0; i < frames_.size(); ++i) text += (i == 0 ? " (" : " < ") + frames_[i];
  return frames_.empty() ? text : text + ")";
}

}  // namespace mprogcheck
