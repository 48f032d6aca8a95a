// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/explore/explore.hpp"
#include "base/file.hpp"

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "campaign/explore/json.hpp"
#include "campaign/explore/model.hpp"
#include "campaign/fuzz/earned.hpp"
#include "campaign/fuzz/json_report.hpp"
#include "campaign/fuzz/need.hpp"
#include "campaign/kernel/hook_spec.hpp"
#include "campaign/stopwatch.hpp"
#include "cli/progress_line.hpp"
#include "cli/verb.hpp"
#include "model/language/print.hpp"
#include "model/language/words.hpp"
#include "properties/rfc_v2/exploration.hpp"

namespace mprogcheck::cli {

namespace {

struct Options {
  CommonOptions common;
  std::string hook = "tcx_ingress";
  properties::Bound bound;
  std::string dialect = "released";
  std::string shard = "1/1";
  std::string graph;
  std::vector<std::string> merge;
  std::optional<unsigned> jobs;
  bool model_only = false;
  bool labelled = false;
};

using Reports = std::vector<nlohmann::ordered_json>;

std::string in_words(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<std::size_t>(at), 1, ',');
  return text;
}

/// One line for each call: what was covered of what there is, by outcome.
void print_table(const PairTable& table, bool covered) {
  for (const auto& [call, row] : table.rows()) {
    std::string line = fmt::format("  {:<12}", call);
    for (const auto& [outcome, cell] : row) {
      std::string item = fmt::format("  {} {}", outcome, in_words(covered ? cell.covered : cell.total));
      if (covered && cell.covered != cell.total) item += fmt::format(" of {}", in_words(cell.total));
      if (line.size() + item.size() > 118) {
        fmt::print("{}\n", line);
        line.assign(14, ' ');
      }
      line += item;
    }
    fmt::print("{}\n", line);
  }
}

void print_left_out(const properties::Bound& bound, std::size_t seen, const std::vector<model::Rule>& unseen,
                    bool ended_early = false) {
  fmt::print("left out  by this bound:\n");
  for (const std::string& line : properties::left_out_by(bound)) fmt::print("  {}\n", line);
  std::string line =
      fmt::format("rules     {} decided something; {}never:", seen, ended_early ? "until it ended " : "in this bound ");
  for (const auto rule : unseen) {
    if (line.size() + model::name_of(rule).size() > 117) {
      fmt::print("{}\n", line);
      line.assign(9, ' ');
    }
    line += ' ' + std::string(model::name_of(rule));
  }
  fmt::print("{}\n", line);
}

/// Of what follows "so many pairs": how many of those without an outcome are excused.
std::string behind_known(const ExploreReport& report) {
  return report.behind == 0 ? "" : fmt::format(", and {} behind known divergences", in_words(report.behind));
}

void print_canaries(const CanaryCount& canaries) {
  if (canaries.planted == 0)
    fmt::print("canaries  none was planted\n");
  else
    fmt::print("canaries  {} of {} caught\n", canaries.caught, canaries.planted);
}

/// To those that are missing. Another run of the same tours would end where this one did.
std::string_view what_helps(const ExploreReport& report) {
  if (report.ended_early) return "it was interrupted; the same command goes on";
  if (report.tours_done < report.tours) return "not all tours were run; the same command goes on";
  return "no way leads to the rest that the kernel survives or follows; `fuzz` may say why";
}

void print_summary(const ExploreReport& report) {
  const OracleIdentity& kernel = report.kernel;
  fmt::print("explored  {}{}: {} states, {} transitions, {} operations\n", properties::text_of(report.bound),
             report.shard.count == 1 ? "" : ", shard " + to_string(report.shard), in_words(report.states),
             in_words(report.transitions), in_words(report.operations));
  fmt::print("pairs     {} of {} (state, operation) pairs have a recorded outcome on {}; {:.1f} s, {}/s\n",
             in_words(report.covered), in_words(report.own_pairs),
             kernel.release.empty() ? kernel.source : fmt::format("{} ({})", kernel.release, kernel.source),
             report.seconds,
             short_number(report.seconds > 0 ? static_cast<double>(report.covered) / report.seconds : 0));
  print_table(report.table, true);
  fmt::print("tours     {} of {}, {} steps\n", report.tours_done, report.tours, in_words(report.steps));
  if (report.around.strays != 0 || report.around.tours != 0)
    fmt::print("around    {} pairs led elsewhere; {} tours more, in {} round{}, went around what differs\n",
               in_words(report.around.strays), in_words(report.around.tours), report.around.rounds,
               report.around.rounds == 1 ? "" : "s");
  if (const Judged rests_on = judged(report); rests_on.unjudged_share() > 0)
    fmt::print("avoided   {} pairs, as known divergences say; with those that have no outcome {:.1f} %\n",
               in_words(report.avoided), 100 * rests_on.unjudged_share());
  print_left_out(report.bound, report.coverage.rules().size(), report.silent);
  print_canaries(report.canaries);
  print_unchecked(report.unchecked);
  constexpr std::string_view deeds[] = {"followed", "met", "left out"};  // by KnownAction
  for (const KnownState& state : report.known.states)
    fmt::print("known     {}: {}\n", state.name,
               state.stale ? "no longer diverges on this kernel"
                           : fmt::format("present, {} {} times", deeds[static_cast<std::size_t>(state.action)],
                                         in_words(state.hits)));
  if (report.findings.empty()) fmt::print("findings  none\n");
  for (const Finding& finding : report.findings)
    fmt::print("finding   {}  {}, {} operations: {}\n", properties::name_of(finding.divergence.primary),
               how_sure_of(finding), finding.shrunk.operations.size(), finding.folder.string());
  if (report.is_complete() && report.findings.empty())
    fmt::print("complete  no pair of this {} differs from the model\n", report.shard.count == 1 ? "bound" : "shard");
  if (report.ended_early) fmt::print("ended early: {}\n", interrupted ? "interrupted" : "enough findings");
  if (report.is_complete()) return;
  std::string_view why = "; no way leads to them, or guests die of their kind";
  if (report.findings.empty() && report.ended_early)
    why = "; the same command goes on";
  else if (report.findings.empty() && report.missing() == 0)
    why = "; all of them lie behind known divergences";
  fmt::print("NOT COMPLETE  {} pairs have no outcome{}\n", in_words(report.own_pairs - report.covered), why);
}

/// Of an exploration of a model: how it came out.
ExitCode conclude(bool complete, bool ended_early, std::uint64_t looked_into, std::uint64_t states, bool broken) {
  if (ended_early)
    fmt::print("NOT COMPLETE  ended early, when {} states were looked into; {} were found\n", in_words(looked_into),
               in_words(states));
  if (broken) return ExitCode::divergence;
  if (ended_early)
    return report({Error::Kind::infrastructure,
                   fmt::format("expected every state of the bound, found {} when it was interrupted; run it again",
                               looked_into)});
  if (!complete)
    return report({Error::Kind::usage, "the bound has more states than can be kept; choose fewer --progs or --links"});
  return ExitCode::held;
}

ExitCode explore_kernel(const Options& options, const KernelSpec& kernel, Reports& reports) {
  if (interrupted) {
    const Error error = not_begun(fmt::format("{}, {}", kernel.text, properties::text_of(options.bound)));
    reports.push_back(not_explored(kernel.text, options.bound, error, true));
    return report(error);
  }
  ProgressLine progress;
  ExploreOptions wanted;
  wanted.bound = options.bound;
  wanted.shard = *parse_shard(options.shard);
  wanted.kernel = kernel.text;
  wanted.jobs = options.jobs.value_or(default_jobs(kernel));
  wanted.out = options.common.out;
  wanted.stop = &interrupted;
  auto known = known_for(options.common, kernel);
  if (!known) return report(known.error());
  wanted.known = std::move(*known);
  auto result = explore(wanted, oracles_for(options.common, kernel, progress), progress);
  progress.clear();
  if (!result) {
    reports.push_back(not_explored(kernel.text, options.bound, result.error(), interrupted));
    return report(result.error());
  }
  print_summary(*result);
  reports.push_back(to_json(*result));
  ExitCode code = ExitCode::held;
  for (const Finding& finding : result->findings)
    code = combine(code, finding.label == Label::infrastructure ? ExitCode::infrastructure : ExitCode::divergence);
  if (result->error) code = combine(code, report(*result->error));
  // What is to be stopped at hides what lies behind it, and nothing else.
  if (result->missing() != 0 && result->findings.empty() && !result->error)
    code =
        combine(code, report({Error::Kind::infrastructure,
                              fmt::format("expected an outcome for each of {} pairs, found {}{}; {}", result->own_pairs,
                                          result->covered, behind_known(*result), what_helps(*result))}));
  else if (result->ended_early && interrupted && !result->error)
    code = combine(code, report({Error::Kind::infrastructure, fmt::format("{}: it was interrupted; the same command "
                                                                          "goes on",
                                                                          kernel.text)}));
  if (code == ExitCode::held)
    if (auto enough = is_enough(judged(*result), "this shard has no pair of the bound; choose fewer shards"); !enough)
      code = report(enough.error());
  return code;
}

ExitCode explore_alone(const Options& options, Reports& reports) {
  const auto naming = options.labelled ? model::Naming::labelled : model::Naming::symmetric;
  const ModelExploration result = explore_model(options.bound, naming, &interrupted);
  reports.push_back(to_json(result, options.bound));
  fmt::print("explored  {}, the model alone{}: {} states, {} transitions, {} pairs, {:.2f} s, {}/s\n",
             properties::text_of(options.bound), options.labelled ? "" : ", up to renaming", in_words(result.states),
             in_words(result.transitions), in_words(result.pairs), result.seconds,
             short_number(result.seconds > 0 ? static_cast<double>(result.pairs) / result.seconds : 0));
  fmt::print("depth     no state is further than {} operations; {} transitions leave the bound\n", result.depth,
             in_words(result.outside));
  print_table(result.table, false);
  print_left_out(options.bound, result.coverage.rules().size(), result.coverage.unseen(), result.ended_early);
  for (const auto& one : result.broken)
    fmt::print("finding   {}: {}\n{}", properties::name_of(one.invariant.property), one.invariant.what,
               model::print(one.sequence));
  if (result.broken.empty())
    fmt::print("findings  none: the model keeps its invariants in every state and transition{}\n",
               result.ended_early ? " that was looked into" : "");
  return conclude(result.complete, result.ended_early, result.looked_into, result.states, !result.broken.empty());
}

/// The design of June 2023, which no kernel has.
ExitCode explore_rfc_v2(const Options& options, Reports& reports) {
  namespace rfc_v2 = model::rfc_v2;
  if (!options.model_only)
    return report({Error::Kind::usage, "--dialect rfc_v2: no kernel has this design; add --model-only"});
  if (options.bound.fill != 0 || options.bound.lifetimes || !options.graph.empty())
    return report(
        {Error::Kind::usage, "--dialect rfc_v2: --fill, --lifetimes and --graph are for the released design"});
  const properties::RfcV2Machine machine(
      {.programs = options.bound.programs, .links = options.bound.links, .symmetric = !options.labelled});
  const Stopwatch clock;
  const auto result = properties::explore(machine, properties::most_rfc_v2_states, &interrupted);
  const double seconds = clock.seconds();
  fmt::print("explored  rfc_v2, {} programs, {} links, the model alone{}: {} states, {} transitions, {} pairs\n",
             options.bound.programs, options.bound.links, options.labelled ? "" : ", up to renaming",
             in_words(result.states), in_words(result.transitions), in_words(result.pairs));
  fmt::print("depth     no state is further than {} operations\n", result.depth);
  nlohmann::ordered_json calls = nlohmann::ordered_json::object(), rules = calls,
                         broken = nlohmann::ordered_json::array();
  std::map<std::string, std::uint64_t> outcomes;
  for (unsigned call = 0; call < rfc_v2::call_count; ++call) {
    std::map<std::string, std::uint64_t> row;
    for (unsigned rule = 0; rule < rfc_v2::rule_count; ++rule)
      if (const auto count = result.decided[call][rule]; count != 0)
        row[model::to_string(rfc_v2::outcome_of(static_cast<rfc_v2::Rule>(rule)))] += count;
    for (const auto& [outcome, count] : row) outcomes[outcome] += count;
    const std::string name(rfc_v2::name_of(static_cast<rfc_v2::Call>(call)));
    std::string line = fmt::format("  {:<12}", name);
    for (const auto& [outcome, count] : row) line += fmt::format("  {} {}", outcome, in_words(count));
    fmt::print("{}\n", line);
    calls[name] = row;
  }
  nlohmann::ordered_json silent = nlohmann::ordered_json::array();
  for (unsigned n = 0; n < rfc_v2::rule_count; ++n) {
    const auto rule = static_cast<rfc_v2::Rule>(n);
    if (const auto count = result.decided_by(rule); count != 0)
      rules[std::string(rfc_v2::name_of(rule))] = count;
    else
      silent.push_back(rfc_v2::name_of(rule));
  }
  fmt::print("rules     {} decide something in this bound, {} do not{}\n", rules.size(), silent.size(),
             result.stopped ? " so far" : "");
  for (const auto& one : result.broken) {
    fmt::print("finding   promise {} is broken by {}: {}\n", one.promise, rfc_v2::name_of(one.rule), one.found);
    for (const std::string& line : one.sequence) fmt::print("            {}\n", line);
    broken.push_back({{"property", one.promise},
                      {"rule", rfc_v2::name_of(one.rule)},
                      {"what", one.found},
                      {"sequence", one.sequence}});
  }
  fmt::print("{}", result.broken.empty() ? "findings  none\n" : "see docs/rfc_v2.md for the reasons\n");
  reports.push_back({{"dialect", "rfc_v2"},
                     {"bound", {{"progs", options.bound.programs}, {"links", options.bound.links}, {"fill", 0}}},
                     {"states", result.states},
                     {"transitions", result.transitions},
                     {"depth", result.depth},
                     {"complete", result.complete},
                     {"ended_early", result.stopped},
                     {"operations", result.pairs},
                     {"seconds", seconds},
                     {"operations_per_second", seconds > 0 ? static_cast<double>(result.pairs) / seconds : 0.0},
                     {"findings", broken},
                     {"known", nlohmann::ordered_json::array()},
                     {"skipped", nlohmann::ordered_json::array()},
                     {"coverage",
                      {{"pairs_total", result.pairs},
                       {"pairs_covered", 0},
                       {"rules", rules},
                       {"by_errno", outcomes},
                       {"unseen_rules", silent},
                       {"calls", calls}}}});
  return conclude(result.complete, result.stopped, result.looked_into, result.states, !result.broken.empty());
}

ExitCode merge(const Options& options, nlohmann::ordered_json& json) {
  const auto merged = merge_shards({options.merge.begin(), options.merge.end()});
  if (!merged) return report(merged.error());
  fmt::print("merged    {} shards of {} on {}: {} {} pairs have a recorded outcome\n", merged->shards, merged->bound,
             merged->kernel, merged->uncovered == 0 ? "all" : in_words(merged->pairs - merged->uncovered) + " of",
             in_words(merged->pairs));
  const Judged rests_on = judged(*merged);
  if (rests_on.unjudged_share() > 0)
    fmt::print("avoided   {} pairs, as known divergences say; with those that have no outcome {:.1f} %\n",
               in_words(merged->avoided), 100 * rests_on.unjudged_share());
  print_canaries(merged->canaries);
  print_unchecked(merged->unchecked);
  fmt::print("findings  {}\n", merged->findings == 0 ? "none" : std::to_string(merged->findings));
  json["kernel"] = {
      {"source", merged->kernel}, {"release", merged->identity.release}, {"image", merged->identity.image}};
  json["complete"] = merged->uncovered == 0;
  json["operations"] = merged->pairs - merged->uncovered;
  json["shards"] = merged->shards;
  json["findings_of_shards"] = merged->findings;
  json["left_out"] = merged->avoided;
  json["unjudged_share"] = rests_on.unjudged_share();
  json["canaries"] = {{"planted", merged->canaries.planted}, {"caught", merged->canaries.caught}};
  json["unchecked"] = to_json(merged->unchecked);
  json["ended_early"] = false;
  json["coverage"] = {{"pairs_total", merged->pairs}, {"pairs_covered", merged->pairs - merged->uncovered}};
  if (merged->findings != 0) return ExitCode::divergence;
  if (auto enough = is_enough(rests_on, "the shards have no pair together"); !enough) return report(enough.error());
  return ExitCode::held;
}

ExitCode run(Options& options) {
  auto json = json_head("explore");
  ExitCode code = ExitCode::held;
  const auto hooks = parse_hooks({options.hook});
  if (!hooks) return report(hooks.error());
  listen_to_signals();
  Reports reports;
  if (!options.merge.empty()) {
    code = merge(options, json);
  } else if (options.dialect == "rfc_v2") {
    code = explore_rfc_v2(options, reports);
  } else {
    if (!parse_shard(options.shard))
      return report({Error::Kind::usage, fmt::format("--shard: expected i/n, as in 2/5, found {}", options.shard)});
    const auto kernels = kernels_of(options.common);
    if (!kernels) return report(kernels.error());
    const auto needs = parse_needs(options.common.needs);
    if (!needs) return report(needs.error());
    for (const Feature* const feature : *needs)
      if (!is_asked_by_explore(*feature))
        return report({Error::Kind::usage,
                       fmt::format("--need: expected {} or {}, for an exploration asks about nothing else of the kind, "
                                   "found \"{}\"; use fuzz",
                                   feature_refcnt, feature_next_id, feature->name)});
    if (!options.graph.empty()) {
      options.bound.hook = hooks->front();
      const auto naming = options.labelled ? model::Naming::labelled : model::Naming::symmetric;
      const auto drawn = state_graph_dot(options.bound, naming, &interrupted);
      if (!drawn)
        return report({Error::Kind::infrastructure,
                       fmt::format("--graph {}: it was interrupted before all states were known, and is not written; "
                                   "run it again",
                                   options.graph)});
      if (auto written = write_output(options.graph, *drawn); !written) return report(written.error());
    }
    const std::string out = options.common.out;
    for (const model::Hook hook : *hooks) {
      options.bound.hook = hook;
      if (options.model_only) {
        code = combine(code, explore_alone(options, reports));
        continue;
      }
      for (const KernelSpec& kernel : *kernels) {
        // Each in a folder of its own, where there are several: what one leaves the next must not take for its own.
        options.common.out = out;
        if (hooks->size() > 1) options.common.out += '/' + std::string(model::name_of(hook));
        if (kernels->size() > 1) options.common.out += fmt::format("/kernel-{}", &kernel - kernels->data());
        code = combine(code, explore_kernel(options, kernel, reports));
      }
    }
  }
  if (!reports.empty()) json.update(together(reports));
  if (auto written = write_json(options.common, json); !written) code = combine(code, report(written.error()));
  return code;
}

}  // namespace

