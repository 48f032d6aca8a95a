// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/known_pattern.hpp"

#include <algorithm>
#include <utility>

#include "model/language/print.hpp"

namespace mprogcheck {

bool matches_wildcards(std::string_view pattern, std::string_view text) {
  std::size_t star = std::string_view::npos, retry = 0, p = 0, t = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++retry;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

Result<KnownPattern> KnownPattern::make(std::string operation, std::string_view rule, std::string observed,
                                        std::string ending, bool shows_later) {
  KnownPattern pattern;
  pattern.operation_ = std::move(operation);
  pattern.observed_ = std::move(observed);
  pattern.ending_ = std::move(ending);
  pattern.shows_later_ = shows_later;
  for (unsigned i = 0; i < model::rule_count; ++i)
    pattern.rules_[i] = matches_wildcards(rule, model::name_of(static_cast<model::Rule>(i)));
  if (std::ranges::none_of(pattern.rules_, [](bool matched) { return matched; }))
    return fail(Error::Kind::usage, "expected the name of a rule, with or without *, found \"{}\"", rule);
  return pattern;
}

/// A pattern that does not say who calls means the call, whoever makes it.
std::string KnownPattern::text_of(const model::Operation& operation) const {
  if (operation_.starts_with("as ")) return model::print(operation);
  model::Operation call = operation;
  call.caller = {};
  return model::print(call);
}

bool KnownPattern::matches(const model::Operation& operation, model::Rule rule) const {
  return rules_[static_cast<unsigned>(rule)] &&
         (operation_ == "*" || matches_wildcards(operation_, text_of(operation)));
}

bool KnownPattern::matches(const model::Sequence& sequence, const properties::Divergence& divergence,
                           model::Traits traits) const {
  const std::string& ending = divergence.fingerprint.ending;
  if (!ending.empty())
    return !ending_.empty() && matches_wildcards(ending_, ending) && first_match(sequence, traits).has_value();
  if (shows_later_) {
    const auto first = first_match(sequence, traits);
    return first && *first < divergence.step;
  }
  return (ending_.empty() || ending_ == "*") && matches(divergence.operation, divergence.verdict.rule) &&
         matches_wildcards(observed_, model::to_string(divergence.observed));
}

std::optional<std::size_t> KnownPattern::first_match(const model::Sequence& sequence, model::Traits traits) const {
  model::World world = model::world_of(sequence, traits);
  for (std::size_t i = 0; i < sequence.operations.size(); ++i)
    if (matches(sequence.operations[i], world.apply(sequence.operations[i]).rule)) return i;
  return std::nullopt;
}

}  // namespace mprogcheck
