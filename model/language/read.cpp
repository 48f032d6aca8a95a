// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/language/read.hpp"

#include <charconv>

namespace mprogcheck::model {
namespace {

/// A word that is a number, decimal or hexadecimal, and not too large.
template <typename Number>
std::optional<Number> number_in(std::string_view word) {
  const int base = word.starts_with("0x") ? 16 : 10;
  if (base == 16) word.remove_prefix(2);
  Number number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number, base);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return number;
}

/// The number behind a letter, below `count`. There is one way to write it: decimal, no leading zeros.
std::optional<unsigned> index_in(std::string_view word, char letter, unsigned count) {
  if (word.size() < 2 || word[0] != letter || (word[1] == '0' && word.size() > 2)) return std::nullopt;
  const auto index = number_in<unsigned>(word.substr(1));
  return index && *index < count ? index : std::nullopt;
}

/// A piece of the source for an error: on one line, printable, not long.
std::string quoted(std::string_view source) {
  constexpr std::size_t longest = 40;
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text = "\"";
  for (const char c : source.substr(0, longest)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f) {
      text += c;
    } else {
      text += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
    }
  }
  return text + (source.size() > longest ? "...\"" : "\"");
}

}  // namespace

std::optional<Name> name_in(std::string_view word) {
  for (const NameRange& range : name_ranges)
    if (const auto index = index_in(word, range.letter, range.count))
      return Name{static_cast<std::uint8_t>(range.begin + *index)};
  return std::nullopt;
}

// Tokens and errors.

bool Reader::fail_at(const Token& at, std::string expected, std::string found) {
  error_ = {at.line, at.column, std::move(expected), std::move(found)};
  return false;
}

bool Reader::fail(std::string expected) {
  const Token& at = peek();
  return fail_at(at, std::move(expected),
                 at.kind == Token::Kind::newline ? "the end of the line"
                 : at.kind == Token::Kind::end   ? "the end of the file"
                                                 : quoted(at.text));
}

bool Reader::fail_since(const Token& first, std::string expected) {
  // Where nothing was taken since, the first token itself is what was found.
  const Token& last = last_.text.data() < first.text.data() ? first : last_;
  const char* end = last.text.data() + last.text.size();
  return fail_at(first, std::move(expected),
                 quoted({first.text.data(), static_cast<std::size_t>(end - first.text.data())}));
}

bool Reader::accept(std::string_view word) {
  if (!peek().is(word)) return false;
  take();
  return true;
}

bool Reader::line_end(std::string_view expected) {
  if (!peek().ends_line()) return fail(std::string(expected));
  take();
  return true;
}

// Numbers.

bool Reader::number(std::uint32_t& out, std::uint32_t most, std::string_view expected) {
  std::uint64_t wide = 0;
  if (!number(wide, most, expected)) return false;
  out = static_cast<std::uint32_t>(wide);
  return true;
}

bool Reader::number(std::uint64_t& out, std::uint64_t most, std::string_view expected) {
  const auto found = number_in<std::uint64_t>(peek().text);
  if (!found || *found > most) return fail(std::string(expected));
  out = *found;
  take();
  return true;
}

bool Reader::flags(std::uint32_t& out) {
  do {
    std::optional<std::uint32_t> bits = number_in<std::uint32_t>(peek().text);
    for (const FlagName& known : flag_names)
      if (peek().is(known.name)) bits = known.bit;
    if (!bits) {
      std::string text = "flags joined by |: a number of 32 bits";
      for (const FlagName& known : flag_names) (text += &known == &flag_names.back() ? " or " : ", ") += known.name;
      return fail(std::move(text));
    }
    out |= *bits;
    take();
  } while (accept("|"));
  return true;
}

bool Reader::revision(Revision& out) {
  if (!accept("now")) {
    constexpr std::string_view what = "a revision: now, now-1, now+1 or a number of 64 bits";
    out.relative = false;
    return number(out.value, std::numeric_limits<std::uint64_t>::max(), what);
  }
  out = Revision::now();
  const bool backward = peek().is("-");
  if (!accept("+") && !accept("-")) return true;
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  if (!number(out.value, backward ? most + 1 : most, "an offset of 63 bits")) return false;
  if (backward) out.value = 0 - out.value;
  return true;
}

// Names and what stands in their place.