void add_explore(CLI::App& app, Run& run_verb) {
  const auto options = std::make_shared<Options>();
  auto* verb =
      app.add_subcommand("explore", "every state of a small world and every operation in it, on a real kernel");
  add_common(*verb, options->common);
  verb->add_option("--hook", options->hook, hook_words())->capture_default_str();
  auto* progs = verb->add_option("--progs", options->bound.programs, "programs")
                    ->capture_default_str()
                    ->check(CLI::Range(1U, properties::Bound::most_programs));
  verb->add_option("--links", options->bound.links, "links")
      ->capture_default_str()
      ->check(CLI::Range(0U, properties::Bound::most_links));
  verb->add_option("--fill", options->bound.fill, "start from a list of so many entries: 60 to 63 is where it is full")
      ->capture_default_str()
      ->check(CLI::Range(0U, model::OrderedList::mprog_capacity));
  verb->add_flag("--lifetimes", options->bound.lifetimes,
                 "with all that goes: a mortal program, a handle more, a pin, a device; --progs is 1 unless given")
      ->excludes("--fill");
  verb->add_option("--dialect", options->dialect, "released, or rfc_v2: the design of June 2023 with FIRST and LAST")
      ->capture_default_str()
      ->check(CLI::IsMember({"released", "rfc_v2"}));
  auto* shard = verb->add_option("--shard", options->shard, "i/n: only the pairs of the states that are shard i's of n")
                    ->capture_default_str();
  auto* merge =
      verb->add_option("--merge", options->merge, "folders that the shards' --out named: proves that none is missing");
  verb->add_option("--jobs", options->jobs, "so many VMs side by side; one for each core unless given")
      ->check(CLI::Range(1U, 64U));
  auto* model_only = verb->add_flag("--model-only", options->model_only,
                                    "ask no kernel: states, transitions and invariants of the model");
  verb->add_flag("--labelled", options->labelled, "with --model-only or --graph: tell programs of one kind apart");
  verb->add_option("--graph", options->graph, "write the state graph to this file, for Graphviz");
  model_only->excludes(shard);
  model_only->excludes("--need");
  merge->excludes("--need");
  model_only->excludes(merge);
  merge->excludes(shard);
  verb->callback([options, progs, &run_verb] {
    if (options->bound.lifetimes && progs->count() == 0) options->bound.programs = 1;
    run_verb = [options] { return run(*options); };
  });
}

}  // namespace mprogcheck::cli
