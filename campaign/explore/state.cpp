// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/explore/state.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "campaign/explore/explore.hpp"
#include "campaign/journal.hpp"

namespace mprogcheck {

namespace {

constexpr int schema = 2;

std::filesystem::path file_in(const std::filesystem::path& folder) {
  return folder / "explore.json";
}

}  // namespace

tl::unexpected<Error> torn_state(const std::filesystem::path& folder) {
  return fail(Error::Kind::usage,
              "{}: expected what an exploration leaves, found something else; move it away, or name another folder "
              "with --out",
              file_in(folder).string());
}

Result<std::optional<ExploreState>> read_explore_state(const std::filesystem::path& folder) {
  std::error_code error;
  if (!std::filesystem::exists(file_in(folder), error)) return std::nullopt;
  const auto text = read_file(file_in(folder));
  if (!text) return tl::unexpected(text.error());
  ExploreState state;
  const auto torn = [&] { return torn_state(folder); };
  const auto is_old = [&](const auto& old) {
    state.is_old = true;
    const auto finished = old.find("finished");
    state.finished = finished != old.end() && finished->is_boolean() && finished->template get<bool>();
    return state;
  };
  if (const auto old = nlohmann::json::parse(*text, nullptr, false);
      old.is_object() && !old.contains("checksum") && old.contains("done"))
    return is_old(old);
  const auto sealed = unseal(*text);
  if (!sealed) return torn();
  const auto& json = *sealed;
  if (json.contains("schema") && json["schema"] == 1) return is_old(json);
  try {
    const auto shard = parse_shard(json.at("shard").get<std::string>());
    if (!shard) return torn();
    state.shard = *shard;
    if (json.at("schema") != schema) return torn();
    state.start = json.at("start");
    state.kernel = json.at("kernel");
    state.identity.release = json.at("release");
    state.identity.image = json.at("image");
    state.bound = json.at("bound");
    state.digest = json.at("digest");
    state.pairs = json.at("pairs");
    state.own_pairs = json.at("own_pairs");
    state.avoided = json.at("avoided");
    state.behind = json.at("behind");
    state.done = json.at("done").get<std::set<std::uint32_t>>();
    for (const auto& [call, error_number, covered] :
         json.at("seen").get<std::vector<std::tuple<std::uint32_t, std::uint32_t, std::uint64_t>>>()) {
      if (call >= std::variant_size_v<model::AnyCall>) return torn();
      state.table.saw({call, error_number, covered});
    }
    for (const auto& one : json.at("suspects")) {
      TourSuspect suspect;
      suspect.tour = one.at("tour");
      suspect.steps = one.at("steps");
      suspect.pair = {one.at("state"), one.at("operation")};
      suspect.tried = one.at("tried");
      suspect.expected = one.at("expected");
      suspect.found = one.at("found");
      suspect.changed = one.at("changed");
      suspect.vague = one.at("vague");
      state.suspects.push_back(std::move(suspect));
    }
    for (const auto& cut : json.at("cuts")) state.cuts[cut.at(0)] = {.steps = cut.at(1), .stops = cut.at(2)};
    for (const auto& pair : json.at("strays")) state.strays.insert({.state = pair.at(0), .operation = pair.at(1)});
    const auto& counted = json.at("coverage");
    auto coverage = properties::Coverage::of({.calls = counted.at("calls"),
                                              .rules = counted.at("rules"),
                                              .lengths = counted.at("lengths"),
                                              .errors = counted.at("errors")});
    if (!coverage) return torn();
    state.coverage = *coverage;
    state.canaries = {json.at("canaries").at("planted"), json.at("canaries").at("caught")};
    state.unchecked = json.at("unchecked").get<std::set<std::string>>();
    if (std::ranges::any_of(state.unchecked, [](const auto& name) { return feature_named(name) == nullptr; }))
      return torn();
    state.steps = json.at("steps");
    state.findings = json.at("findings");
    state.seconds = json.at("seconds");
    state.finished = json.at("finished");
    // Two of its keys that say the same.
    if (state.table.sum().covered != json.at("covered").get<std::uint64_t>()) return torn();
  } catch (const nlohmann::json::exception&) {
    return torn();
  }
  return state;
}

tl::unexpected<Error> refuse_old(const std::filesystem::path& folder) {
  return fail(Error::Kind::usage,
              "{}: expected all that is kept of an exploration, found less: an earlier mprogcheck wrote it; explore "
              "again, in another folder",
              file_in(folder).string());
}

std::vector<const Feature*> features_of(const std::set<std::string>& names) {
  std::vector<const Feature*> all;
  for (const Feature& feature : features())
    if (names.contains(std::string(feature.name))) all.push_back(&feature);
  return all;
}

Result<void> write_explore_state(const ExploreState& state, const std::filesystem::path& folder) {
  nlohmann::ordered_json json{{"schema", schema},
                              {"start", state.start},
                              {"kernel", state.kernel},
                              {"release", state.identity.release},
                              {"image", state.identity.image},
                              {"bound", state.bound},
                              {"shard", to_string(state.shard)},
                              {"digest", state.digest},
                              {"pairs", state.pairs},
                              {"own_pairs", state.own_pairs},
                              {"avoided", state.avoided},
                              {"covered", state.table.sum().covered},
                              {"behind", state.behind},
                              {"steps", state.steps},
                              {"findings", state.findings},
                              {"seconds", state.seconds},
                              {"finished", state.finished},
                              {"done", state.done}};
  const properties::CoverageCounts counts = state.coverage.counts();
  json["coverage"] = {
      {"calls", counts.calls}, {"rules", counts.rules}, {"lengths", counts.lengths}, {"errors", counts.errors}};
  json["canaries"] = {{"planted", state.canaries.planted}, {"caught", state.canaries.caught}};
  json["unchecked"] = state.unchecked;
  json["cuts"] = nlohmann::ordered_json::array();
  for (const auto& [tour, extent] : state.cuts) json["cuts"].push_back({tour, extent.steps, extent.stops});
  json["strays"] = nlohmann::ordered_json::array();
  for (const Pair& pair : state.strays) json["strays"].push_back({pair.state, pair.operation});
  json["seen"] = nlohmann::ordered_json::array();
  for (const PairTable::Seen& seen : state.table.seen()) json["seen"].push_back({seen.call, seen.error, seen.covered});
  json["suspects"] = nlohmann::ordered_json::array();
  for (const TourSuspect& suspect : state.suspects)
    json["suspects"].push_back({{"tour", suspect.tour},
                                {"steps", suspect.steps},
                                {"state", suspect.pair.state},
                                {"operation", suspect.pair.operation},
                                {"tried", suspect.tried},
                                {"expected", suspect.expected},
                                {"found", suspect.found},
                                {"changed", suspect.changed},
                                {"vague", suspect.vague}});
  return write_file(file_in(folder), seal(std::move(json)), state.finished);
}

Result<MergedShards> merge_shards(const std::vector<std::filesystem::path>& folders) {
  std::vector<ExploreState> states;
  for (const auto& folder : folders) {
    auto state = read_explore_state(folder);
    if (!state) return tl::unexpected(state.error());
    if (!*state)
      return fail(Error::Kind::usage, "{}: expected a folder that explore --out left, found no explore.json in it",
                  folder.string());
    states.push_back(std::move(**state));
  }
  if (states.empty()) return fail(Error::Kind::usage, "expected the folders of all shards, found none");
  const ExploreState& first = states.front();
  MergedShards merged{.bound = first.bound,
                      .kernel = first.kernel,
                      .identity = first.identity,
                      .shards = first.shard.count,
                      .avoided = first.avoided};
  std::set<unsigned> seen;
  std::set<std::string> unchecked;
  for (std::size_t n = 0; n < states.size(); ++n) {
    const ExploreState& state = states[n];
    const std::string where = folders[n].string();
    if (state.is_old) return refuse_old(folders[n]);
    if (state.digest != first.digest && state.bound == first.bound)
      return fail(Error::Kind::usage,
                  "{}: another version of mprogcheck, or with other known divergences, explored it; "
                  "explore all shards with one",
                  where);
    if (state.kernel != first.kernel || state.identity != first.identity || state.bound != first.bound ||
        state.shard.count != first.shard.count)
      return fail(Error::Kind::usage,
                  "{}: expected a shard of {} on {} ({} of them), found {} on {} ({}); explore all shards of one bound "
                  "on one kernel",
                  where, first.bound, first.kernel_text(), first.shard.count, state.bound, state.kernel_text(),
                  to_string(state.shard));
    if (!seen.insert(state.shard.index).second)
      return fail(Error::Kind::usage, "{}: shard {} is here twice", where, to_string(state.shard));
    const std::uint64_t covered = state.table.sum().covered;
    merged.uncovered += state.own_pairs - std::min(state.own_pairs, covered);
    // Behind what diverges pairs stay without an outcome, however often they are asked for.
    if (!state.finished || (covered + state.behind < state.own_pairs && state.findings == 0))
      return fail(Error::Kind::usage, "{}: shard {} has {} of its {} pairs; run it again with the same --out", where,
                  to_string(state.shard), covered, state.own_pairs);
    merged.pairs += state.own_pairs;
    merged.findings += state.findings;
    merged.canaries.planted += state.canaries.planted;
    merged.canaries.caught += state.canaries.caught;
    unchecked.insert(state.unchecked.begin(), state.unchecked.end());
  }
  for (unsigned index = 1; index <= first.shard.count; ++index)
    if (!seen.contains(index))
      return fail(Error::Kind::usage, "shard {} is missing: expected all {}",
                  to_string(Shard{index, first.shard.count}), first.shard.count);
  if (merged.pairs != first.pairs)
    return fail(Error::Kind::usage, "the shards have {} pairs together, and the bound has {}", merged.pairs,
                first.pairs);
  merged.unchecked = features_of(unchecked);
  return merged;
}

}  // namespace mprogcheck
