// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "model/sequence.hpp"

namespace mprogcheck::model {

/// The first place where a text is not in the sequence language, or denotes a sequence that is not valid.
struct SyntaxError {
  std::size_t line = 1;    ///< from 1
  std::size_t column = 1;  ///< in bytes, from 1
  std::string expected;    ///< what could stand there
  std::string found;       ///< what stands there: quoted, cut short and printable; or "the end of the line"

  /// `file:line:column: expected …, found …`, one line.
  [[nodiscard]] std::string to_string(std::string_view file) const;
};

/// The one sequence that a text denotes (docs/language.md). The text may be any bytes of any length: the time is
/// linear. What is returned is valid.
tl::expected<Sequence, SyntaxError> parse(std::string_view text);
/// The sequences of a corpus, of which there is at least one: each starts with its own `mprogcheck 1`.
tl::expected<std::vector<Sequence>, SyntaxError> parse_all(std::string_view text);
/// The one operation that a text denotes, without a header.
tl::expected<Operation, SyntaxError> parse_operation(std::string_view text);

}  // namespace mprogcheck::model