bool Reader::site(Site& out) {
  if (!word(out.hook, hook_names, "a hook") || !keyword("@", "@ and a target")) return false;
  if (target_kind(out.hook) == TargetKind::cgroup) {
    const auto cgroup = index_in(peek().text, 'c', Cgroup::count);
    if (!cgroup) return fail(std::string(expected::cgroup_target));
    out.target = Target::cgroup(*cgroup);
  } else if (const auto device = index_in(peek().text, 'd', Target::device_count)) {
    out.target = Target::device(*device);
  } else if (accept("peer")) {
    Device of{};
    if (!keyword("(", "( and a device") || !this->device(of) || !keyword(")", ")")) return false;
    out.target = Target::peer(of.number);
    return true;
  } else {
    const auto ifindex = number_in<std::uint32_t>(peek().text);
    if (!ifindex || !legal_ifindex_literal(*ifindex)) return fail(std::string(expected::target));
    out.target = Target::literal(*ifindex);
  }
  take();
  return true;
}

bool Reader::device(Device& out) {
  unsigned number = 0;
  if (!index('d', Device::count, "device", number)) return false;
  out.number = static_cast<std::uint8_t>(number);
  return true;
}

bool Reader::cgroup(Cgroup& out) {
  unsigned number = 0;
  if (!index('c', Cgroup::count, "cgroup", number)) return false;
  out.number = static_cast<std::uint8_t>(number);
  return true;
}

bool Reader::pin(PinName& out) {
  const auto found = index_in(peek().text, 'b', PinName::count);
  if (!found) return fail("a pin: " + expected::pins());
  out.number = static_cast<std::uint8_t>(*found);
  take();
  return true;
}

bool Reader::name(Name& out) {
  const auto found = name_in(peek().text);
  if (!found) return fail("a name: " + expected::any_name());
  out = *found;
  take();
  return true;
}

bool Reader::bound(Name& out, char letter, const std::string& what) {
  const auto found = name_in(peek().text);
  if (!found || found->letter() != letter) return fail(what + ": " + expected::names(letter));
  out = *found;
  take();
  return true;
}

bool Reader::argument(Argument& out, std::string_view what) {
  if (accept("fd")) return fd_literal(out);
  const auto found = name_in(peek().text);
  if (!found) return fail(std::string(what) + ": " + expected::any_name() + ", or fd N");
  out = Argument::of(*found);
  take();
  return true;
}

bool Reader::in_parentheses(Argument& out) {
  Name named;
  if (!name(named) || !keyword(")", ")")) return false;
  out = Argument::of(named);
  return true;
}

bool Reader::fd_literal(Argument& out) {
  constexpr std::uint32_t largest = 1U << 31;  // the magnitude of the most negative int
  const Token first = peek();
  const bool negative = accept("-");
  std::uint32_t magnitude = 0;
  if (!number(magnitude, negative ? largest : std::numeric_limits<std::uint32_t>::max(), expected::fd_literal))
    return false;
  out = Argument::literal(negative ? 0 - magnitude : magnitude);
  return legal_fd_literal(out.value) || fail_since(first, std::string(expected::fd_literal));
}

bool Reader::id_literal(Argument& out) {
  out = Argument::literal(coming_id);
  if (accept("next")) return true;
  const Token first = peek();
  std::uint32_t id = 0;
  if (!number(id, std::numeric_limits<std::uint32_t>::max(), expected::id_literal)) return false;
  out = Argument::literal(id);
  return (legal_id_literal(id) && id != coming_id) || fail_since(first, std::string(expected::id_literal));
}

bool Reader::list(char letter, unsigned count, const std::string& what, std::uint32_t& members) {
  do {
    const Token first = peek();
    unsigned low = 0;
    if (!index(letter, count, what, low)) return false;
    unsigned high = low;
    if (accept("..")) {
      const Token last = peek();
      if (!index(letter, count, what, high)) return false;
      if (high < low) return fail_since(last, "a " + what + " not below " + std::string(first.text));
    }
    for (unsigned n = low; n <= high; ++n) {
      if ((members >> n & 1U) != 0)
        return fail_since(first, "each " + what + " once (" + letter + std::to_string(n) + " is declared already)");
      members |= 1U << n;
    }
  } while (accept(","));
  return true;
}

bool Reader::index(char letter, unsigned count, const std::string& what, unsigned& out) {
  const auto found = index_in(peek().text, letter, count);
  if (!found) return fail("a " + what + ": " + expected::names(letter));
  out = *found;
  take();
  return true;
}

}  // namespace mprogcheck::model
