// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/world.hpp"

namespace mprogcheck::properties {

/// How long the list was that an operation met. Off-by-ones live at the ends and next to them.
enum class LengthClass : std::uint8_t { empty, one, two, few, many, nearly_full, full };
inline constexpr unsigned length_classes = 7;
/// few: 3 and 4; many: 5 to 61; nearly full: 62.
constexpr LengthClass length_class_of(unsigned entries) {
  return entries == 0                                       ? LengthClass::empty
         : entries == 1                                     ? LengthClass::one
         : entries == 2                                     ? LengthClass::two
         : entries < 5                                      ? LengthClass::few
         : entries < model::OrderedList::mprog_capacity - 1 ? LengthClass::many
         : entries < model::OrderedList::mprog_capacity     ? LengthClass::nearly_full
                                                            : LengthClass::full;
}
std::string_view name_of(LengthClass length);

/// All that a Coverage has counted, to keep it between starts: what is not 0, by name or errno.
struct CoverageCounts {
  std::map<std::string, std::uint64_t> calls, rules, lengths;
  std::map<std::int32_t, std::uint64_t> errors;
};

/// What a run has asked: which rules decided how often, which errnos were due, which calls were made, how long the
/// lists were. A value: shards count for themselves and are merged. Counting costs a few additions and no allocation.
class Coverage {
 public:
  void add(const model::Operation& operation, const model::Verdict& verdict) {
    ++calls_[operation.index()];
    ++rules_[static_cast<unsigned>(verdict.rule)];
    const auto error = static_cast<std::uint32_t>(verdict.outcome.error);
    ++errors_[error < errors_.size() ? error : errors_.size() - 1];
  }
  /// The same, and the length of the list at the operation's site, if it has one. `before`: the world that it meets.
  void add(const model::Operation& operation, const model::Verdict& verdict, const model::World& before);
  void merge(const Coverage& other);

  [[nodiscard]] std::uint64_t operations() const;
  [[nodiscard]] std::uint64_t succeeded() const { return errors_[0]; }
  [[nodiscard]] std::uint64_t count(model::Rule rule) const { return rules_[static_cast<unsigned>(rule)]; }
  [[nodiscard]] std::uint64_t count(LengthClass length) const { return lengths_[static_cast<unsigned>(length)]; }

  [[nodiscard]] CoverageCounts counts() const;
  /// Nothing if a name or an errno is none.
  static std::optional<Coverage> of(const CoverageCounts& counts);

  // For reports: seen only, keyed as the JSON is. Outcomes by model::to_string(): "ok", "-ENOENT".
  [[nodiscard]] std::map<std::string, std::uint64_t> rules() const;
  [[nodiscard]] std::map<std::string, std::uint64_t> by_errno() const;
  [[nodiscard]] std::map<std::string, std::uint64_t> calls() const;
  [[nodiscard]] std::map<std::string, std::uint64_t> lengths() const;
  /// The families that are asked about, as far as rules tell: those with a rule of their own that decided, and those
  /// without any.
  [[nodiscard]] model::FamilySet families() const;
  /// Rules that are reachable() with these families and never decided.
  [[nodiscard]] std::vector<model::Rule> unseen(model::Traits traits = {}) const;
  /// Errors that reachable rules give, and none of which was ever due, in ascending order.
  [[nodiscard]] std::vector<model::Outcome> unseen_errnos(model::Traits traits = {}) const;

  friend bool operator==(const Coverage&, const Coverage&) = default;

 private:
  static constexpr unsigned errno_count = 134;  ///< Linux's numbers end at 133; others count as the last

  std::array<std::uint64_t, std::variant_size_v<model::AnyCall>> calls_{};
  std::array<std::uint64_t, model::rule_count> rules_{};
  std::array<std::uint64_t, errno_count> errors_{};
  std::array<std::uint64_t, length_classes> lengths_{};
};

/// Whether the rule can decide anything on hooks of these families, if it follows these quirks: some rules are a
/// quirk's, and some have nothing left to decide where a quirk is followed.
bool reachable(model::Rule rule, model::Traits traits = {}, model::FamilySet families = model::all_families);
/// The families that the rule is about: its name says so, or they are all.
model::FamilySet families_of(model::Rule rule);

}  // namespace mprogcheck::properties
