// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/fuzz/json_report.hpp"

#include <nlohmann/json.hpp>

#include "campaign/fuzz/earned.hpp"

namespace mprogcheck {

using json = nlohmann::ordered_json;

json json_head(std::string_view verb) {
  return {{"schema", json_schema}, {"verb", verb}, {"version", MPROGCHECK_VERSION}};
}

json to_json(const OracleIdentity& kernel) {
  return {{"source", kernel.source},
          {"release", kernel.release},
          {"accelerator", kernel.accelerator},
          {"features", kernel.features},
          {"image", kernel.image}};
}

json to_json(const std::vector<Finding>& findings) {
  json all = json::array();
  for (const Finding& finding : findings)
    all.push_back({{"property", properties::name_of(finding.divergence.primary)},
                   {"label", name_of(finding.label)},
                   {"fingerprint", properties::to_string(finding.divergence.fingerprint)},
                   {"folder", finding.folder.string()},
                   {"operations", finding.shrunk.operations.size()},
                   {"confirmed", {{"k", finding.confirmed}, {"n", finding.runs}}},
                   {"hits", finding.hits},
                   {"unjudged", finding.unjudged},
                   {"before", finding.before.size()}});
  return all;
}

json to_json(const std::vector<const Feature*>& unchecked) {
  json all = json::array();
  for (const Feature* const feature : unchecked)
    all.push_back(
        {{"name", feature->name}, {"what", feature->unchecked}, {"why", feature->why}, {"cure", feature->cure}});
  return all;
}

json to_json(const std::vector<KnownState>& known) {
  json all = json::array();
  for (const KnownState& state : known)
    all.push_back({{"name", state.name},
                   {"hits", state.hits},
                   {"stale", state.stale},
                   {"action", name_of(state.action)},
                   {"reason", state.reason}});
  return all;
}

json nothing_run(const std::string& kernel, const Error& error, bool ended_early) {
  json result = {{"kernel", {{"source", kernel}}}, {"operations", 0},          {"findings", json::array()},
                 {"known", json::array()},         {"skipped", json::array()}, {"unchecked", json::array()},
                 {"ended_early", ended_early}};
  if (error.kind == Error::Kind::skipped)
    result["skipped"].push_back(error.message);
  else
    result["error"] = error.message;
  return result;
}

json side_by_side(const std::vector<json>& reports) {
  if (reports.empty()) return json::object();
  json all = reports.front();
  for (const json& report : reports)
    all["ended_early"] = all["ended_early"].get<bool>() || report["ended_early"].get<bool>();
  if (reports.size() > 1) all["runs"] = reports;
  return all;
}

namespace {

json unseen_rules_of(const FuzzReport& report) {
  json all = json::array();
  for (const model::Rule rule : unseen_rules(report.coverage, report.known)) all.push_back(model::name_of(rule));
  return all;
}

json unseen_errnos(const FuzzReport& report) {
  json all = json::array();
  for (const model::Outcome outcome : report.coverage.unseen_errnos(report.known.traits))
    all.push_back(model::to_string(outcome));
  return all;
}

}  // namespace

json to_json(const FuzzReport& report, const FuzzOptions& options) {
  const Progress& progress = report.progress;
  const Judged rests_on = judged(report);
  json result = {
      {"kernel", to_json(report.kernel)},
      {"seed", report.seed},
      {"shard", options.shard},
      {"sequences", progress.sequences},
      {"operations", progress.operations},
      {"unjudged", rests_on.unjudged},
      {"cut",
       {{"batches", report.cut.batches}, {"sequences", report.cut.sequences}, {"operations", report.cut.operations}}},
      {"left_out", rests_on.left_out},
      {"unjudged_share", rests_on.unjudged_share()},
      {"seconds", progress.seconds},
      {"operations_per_second",
       progress.seconds > 0 ? static_cast<double>(progress.operations) / progress.seconds : 0.0},
      {"jobs", options.jobs},
      {"carried_on", report.carried_on},
      {"first_checked_seconds", report.first_checked_seconds},
      {"canaries", {{"planted", progress.canaries.planted}, {"caught", progress.canaries.caught}}},
      {"findings", to_json(report.findings)},
      {"known", to_json(report.known.states)},
      {"ended_early", report.ended_early},
      {"coverage",
       {{"since", report.carried_on != 0 ? "this start" : "the beginning"},
        {"pairs_bound", report.pairs.bound},
        {"pairs_total", report.pairs.total},
        {"pairs_covered", report.pairs.covered},
        {"rules", report.coverage.rules()},
        {"by_errno", report.coverage.by_errno()},
        {"calls", report.coverage.calls()},
        {"lengths", report.coverage.lengths()},
        {"unseen_rules", unseen_rules_of(report)},
        {"unseen_errnos", unseen_errnos(report)}}},
      {"skipped", json::array()},
      {"unchecked", to_json(lacking_features(report.kernel))}};
  for (const Feature* const feature : lacking_features(report.kernel)) result["skipped"].push_back(feature->name);
  if (report.error) result["error"] = report.error->message;
  return result;
}

}  // namespace mprogcheck
