// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "model/passage.hpp"
#include "model/query.hpp"
#include "model/touched.hpp"
#include "model/world.hpp"
#include "oracle/oracle.hpp"

namespace mprogcheck::properties {

/// What must hold of every step, in order of precedence: the first one broken is the primary one of a divergence.
enum class Property : std::uint8_t {
  no_splat,
  permission,
  ownership,
  capacity,
  isolation,
  atomic,
  lifecycle,
  first_last,
  revision,
  refcount,
  order,
  query,
  outcome,
};
inline constexpr unsigned property_count = 13;

struct PropertyText {
  std::string_view name;
  std::string_view says;  ///< one line, for reports
};
const PropertyText& text_of(Property property);
inline std::string_view name_of(Property property) {
  return text_of(property).name;
}
std::optional<Property> property_named(std::string_view name);

class PropertySet {
 public:
  constexpr PropertySet() = default;
  constexpr void add(Property property) { bits_ = static_cast<std::uint16_t>(bits_ | bit(property)); }
  constexpr void add(PropertySet other) { bits_ = static_cast<std::uint16_t>(bits_ | other.bits_); }
  [[nodiscard]] constexpr bool contains(Property property) const { return (bits_ & bit(property)) != 0; }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  /// The one of highest precedence. The set is not empty.
  [[nodiscard]] constexpr Property primary() const { return static_cast<Property>(std::countr_zero(bits_)); }
  friend constexpr auto operator<=>(PropertySet, PropertySet) = default;

 private:
  static constexpr std::uint16_t bit(Property property) {
    return static_cast<std::uint16_t>(1U << static_cast<unsigned>(property));
  }
  std::uint16_t bits_ = 0;
};
/// The names in order of precedence, separated by ", ".
std::string to_string(PropertySet set);

/// All there is to know of one step: the model on both sides of it, and what was seen.
struct Evidence {
  const model::World& before;
  const model::Operation& operation;
  const model::Verdict& verdict;  ///< what the model says of the operation in `before`
  const model::World& after;
  model::ListSet touched = 0;  ///< model::touched_lists(before, operation)
  model::Outcome observed;
  std::span<const ListView> lists{};
  std::span<const LinkView> links{};
  std::span<const ProgramView> programs{};
  std::span<const model::Entry> entries{};  ///< all of the Run: what ListView::first counts in
  const ListView* answer = nullptr;         ///< of a `query` operation
  model::Fate fate = model::Fate::none;     ///< of the packet of a `run`
  std::span<const model::ProgramIndex> ran{};
  std::uint8_t next = no_object;  ///< what a `next_id` found

  [[nodiscard]] std::span<const model::Entry> entries_of(const ListView& view) const {
    return entries.subspan(view.first, view.length);
  }
  /// Where the model stands after the outcome that was really observed, unless that is unforeseen().
  [[nodiscard]] const model::World& reference() const { return observed.ok() ? after : before; }
  /// The operation succeeded where the model refuses it; or a `fill`, which is many calls, stopped on its way. What the
  /// world should be like after that, nobody can say.
  [[nodiscard]] bool unforeseen() const {
    return observed != verdict.outcome && (observed.ok() || std::holds_alternative<model::Fill>(operation));
  }
};

/// The step shows that the property does not hold.
bool breaks(Property property, const Evidence& evidence);
/// Every property that the step breaks; none exactly if the observation is what the model predicts.
PropertySet broken_by(const Evidence& evidence);

/// Whether a view is not what the model has. References that were not read are not compared.
bool differs(const ListView& view, std::span<const model::Entry> entries, const model::OrderedList& list);
bool differs(const LinkView& view, const model::Link& link);
bool differs(const ProgramView& view, const model::Program& program);
/// What the kernel writes wrongly, if it behaves as the model says: a quirk.
std::uint8_t breach_of(const model::Answer& answer);
/// Whether the answer to a `query` is not what the rule that decided it promises.
bool answer_differs(const model::Query& query, const model::Verdict& verdict, const model::World& world,
                    const ListView& answer, std::span<const model::Entry> entries);
/// Whether a packet that was sent met other programs than it should, or came to another end.
bool passage_differs(const model::SendPacket& packet, const model::World& world, model::Fate fate,
                     std::span<const model::ProgramIndex> ran);
/// Whether what has the next id is another object.
bool next_id_differs(const model::NextId& call, const model::World& world, std::uint8_t found);

}  // namespace mprogcheck::properties
