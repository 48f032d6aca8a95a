// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/fuzz/fuzz.hpp"

#include <fmt/ranges.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <random>

#include "campaign/fuzz/earned.hpp"
#include "campaign/fuzz/json_report.hpp"
#include "campaign/fuzz/need.hpp"
#include "campaign/kernel/hook_spec.hpp"
#include "cli/progress_line.hpp"
#include "cli/verb.hpp"

namespace mprogcheck::cli {

namespace {

constexpr double default_seconds = 60;

struct Options {
  CommonOptions common;
  std::vector<std::string> hooks{};  ///< none: all that the kernel has
  std::string seed;
  std::uint64_t shard = 0;
  std::optional<double> seconds;
  std::optional<std::uint64_t> sequences;
  std::optional<unsigned> jobs;
};

template <typename Counts>
void print_counts(std::string_view title, const Counts& counts) {
  std::string line{title};
  for (const auto& [name, count] : counts) {
    const std::string item = fmt::format("  {} {}", name, short_number(static_cast<double>(count)));
    if (line.size() + item.size() > 118) {
      fmt::print("{}\n", line);
      line.assign(title.size(), ' ');
    }
    line += item;
  }
  fmt::print("{}\n", line);
}

void print_known(const KnownState& state) {
  constexpr std::string_view deeds[] = {"followed", "met", "left out"};  // by KnownAction
  if (state.stale)
    fmt::print("known     {}: no longer diverges on this kernel: the entry is stale here\n", state.name);
  else
    fmt::print("known     {}: present, {} {} times\n", state.name, deeds[static_cast<std::size_t>(state.action)],
               state.hits);
}

void print_canaries(const CanaryCount& canaries) {
  if (canaries.planted == 0)
    fmt::print("canaries  none was planted: too few sequences with a place for one\n");
  else
    fmt::print("canaries  {} of {} caught\n", canaries.caught, canaries.planted);
}

void print_finding(const Finding& finding) {
  const std::string how_sure = how_sure_of(finding);
  const std::string company =
      finding.before.empty() ? "" : fmt::format(" after {} other sequences", finding.before.size());
  fmt::print("finding   {}  {}, {} operations{}, {} hits: {}\n", properties::name_of(finding.divergence.primary),
             how_sure, finding.shrunk.operations.size(), company, finding.hits, finding.folder.string());
}

void print_summary(const FuzzReport& report) {
  const Progress& progress = report.progress;
  const auto operations = static_cast<double>(progress.operations);
  const OracleIdentity& kernel = report.kernel;
  fmt::print("checked   {} operations in {} sequences on {}, {:.1f} s, {}/s; seed {}\n", progress.operations,
             progress.sequences,
             kernel.release.empty() ? kernel.source : fmt::format("{} ({})", kernel.release, kernel.source),
             progress.seconds, short_number(progress.seconds > 0 ? operations / progress.seconds : 0), report.seed);
  if (report.carried_on != 0)
    fmt::print("coverage  since this start: of {} sequences, {} were judged before\n",
               progress.sequences - report.carried_on, report.carried_on);
  print_counts("outcomes ", report.coverage.by_errno());
  print_counts("lengths  ", report.coverage.lengths());
  fmt::print("pairs     {} of {} (state, operation) pairs of {} met\n",
             short_number(static_cast<double>(report.pairs.covered)),
             short_number(static_cast<double>(report.pairs.total)), report.pairs.bound);
  const auto unseen = unseen_rules(report.coverage, report.known);
  fmt::print("rules     {} decided", report.coverage.rules().size());
  if (!unseen.empty()) fmt::print(", {} never did:", unseen.size());
  for (const auto rule : unseen) fmt::print(" {}", model::name_of(rule));
  fmt::print("\n");
  if (const auto errnos = report.coverage.unseen_errnos(report.known.traits); !errnos.empty()) {
    fmt::print("errnos    never seen:");
    for (const auto outcome : errnos) fmt::print(" {}", model::to_string(outcome));
    fmt::print("\n");
  }
  print_canaries(progress.canaries);
  for (const KnownState& state : report.known.states) print_known(state);
  print_unchecked(lacking_features(report.kernel));
  const Judged rests_on = judged(report);
  fmt::print(
      "unjudged  {:.1f} % of the operations: {} ran after a divergence in their sequence, {} were left out as known\n",
      100 * rests_on.unjudged_share(), report.progress.unjudged, rests_on.left_out);
  if (const Cut& cut = report.cut; cut.batches != 0)
    fmt::print("cut       {} {} of sequences had not come to their end: {} operations that ran in them are unjudged\n",
               cut.batches, cut.batches == 1 ? "batch" : "batches", cut.operations);
  if (report.findings.empty()) fmt::print("findings  none\n");
  for (const Finding& finding : report.findings) print_finding(finding);
  if (report.ended_early) fmt::print("ended early: {}\n", interrupted ? "interrupted" : "enough findings");
}

/// One kernel. The report goes to `reports`.
ExitCode fuzz_kernel(const Options& options, const FuzzOptions& campaign, const KernelSpec& kernel,
                     std::vector<nlohmann::ordered_json>& reports) {
  ProgressLine progress;
  auto result = fuzz(campaign, oracles_for(options.common, kernel, progress), progress);
  progress.clear();
  if (!result) {
    reports.push_back(nothing_run(kernel.text, result.error(), interrupted));
    return report(result.error());
  }
  print_summary(*result);
  reports.push_back(to_json(*result, campaign));
  ExitCode code = ExitCode::held;
  for (const Finding& finding : result->findings)
    code = combine(code, finding.label == Label::infrastructure ? ExitCode::infrastructure : ExitCode::divergence);
  if (result->error) return combine(code, report(*result->error));
  if (result->ended_early && interrupted)
    return combine(code, report({Error::Kind::infrastructure,
                                 fmt::format("{}: it was interrupted when {} sequences were judged; the same command "
                                             "goes on",
                                             kernel.text, result->progress.sequences)}));
  if (code == ExitCode::held)
    if (auto enough =
            is_enough(judged(*result), "its time was over before the first batch was; give it more --seconds");
        !enough)
      return report(enough.error());
  const auto needs = parse_needs(options.common.needs);
  if (code == ExitCode::held && needs)
    if (auto asked = was_asked(result->calls, *needs, result->knows_calls); !asked) return report(asked.error());
  return code;
}

ExitCode run(Options& options) {
  const auto kernels = kernels_of(options.common);
  if (!kernels) return report(kernels.error());
  const auto named = parse_hooks(options.hooks);
  if (!named) return report(named.error());
  const std::vector<model::Hook> hooks = named->empty() ? all_hooks() : *named;
  const std::string fresh_seed = std::to_string(std::random_device{}());
  if (!options.seconds && !options.sequences) options.seconds = default_seconds;

  listen_to_signals();
  ExitCode code = ExitCode::held;
  std::vector<nlohmann::ordered_json> reports;
  for (const KernelSpec& kernel : *kernels) {
    if (interrupted) {
      reports.push_back(nothing_run(kernel.text, not_begun(kernel.text), true));
      code = combine(code, report(not_begun(kernel.text)));
      continue;
    }
    FuzzOptions campaign;
    campaign.hooks = hooks;
    campaign.hooks_are_named = !named->empty();
    campaign.kernel = kernel.text;
    campaign.seed = options.seed;
    campaign.fresh_seed = fresh_seed;
    campaign.shard = options.shard;
    campaign.seconds = options.seconds;
    campaign.sequences = options.sequences;
    campaign.jobs = options.jobs.value_or(default_jobs(kernel));
    campaign.out = options.common.out;
    campaign.stop = &interrupted;
    campaign.curfew = &curfew;
    auto known = known_for(options.common, kernel);
    if (!known) return report(known.error());
    campaign.known = std::move(*known);
    code = combine(code, fuzz_kernel(options, campaign, kernel, reports));
  }
  // One kernel: its report. Several: the first one's keys, and all of them under `runs`.
  auto json = json_head("fuzz");
  json.update(side_by_side(reports));
  if (auto written = write_json(options.common, json); !written) code = combine(code, report(written.error()));
  return code;
}

}  // namespace

void add_fuzz(CLI::App& app, Run& run_verb) {
  const auto options = std::make_shared<Options>();
  auto* verb = app.add_subcommand("fuzz", "random sequences on a real kernel, judged by the model");
  add_common(*verb, options->common);
  verb->add_option("--hook", options->hooks,
                   fmt::format("{}; may be given several times. Unless given: all that the kernel has", hook_words()))
      ->take_all()
      ->allow_extra_args(false);
  verb->add_option("--seconds", options->seconds, "stop after so long; 60 unless --sequences is given")
      ->check(CLI::Range(0.001, 1e9));
  verb->add_option("--sequences", options->sequences, "stop after so many sequences")
      ->check(CLI::Range(std::uint64_t{1}, ~std::uint64_t{0}));
  verb->add_option("--seed", options->seed, "any text; the same text gives the same sequences on every machine");
  verb->add_option("--shard", options->shard, "another stream of sequences of the same seed");
  verb->add_option("--jobs", options->jobs, "so many VMs side by side; one for each core unless given")
      ->check(CLI::Range(1U, 64U));
  verb->callback([options, &run_verb] { run_verb = [options] { return run(*options); }; });
}

}  // namespace mprogcheck::cli
