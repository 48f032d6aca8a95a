// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/explore/json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "campaign/fuzz/earned.hpp"
#include "campaign/fuzz/json_report.hpp"
#include "model/language/print.hpp"

namespace mprogcheck {

namespace {

using json = nlohmann::ordered_json;

json bound_json(const properties::Bound& bound) {
  return {{"hook", model::print(model::Site{bound.hook, model::Target::device(0)})},
          {"progs", bound.programs},
          {"links", bound.links},
          {"fill", bound.fill},
          {"lifetimes", bound.lifetimes},
          {"left_out", properties::left_out_by(bound)}};
}

json table_json(const PairTable& table) {
  json calls = json::object();
  for (const auto& [call, row] : table.rows())
    for (const auto& [outcome, cell] : row) calls[call][outcome] = {{"covered", cell.covered}, {"total", cell.total}};
  return calls;
}

json names_of(const std::vector<model::Rule>& rules) {
  json names = json::array();
  for (const auto rule : rules) names.push_back(model::name_of(rule));
  return names;
}

/// What all have, and none has twice: of rules that nobody has seen.
json in_both(const json& one, const json& other) {
  json both = json::array();
  for (const json& item : one)
    if (std::ranges::find(other, item) != other.end()) both.push_back(item);
  return both;
}

json known_together(json known, const json& more) {
  for (const json& entry : more) {
    const auto same = std::ranges::find_if(known, [&](const json& other) { return other["name"] == entry["name"]; });
    if (same == known.end()) {
      known.push_back(entry);
      continue;
    }
    (*same)["hits"] = (*same)["hits"].get<std::uint64_t>() + entry["hits"].get<std::uint64_t>();
    (*same)["stale"] = (*same)["stale"].get<bool>() && entry["stale"].get<bool>();
  }
  return known;
}

/// What any of them did not check.
json unchecked_together(json unchecked, const json& more) {
  for (const json& entry : more)
    if (std::ranges::find(unchecked, entry) == unchecked.end()) unchecked.push_back(entry);
  return unchecked;
}

json sum(const json& one, const json& other) {
  if (one.is_number_float() || other.is_number_float()) return one.get<double>() + other.get<double>();
  return one.get<std::uint64_t>() + other.get<std::uint64_t>();
}

void add(json& all, const json& more) {
  for (const auto& [key, value] : more.items()) {
    if (!all.contains(key))
      all[key] = value;
    else if (json& there = all[key]; key == "kernel" || key == "bound" || key == "alphabet")
      continue;
    else if (key == "depth")
      there = std::max(there.get<std::uint64_t>(), value.get<std::uint64_t>());
    else if (key == "ended_early")
      there = there.get<bool>() || value.get<bool>();
    else if (key == "unseen_rules")
      there = in_both(there, value);
    else if (key == "known")
      there = known_together(there, value);
    else if (key == "unjudged_share")
      there = std::max(there.get<double>(), value.get<double>());
    else if (key == "unchecked")
      there = unchecked_together(there, value);
    else if (key == "error")
      there = there.get<std::string>() + "; " + value.get<std::string>();
    else if (value.is_boolean())
      there = there.get<bool>() && value.get<bool>();
    else if (value.is_number())
      there = sum(there, value);
    else if (value.is_array())
      there.insert(there.end(), value.begin(), value.end());
    else if (value.is_object())
      add(there, value);
  }
}

double rate(std::uint64_t count, double seconds) {
  return seconds > 0 ? static_cast<double>(count) / seconds : 0.0;
}

}  // namespace

json to_json(const ExploreReport& report) {
  const Judged rests_on = judged(report);
  json result = {
      {"kernel", to_json(report.kernel)},
      {"bound", bound_json(report.bound)},
      {"shard", to_string(report.shard)},
      {"states", report.states},
      {"own_states", report.own_states},
      {"transitions", report.transitions},
      {"alphabet", report.operations},
      {"operations", report.covered},
      {"left_out", report.avoided},
      {"behind_known", report.behind},
      {"unjudged_share", rests_on.unjudged_share()},
      {"complete", report.is_complete()},
      {"ended_early", report.ended_early},
      {"steps", report.steps},
      {"tours", {{"total", report.tours}, {"done", report.tours_done}, {"carried_on", report.tours_carried_on}}},
      {"around", {{"strays", report.around.strays}, {"rounds", report.around.rounds}, {"tours", report.around.tours}}},
      {"seconds", report.seconds},
      {"operations_per_second", rate(report.covered, report.seconds)},
      {"canaries", {{"planted", report.canaries.planted}, {"caught", report.canaries.caught}}},
      {"findings", to_json(report.findings)},
      {"known", to_json(report.known.states)},
      {"coverage",
       {{"pairs_total", report.own_pairs},
        {"pairs_covered", report.covered},
        {"pairs_of_all_shards", report.pairs},
        {"rules", report.coverage.rules()},
        {"by_errno", report.coverage.by_errno()},
        {"unseen_rules", names_of(report.silent)},
        {"avoided", report.avoided},
        {"calls", table_json(report.table)}}},
      {"skipped", json::array()},
      {"unchecked", to_json(report.unchecked)}};
  if (report.error) result["error"] = report.error->message;
  return result;
}

json not_explored(const std::string& kernel, const properties::Bound& bound, const Error& error, bool ended_early) {
  json result = nothing_run(kernel, error, ended_early);
  result["bound"] = bound_json(bound);
  result["complete"] = false;
  return result;
}

json together(const std::vector<json>& reports) {
  json all = json::object();
  for (const json& report : reports) add(all, report);
  if (all.contains("operations_per_second"))
    all["operations_per_second"] = rate(all["operations"].get<std::uint64_t>(), all["seconds"].get<double>());
  all["runs"] = reports;
  return all;
}

json to_json(const ModelExploration& result, const properties::Bound& bound) {
  json broken = json::array();
  for (const auto& one : result.broken)
    broken.push_back({{"property", properties::name_of(one.invariant.property)},
                      {"what", one.invariant.what},
                      {"sequence", model::print(one.sequence)}});
  return {{"bound", bound_json(bound)},
          {"states", result.states},
          {"transitions", result.transitions},
          {"depth", result.depth},
          {"outside", result.outside},
          {"complete", result.complete},
          {"ended_early", result.ended_early},
          {"operations", result.pairs},
          {"seconds", result.seconds},
          {"operations_per_second", rate(result.pairs, result.seconds)},
          {"findings", broken},
          {"known", json::array()},
          {"skipped", json::array()},
          {"unchecked", json::array()},
          {"coverage",
           {{"pairs_total", result.pairs},
            {"pairs_covered", 0},
            {"rules", result.coverage.rules()},
            {"by_errno", result.coverage.by_errno()},
            {"unseen_rules", names_of(result.coverage.unseen())},
            {"calls", table_json(result.table)}}}};
}

}  // namespace mprogcheck
