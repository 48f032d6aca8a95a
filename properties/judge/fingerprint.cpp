// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/judge/fingerprint.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "oracle/oracle.hpp"

namespace mprogcheck::properties {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_of_a_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/// As the kernel prints an address or a register without 0x: %px, %016lx.
constexpr std::size_t shortest_bare_hex = 8;

/// How long the number at `text[at]` is; 0 if there is none.
std::size_t number_at(std::string_view text, std::size_t at) {
  const auto end_of = [&](std::size_t begin, bool (*belongs)(char)) {
    while (begin < text.size() && belongs(text[begin])) ++begin;
    return begin;
  };
  if (text.substr(at).starts_with("0x")) return end_of(at + 2, is_hex) - at;
  const bool begins_word = at == 0 || !is_of_a_word(text[at - 1]);
  const std::size_t hex_end = end_of(at, is_hex);
  if (begins_word && hex_end - at >= shortest_bare_hex && (hex_end == text.size() || !is_of_a_word(text[hex_end])))
    return hex_end - at;
  return end_of(at, is_digit) - at;
}

/// How long the "+0x1f/0x240" behind the name of a function is; 0 if there is none.
std::size_t offset_at(std::string_view text, std::size_t at) {
  if (!text.substr(at).starts_with("+0x")) return 0;
  std::size_t end = at + 1 + number_at(text, at + 1);
  if (text.substr(end).starts_with("/0x")) end += 1 + number_at(text, end + 1);
  return end - at;
}

std::string how_answers_differ(const AnswerDifference& answer) {
  constexpr std::array<std::string_view, 4> breaches{"beyond_attr", "inside_attr", "array", "flags"};  // bits of Breach
  std::string how;
  const auto add = [&how](std::string_view part) { how.append(how.empty() ? "" : "+").append(part); };
  if (answer.revision != answer.observed.revision) add("revision");
  if (answer.count != answer.observed.count) add("count");
  if (answer.expected != answer.entries) add("entries");
  const auto breach = static_cast<unsigned>(answer.breach ^ answer.observed.breach);
  for (unsigned bit = 0; bit < breaches.size(); ++bit)
    if ((breach >> bit & 1U) != 0) add(breaches[bit]);
  return how;
}

std::string_view how_passages_differ(std::span<const model::ProgramIndex> expected,
                                     std::span<const model::ProgramIndex> ran) {
  if (std::ranges::equal(expected, ran)) return {};
  std::vector<model::ProgramIndex> should(expected.begin(), expected.end());
  std::vector<model::ProgramIndex> did(ran.begin(), ran.end());
  std::ranges::sort(should);
  std::ranges::sort(did);
  if (should == did) return "permuted";
  if (std::ranges::includes(should, did)) return "missing";
  return std::ranges::includes(did, should) ? "extra" : "others";
}

}  // namespace

std::string without_numbers(std::string_view line) {
  if (line.starts_with('['))
    if (const auto end = line.find("] "); end != std::string_view::npos) line.remove_prefix(end + 2);
  std::string text;
  for (std::size_t i = 0; i < line.size();) {
    if (const std::size_t offset = offset_at(line, i); offset != 0) {
      i += offset;
    } else if (const std::size_t number = number_at(line, i); number != 0) {
      text += '#';
      i += number;
    } else {
      text += line[i++];
    }
  }
  return text;
}

std::string how_it_differs(const Divergence& divergence) {
  if (divergence.answer) return how_answers_differ(*divergence.answer);
  if (divergence.passage)
    return std::string(how_passages_differ(divergence.passage->expected.ran(), divergence.passage->ran));
  if (divergence.next) return divergence.next->observed == foreign_object ? "gone" : "another";
  return {};
}

}  // namespace mprogcheck::properties
