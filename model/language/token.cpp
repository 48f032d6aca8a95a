// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/language/token.hpp"

namespace mprogcheck::model {
namespace {

/// Not std::isalnum: that one depends on the locale.
constexpr bool in_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
constexpr bool is_mark(char c) {
  return std::string_view("@()|,+-").find(c) != std::string_view::npos;
}

}  // namespace

void Tokens::advance() {
  const std::size_t end = text_.size();
  const auto at_line_end = [&](std::size_t i) {
    return i < end && (text_[i] == '\n' || (text_[i] == '\r' && i + 1 < end && text_[i + 1] == '\n'));
  };
  while (at_ < end && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  if (at_ < end && text_[at_] == '#') {
    at_ = text_.find('\n', at_);
    if (at_ == std::string_view::npos) at_ = end;
  }

  next_ = {Token::Kind::end, line_, at_ - line_begin_ + 1, {}};
  if (at_ == end) return;
  if (at_line_end(at_)) {
    next_.kind = Token::Kind::newline;
    at_ += text_[at_] == '\r' ? 2 : 1;
    ++line_;
    line_begin_ = at_;
    return;
  }
  std::size_t length = 1;
  if (in_word(text_[at_])) {
    next_.kind = Token::Kind::word;
    while (at_ + length < end && in_word(text_[at_ + length])) ++length;
  } else if (is_mark(text_[at_])) {
    next_.kind = Token::Kind::mark;
  } else if (text_.substr(at_, 2) == ".." || text_.substr(at_, 2) == "=>") {
    next_.kind = Token::Kind::mark;
    length = 2;
  } else {
    next_.kind = Token::Kind::other;
  }
  next_.text = text_.substr(at_, length);
  at_ += length;
}

}  // namespace mprogcheck::model
