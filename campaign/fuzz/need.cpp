// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/fuzz/need.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <initializer_list>

#include "properties/judge/property.hpp"

namespace mprogcheck {

namespace {

using properties::Property;

/// The features without which a property is not wholly checked. One that is not here is checked on every kernel.
struct Wants {
  Property property;
  std::array<std::string_view, 3> features;  ///< empty: no more
};
constexpr std::array wanted{
    Wants{Property::lifecycle, {feature_device, feature_qdisc, feature_pin}},
    Wants{Property::refcount, {feature_refcnt}},
    Wants{Property::order, {feature_run}},
};

/// The calls that need a feature by themselves. Of the others it is asked by the way.
struct Calls {
  std::string_view feature;
  std::array<std::string_view, 3> names;  ///< empty: no more
};
constexpr std::array calls_for{
    Calls{feature_run, {"run"}},
    Calls{feature_device, {"remove", "make", "move"}},
    Calls{feature_qdisc, {"qdisc"}},
    Calls{feature_pin, {"pin", "get", "unpin"}},
};

Error unknown(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Feature& feature : features()) names.push_back(feature.name);
  for (unsigned n = 0; n < properties::property_count; ++n)
    names.push_back(properties::name_of(static_cast<Property>(n)));
  return {Error::Kind::usage, fmt::format("expected some of {}; found \"{}\"", fmt::join(names, ", "), name)};
}

}  // namespace

Result<Needs> parse_needs(std::span<const std::string> names) {
  Needs needs;
  const auto add = [&needs](const Feature* feature) {
    if (std::ranges::find(needs, feature) == needs.end()) needs.push_back(feature);
  };
  for (const std::string& name : names) {
    if (const Feature* const feature = feature_named(name)) {
      add(feature);
      continue;
    }
    const auto property = properties::property_named(name);
    if (!property) return tl::unexpected(unknown(name));
    const auto wants = std::ranges::find(wanted, *property, &Wants::property);
    if (wants == wanted.end()) continue;
    for (const std::string_view feature : wants->features)
      if (!feature.empty()) add(feature_named(feature));
  }
  return needs;
}

Result<void> meets(const OracleIdentity& identity, const Needs& needs) {
  std::vector<std::string> missing;
  for (const Feature* const feature : needs)
    if (!identity.has(feature->name)) missing.push_back(fmt::format("{} ({})", feature->name, text_of(*feature)));
  if (missing.empty()) return {};
  return fail(Error::Kind::skipped, "--need: {} has not got {}; nothing was run",
              identity.release.empty() ? identity.source : "kernel " + identity.release, fmt::join(missing, ", nor "));
}

Result<void> was_asked(const std::map<std::string, std::uint64_t>& made, const Needs& needs, bool knows_all) {
  for (const Feature* const feature : needs) {
    const auto calls = std::ranges::find(calls_for, feature->name, &Calls::feature);
    if (calls == calls_for.end()) continue;
    const auto is_made = [&made](std::string_view call) { return made.contains(std::string(call)); };
    if (std::ranges::none_of(calls->names, is_made))
      return fail(Error::Kind::skipped, "--need: {} were not asked about: no sequence{} had a call of theirs; run more",
                  feature->unchecked,
                  knows_all ? "" : " of this start, and what earlier ones asked their state does not tell,");
  }
  return {};
}

}  // namespace mprogcheck
