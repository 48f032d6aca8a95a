// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mprogcheck::model {

/// A piece of a text in the sequence language. Blanks and comments are none.
struct Token {
  enum class Kind : std::uint8_t {
    word,     ///< letters, digits, underscores, bytes above 0x7f: a keyword, a name or a number
    mark,     ///< one of @ ( ) | , + - and .. and =>
    newline,  ///< the end of a line; \r\n is one too
    end,      ///< the end of the text
    other,    ///< one byte that means nothing
  };
  Kind kind = Kind::end;
  std::size_t line = 1;    ///< from 1
  std::size_t column = 1;  ///< in bytes, from 1
  std::string_view text;   ///< a piece of the source; empty for newline and end

  [[nodiscard]] bool is(std::string_view word) const { return text == word; }
  [[nodiscard]] bool ends_line() const { return kind == Kind::newline || kind == Kind::end; }
  /// Nothing more of the call itself follows: what it is expected to do may.
  [[nodiscard]] bool ends_call() const { return ends_line() || is("=>"); }
};

/// Cuts a text into tokens, whatever bytes it holds, in time linear in its length. The text must outlive it.
class Tokens {
 public:
  explicit Tokens(std::string_view text) : text_(text) { advance(); }

  /// The next token; the end, again and again, once it is reached.
  [[nodiscard]] const Token& peek() const { return next_; }
  Token take() {
    const Token taken = next_;
    advance();
    return taken;
  }

 private:
  void advance();

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::size_t line_begin_ = 0;
  Token next_;
};

}  // namespace mprogcheck::model
