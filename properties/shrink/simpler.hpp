// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "model/sequence.hpp"

namespace mprogcheck::properties {

/// How far a sequence is from nothing, the heaviest component first. Every simplification makes it less, so that no
/// chain of them comes back to where it was.
struct Measure {
  std::uint64_t operations = 0;
  std::uint64_t fillers = 0;   ///< filler programs that are spoken of by name: a `fill` cannot have those
  std::uint64_t declared = 0;  ///< programs and devices
  std::uint64_t links = 0;     ///< `link` operations: an attach is the simpler way to the same list
  std::uint64_t fields = 0;    ///< flag bits and arguments that are there at all
  std::uint64_t numbers = 0;   ///< sizes of numbers: names, devices, counts, literals
  friend constexpr auto operator<=>(const Measure&, const Measure&) = default;
};
Measure measure(const model::Sequence& sequence);

/// The simplest hook of a family.
constexpr model::Hook first_hook_of(model::Family family) {
  for (const model::HookRow& row : model::hook_rows)
    if (row.family == family) return row.hook;
  return model::Hook{};
}

/// Where a simplification stands in the order in which they are tried.
struct SimplificationKey {
  std::uint32_t phase = 0;
  std::uint32_t operation = 0;
  std::uint32_t variant = 0;
  // NOLINTNEXTLINE(modernize-use-nullptr): there is no pointer
  friend constexpr auto operator<=>(const SimplificationKey&, const SimplificationKey&) = default;
};

/// The simplifications of one sequence in their fixed order: chunks of operations go, from large to single; then pairs
/// of them, if few are left, and operations whose work another one or a declaration can do; declarations that nobody
/// uses go; names and devices move down everywhere; last each operation loses flags, fields and size. Only their
/// description is made at once; a candidate costs a copy when it is asked for. Copies share the sequence.
class Simpler {
 public:
  explicit Simpler(const model::Sequence& sequence);

  /// How many there are, invalid ones included.
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] SimplificationKey key(std::size_t index) const;
  /// The first that does not come before the key. size() if there is none.
  [[nodiscard]] std::size_t not_before(const SimplificationKey& key) const;
  /// None, if the simplification does not give a valid sequence.
  [[nodiscard]] std::optional<model::Sequence> candidate(std::size_t index) const;
  /// The candidates one after the other; none after the last.
  std::optional<model::Sequence> next();

 private:
  struct Plan;
  std::shared_ptr<const Plan> plan_;
  std::size_t next_ = 0;
};

/// All candidates at once: valid, and each less than the sequence by measure().
std::vector<model::Sequence> simpler(const model::Sequence& sequence);

/// The simpler forms of one operation in their order, not all of them valid. Names come from `used`, which is
/// ascending.
std::vector<model::Operation> simpler_forms(const model::Operation& operation, const std::vector<model::Name>& used);
/// What one operation adds to a measure.
Measure measure(const model::Operation& operation);

}  // namespace mprogcheck::properties
