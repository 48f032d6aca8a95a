// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "model/rule.hpp"
#include "model/sequence.hpp"
#include "model/world.hpp"
#include "properties/judge/judge.hpp"

namespace mprogcheck {

/// Whether the text is what the pattern says, where each * stands for any text.
bool matches_wildcards(std::string_view pattern, std::string_view text);

/// Which divergences are the known one: an operation as the language prints it and the rule that decides it, with
/// wildcards.
class KnownPattern {
 public:
  KnownPattern() { rules_.fill(true); }
  /// An Error if no rule matches `rule`, in one line. `ending`: how the run ends, as its fingerprint says; empty where
  /// the known divergence is one of a step, and * where it may be either.
  /// `shows_later`: what the operation does wrong is seen at a step after it.
  static Result<KnownPattern> make(std::string operation, std::string_view rule, std::string observed,
                                   std::string ending, bool shows_later = false);

  /// How many rules it matches.
  [[nodiscard]] unsigned rules() const { return static_cast<unsigned>(std::count(rules_.begin(), rules_.end(), true)); }
  /// Of an operation that is about to be run.
  [[nodiscard]] bool matches(const model::Operation& operation, model::Rule rule) const;
  /// Of a divergence. A run that ended badly did so because of the first of its operations that matches: at which step
  /// a guest dies is not always known.
  [[nodiscard]] bool matches(const model::Sequence& sequence, const properties::Divergence& divergence,
                             model::Traits traits) const;
  /// The first operation of the sequence that matches, as the model walks along it.
  [[nodiscard]] std::optional<std::size_t> first_match(const model::Sequence& sequence, model::Traits traits) const;

 private:
  [[nodiscard]] std::string text_of(const model::Operation& operation) const;
  std::string operation_ = "*";
  std::string observed_ = "*";
  std::string ending_;
  bool shows_later_ = false;
  std::array<bool, model::rule_count> rules_{};
};

}  // namespace mprogcheck
