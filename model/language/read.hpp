// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "model/language/parse.hpp"
#include "model/language/token.hpp"
#include "model/language/words.hpp"

namespace mprogcheck::model {

/// A word that is a name.
std::optional<Name> name_in(std::string_view word);

template <std::size_t n>
std::optional<std::size_t> position_in(const std::array<std::string_view, n>& words, std::string_view word) {
  for (std::size_t i = 0; i < n; ++i)
    if (words[i] == word) return i;
  return std::nullopt;
}

/// Reads the arguments that the lines of the sequence language are made of. What is not as expected returns false,
/// takes no more tokens, and leaves the error behind.
class Reader {
 public:
  explicit Reader(std::string_view text) : tokens_(text) {}

  [[nodiscard]] const Token& peek() const { return tokens_.peek(); }
  Token take() { return last_ = tokens_.take(); }
  [[nodiscard]] SyntaxError error() && { return std::move(error_); }

  bool fail_at(const Token& at, std::string expected, std::string found);
  /// The next token is not what was expected.
  bool fail(std::string expected);
  /// What stands from `first` to the last token taken is not what was expected.
  bool fail_since(const Token& first, std::string expected);

  bool accept(std::string_view word);
  bool keyword(std::string_view word, std::string_view expected) { return accept(word) || fail(std::string(expected)); }
  bool line_end(std::string_view expected);

  bool number(std::uint32_t& out, std::uint32_t most, std::string_view expected);
  bool number(std::uint64_t& out, std::uint64_t most, std::string_view expected);
  template <typename Enum, std::size_t n>
  bool word(Enum& out, const std::array<std::string_view, n>& words, const std::string& what) {
    const auto found = position_in(words, peek().text);
    if (!found) return fail(what + ": " + expected::one_of(words));
    out = static_cast<Enum>(*found);
    take();
    return true;
  }

  bool site(Site& out);
  bool device(Device& out);
  bool cgroup(Cgroup& out);
  bool pin(PinName& out);
  bool name(Name& out);
  /// A name that the call binds: of one letter only.
  bool bound(Name& out, char letter, const std::string& what);
  /// What the kernel reads as a file descriptor.
  bool argument(Argument& out, std::string_view what);
  /// What follows the word `fd`, `id`: a name in parentheses, or a literal.
  bool after_fd(Argument& out) { return accept("(") ? in_parentheses(out) : fd_literal(out); }
  bool after_id(Argument& out) { return accept("(") ? in_parentheses(out) : id_literal(out); }
  bool revision(Revision& out);
  /// `0x40000|before`: ORed into what is there.
  bool flags(std::uint32_t& out);
  /// `p0..p3, p5`: adds to the members those that are none yet.
  bool list(char letter, unsigned count, const std::string& what, std::uint32_t& members);

 private:
  bool in_parentheses(Argument& out);
  bool fd_literal(Argument& out);
  bool id_literal(Argument& out);
  bool index(char letter, unsigned count, const std::string& what, unsigned& out);

  Tokens tokens_;
  Token last_;
  SyntaxError error_;
};

}  // namespace mprogcheck::model
