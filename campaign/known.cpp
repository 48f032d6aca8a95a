// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/known.hpp"

#include <nlohmann/json.hpp>
#include <optional>

#include "campaign/known_files.hpp"
#include "campaign/one_run.hpp"
#include "model/parse.hpp"
#include "properties/judge.hpp"

namespace mprogcheck {

namespace {

std::optional<model::Rule> rule_named(std::string_view name) {
  for (unsigned i = 0; i < model::rule_count; ++i)
    if (model::name_of(static_cast<model::Rule>(i)) == name) return static_cast<model::Rule>(i);
  return std::nullopt;
}

Result<KnownDivergence> read(const KnownFiles& files) {
  const auto malformed = [&files](std::string_view what) { return fail("campaign/known/{}: {}", files.name, what); };
  const auto json = nlohmann::json::parse(files.json, nullptr, false);
  if (!json.is_object()) return malformed("known.json: expected an object");
  auto sequence = model::parse(files.sequence);
  if (!sequence) return malformed(sequence.error().to_string("sequence.mpc"));

  constexpr std::string_view follow = "follow ";
  const std::string action = json.value("action", "");
  if (!action.starts_with(follow)) return malformed("known.json: expected action \"follow QUIRK\"");
  const auto quirk = model::quirk_named(std::string_view(action).substr(follow.size()));
  const auto rule = rule_named(json.value("rule", ""));
  if (!quirk || !rule) return malformed("known.json: no such quirk or rule");
  return KnownDivergence{std::string(files.name), json.value("reason", ""), *quirk, *rule, std::move(*sequence)};
}

}  // namespace

Result<std::vector<KnownDivergence>> known_divergences() {
  std::vector<KnownDivergence> all;
  for (const KnownFiles& files : known_files()) {
    auto known = read(files);
    if (!known) return tl::unexpected(known.error());
    all.push_back(std::move(*known));
  }
  return all;
}

Result<Known> probe_known(Oracle& oracle) {
  const auto divergences = known_divergences();
  if (!divergences) return tl::unexpected(divergences.error());
  Known known;
  for (const KnownDivergence& divergence : *divergences) {
    model::Quirks quirk;
    quirk.add(divergence.quirk);
    auto judgements = run_all(oracle, {{.sequence = divergence.sequence, .quirks = {}, .depth = Depth::deep},
                                       {.sequence = divergence.sequence, .quirks = quirk, .depth = Depth::deep}});
    if (!judgements) return tl::unexpected(judgements.error());
    auto& plain = judgements->front().divergence;
    const auto& followed = judgements->back().divergence;
    const bool present = plain && !followed;
    if (present) known.quirks.add(divergence.quirk);
    if (plain && followed) known.unexplained.emplace_back(divergence.sequence, std::move(*plain));
    known.states.push_back({divergence.name, divergence.reason, divergence.rule, 0, !present});
  }
  return known;
}

void count_hits(Known& known, const properties::Coverage& coverage) {
  for (KnownState& state : known.states) state.hits = coverage.count(state.rule);
}

}  // namespace mprogcheck
