// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "base/text.hpp"

#include <fmt/format.h>

namespace mprogcheck {

namespace {

constexpr bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

/// A character of UTF-8 at the begin of the text: its length, or 0 if the bytes there are none.
std::size_t utf8_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t length = lead < 0x80 ? 1 : lead >= 0xc2 && lead < 0xe0 ? 2 : (lead & 0xf0U) == 0xe0 ? 3 : 4;
  if ((lead >= 0x80 && lead < 0xc2) || lead > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if (!continues(text[i])) return 0;
  if (length < 3) return length;
  const auto second = static_cast<unsigned char>(text[1]);
  // Overlong forms, surrogates, and what is beyond the last code point.
  const bool none = (lead == 0xe0 && second < 0xa0) || (lead == 0xed && second >= 0xa0) ||
                    (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second >= 0x90);
  return none ? 0 : length;
}

/// C1 as UTF-8: U+0080 to U+009F; a terminal may take U+009B for the begin of a command.
bool is_c1(std::string_view character) {
  return character.size() == 2 && character[0] == '\xc2' && static_cast<unsigned char>(character[1]) < 0xa0;
}

/// What turns the direction of writing, or starts a line or paragraph: U+2028 to U+202E, U+2066 to U+2069.
bool is_deceptive(std::string_view character) {
  if (character.size() != 3 || character[0] != '\xe2') return false;
  const auto second = static_cast<unsigned char>(character[1]), third = static_cast<unsigned char>(character[2]);
  return (second == 0x80 && third >= 0xa8 && third <= 0xae) || (second == 0x81 && third >= 0xa6 && third <= 0xa9);
}

/// The length of the terminal's command at the begin of the text, which is an escape character: CSI up to its final
/// byte, OSC and its like up to their terminator. One that does not end on its line is but the escape character.
std::size_t escape_length(std::string_view text) {
  if (text.size() < 2) return 1;
  if (text[1] == '[') {
    std::size_t at = 2;
    while (at < text.size() && text[at] >= ' ' && text[at] < '@') ++at;
    return at < text.size() && text[at] >= '@' && text[at] <= '~' ? at + 1 : 2;
  }
  if (std::string_view("]P^_X").find(text[1]) == std::string_view::npos) return 1;
  // What a command may hold is bounded, so that many begun ones do not take time quadratic in the text.
  constexpr std::size_t longest = 256;
  for (std::size_t at = 2; at < text.size() && at < longest && text[at] != '\n'; ++at) {
    if (text[at] == '\a') return at + 1;
    if (text[at] == '\x1b' && at + 1 < text.size() && text[at + 1] == '\\') return at + 2;
  }
  return 2;
}

std::string cleaned(std::string_view raw, bool one_line) {
  std::string text;
  text.reserve(raw.size());
  while (!raw.empty()) {
    const char c = raw[0];
    if (c == '\x1b') {
      raw.remove_prefix(escape_length(raw));
      continue;
    }
    if (c == '\n' || c == '\t') {
      text += one_line ? ' ' : c;
      raw.remove_prefix(1);
      continue;
    }
    const auto length = utf8_length(raw);
    const auto character = raw.substr(0, length);
    if (length == 0)
      text += '?';
    else if (static_cast<unsigned char>(c) >= ' ' && c != '\x7f' && !is_c1(character) && !is_deceptive(character))
      text += character;
    raw.remove_prefix(length == 0 ? 1 : length);
  }
  return text;
}

/// Not in the middle of a character.
std::size_t head_end(std::string_view text, std::size_t at) {
  while (at > 0 && at < text.size() && continues(text[at])) --at;
  return at;
}

}  // namespace

std::string printable_line(std::string_view raw, std::size_t limit) {
  // No character of the text takes more than a few bytes of the raw: what is far behind the limit need not be looked
  // at.
  std::string text = cleaned(raw.substr(0, 4 * limit + 256), true);
  if (text.size() <= limit && raw.size() <= 4 * limit + 256) return text;
  text.resize(head_end(text, limit));
  return text + fmt::format(" ... ({} bytes in all)", raw.size());
}

std::string printable_text(std::string_view raw, std::size_t limit) {
  if (raw.size() <= limit) return cleaned(raw, false);
  const auto half = limit / 2;
  auto tail = raw.substr(raw.size() - half);
  if (const auto line = tail.find('\n'); line != std::string_view::npos) tail.remove_prefix(line + 1);
  return cleaned(raw.substr(0, half), false) +
         fmt::format("\n... ({} bytes are left out here) ...\n", raw.size() - half - tail.size()) +
         cleaned(tail, false);
}

}  // namespace mprogcheck
