// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/fuzz/canary.hpp"

#include <algorithm>
#include <array>

#include "oracle/observe.hpp"

namespace mprogcheck {

using properties::Property;

namespace {

/// Each lie, and the property that it breaks: at least one for every property.
struct Blamed {
  Lie lie;
  Property property;
};
constexpr std::array blamed{Blamed{Lie::outcome, Property::outcome},
                            Blamed{Lie::revision, Property::revision},
                            Blamed{Lie::order, Property::order},
                            Blamed{Lie::isolation, Property::isolation},
                            Blamed{Lie::permission, Property::permission},
                            Blamed{Lie::answer, Property::query},
                            Blamed{Lie::lifecycle, Property::lifecycle},
                            Blamed{Lie::references, Property::refcount},
                            Blamed{Lie::ownership, Property::ownership},
                            Blamed{Lie::capacity, Property::capacity},
                            Blamed{Lie::atomic, Property::atomic},
                            Blamed{Lie::first_last, Property::first_last},
                            Blamed{Lie::no_splat, Property::no_splat},
                            Blamed{Lie::passage, Property::order},
                            Blamed{Lie::fate, Property::order},
                            Blamed{Lie::leak, Property::refcount}};
static_assert(blamed.size() == lies - 1, "each but none");

/// So many sequences without a place for a lie: the next one has its turn.
constexpr unsigned patience = 128;

}  // namespace

std::size_t lying_step(const Job& canary) {
  return is_about_the_end(canary.lie) ? canary.sequence.operations.size() - 1 : canary.lie_at;
}

std::optional<Job> CanaryNest::plant(const Job& honest) {
  const auto operations = static_cast<std::uint32_t>(honest.sequence.operations.size());
  if (operations == 0) return std::nullopt;
  if (refused_ >= patience) pass_turn();
  while (needs_counts(blamed[turn_ % blamed.size()].lie) && !counts_) pass_turn();
  const Lie lie = blamed[turn_ % blamed.size()].lie;
  const auto start = static_cast<std::uint32_t>(secret_() % operations);
  for (std::uint32_t i = 0; i < operations; ++i) {
    const std::uint32_t at = (start + i) % operations;
    if (!lie_applies(honest.sequence, lie, at, honest.traits)) continue;
    pass_turn();
    Job canary = honest;
    canary.lie = lie;
    canary.lie_at = at;
    return canary;
  }
  ++refused_;
  return std::nullopt;
}

std::optional<Property> property_of(Lie lie) {
  const auto* const found = std::ranges::find(blamed, lie, &Blamed::lie);
  return found == blamed.end() ? std::nullopt : std::optional(found->property);
}

CanaryFate fate_of(const Job& canary, const properties::Judgement& judgement) {
  if (!judgement.divergence) return CanaryFate::missed;
  const properties::Divergence& found = *judgement.divergence;
  // A lie that is the run's ending says so; what differs before it, or another end, is not the lie.
  const bool ends = canary.lie == Lie::no_splat || canary.lie == Lie::leak;
  const bool ended_by_lie = ends_by_lie(canary.lie, found.note);
  const bool ended_badly = found.ending != Run::Ending::complete && !ended_by_lie;
  const bool differs_before_its_end =
      ended_by_lie && found.ending == Run::Ending::unclean && found.fingerprint.ending.empty();
  if (found.step < lying_step(canary) || ended_badly || differs_before_its_end) return CanaryFate::spoilt;
  const bool where = found.step == lying_step(canary) && (!ends || ended_by_lie);
  const auto property = property_of(canary.lie);
  return where && property && found.broken.contains(*property) ? CanaryFate::caught : CanaryFate::missed;
}

}  // namespace mprogcheck
