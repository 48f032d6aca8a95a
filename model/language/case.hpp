// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "model/language/expectation.hpp"
#include "model/language/parse.hpp"
#include "model/sequence.hpp"

namespace mprogcheck::model {

/// A sequence as a file tells it: with its title, and with what it expects.
struct Case {
  std::string title;  ///< the first comment behind its header, if there is one
  Sequence sequence;
  std::vector<std::optional<Expectation>> expectations;  ///< one for each operation
  std::vector<std::size_t> lines;                        ///< in which each operation stands, from 1

  [[nodiscard]] bool expects() const;
};

/// As parse_all(), with titles and expectations.
tl::expected<std::vector<Case>, SyntaxError> parse_cases(std::string_view text);

/// Names that the sequence speaks of and that nothing in it binds or declares: "d1", "p7", in the order of their first
/// use. All of that can be meant; more often it is a slip of the pen.
std::vector<std::string> undeclared_names(const Sequence& sequence);

/// The first comment behind the line of a header, without its mark; empty if there is none. `text` starts with the
/// header, and no more of it is looked at than comments.
std::string title_of(std::string_view text);

/// The text of a file of one or more cases, in which the expectation given stands behind each operation, instead of
/// what stood there. Comments and everything else stay as they are. `text` is what `cases` were parsed from.
std::string with_expectations(std::string_view text, const std::vector<Case>& cases,
                              const std::vector<std::vector<std::string>>& expectations);

}  // namespace mprogcheck::model
