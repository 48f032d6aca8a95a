// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/text.hpp"
#include "campaign/finding/investigate.hpp"
#include "campaign/fuzz/json_report.hpp"
#include "campaign/known.hpp"
#include "campaign/replay/replay.hpp"
#include "cli/progress_line.hpp"
#include "cli/verb.hpp"
#include "model/language/print.hpp"
#include "properties/judge/describe.hpp"

namespace mprogcheck::cli {

namespace {

struct Options {
  CommonOptions common;
  std::string file;
  std::optional<unsigned> jobs;
};

/// What was found, and what the report says of the kernel.
struct Shrunk {
  OracleIdentity kernel;
  std::size_t operations = 0;  ///< judged
  std::vector<Finding> findings;
  ExitCode code = ExitCode::held;
};

Result<Shrunk> shrink_on(const KernelSpec& kernel, const NamedSequence& named, const Options& options) {
  ProgressLine progress;
  const auto pool =
      Pool::start(options.jobs.value_or(default_jobs(kernel)), oracles_for(options.common, kernel, progress));
  if (!pool) return tl::unexpected(pool.error());
  Oracle& oracle = (*pool)->at(0);
  if (auto able = can_judge(named.told.sequence, oracle.identity()); !able)
    return fail(Error::Kind::skipped, "{}: {}", named.name, able.error().message);
  const auto entries = known_for(options.common, kernel);
  if (!entries) return tl::unexpected(entries.error());
  const auto known = probe_known(oracle, *entries);
  if (!known) return tl::unexpected(known.error());
  if (interrupted) return tl::unexpected(not_begun(named.name));
  const auto replayed = replay(named.told.sequence, oracle, *known);
  if (!replayed) return tl::unexpected(replayed.error());
  Shrunk result{
      .kernel = oracle.identity(), .operations = replayed->judgement.judged, .findings = {}, .code = ExitCode::held};
  if (!replayed->judgement.divergence) {
    fmt::print("{}: held on {}, so there is nothing to shrink\n", printable_line(named.name), kernel.text);
    return result;
  }
  if (replayed->verdict == Replay::Verdict::known || !replayed->known_as.empty())
    fmt::print("{}: differs in a way that is known\n", printable_line(named.name));

  Finding finding;
  finding.found = named.told.sequence;
  finding.divergence = *replayed->judgement.divergence;
  finding.origin.traits = replayed->traits;
  finding.origin.kernel = oracle.identity();
  finding.console = oracle.console_tail(200);
  // What is known has no part in it, unless it is the very thing that is to be shrunk.
  const bool is_known = replayed->verdict == Replay::Verdict::known || !replayed->known_as.empty();
  const std::string directory = options.common.out + "/findings";
  auto investigated = investigate(
      std::move(finding), **pool,
      {.directory = directory, .enough = [] { return interrupted.load(); }, .known = is_known ? nullptr : &*known});
  if (!investigated) return tl::unexpected(investigated.error());
  for (Finding& other : investigated->others) {
    if (auto saved = save(other, directory); !saved) return tl::unexpected(saved.error());
    fmt::print("on the way another divergence was met: {}; shrink {}/sequence.mpc to look into it\n",
               properties::summary(other.divergence), other.folder.string());
    result.findings.push_back(std::move(other));
  }
  progress.finding(investigated->finding);
  fmt::print("{}", model::print(investigated->finding.shrunk));
  result.findings.push_back(std::move(investigated->finding));
  if (replayed->verdict != Replay::Verdict::known) result.code = ExitCode::divergence;
  return result;
}

nlohmann::ordered_json to_json(const Shrunk& shrunk, const std::vector<const Feature*>& unchecked) {
  return {{"kernel", to_json(shrunk.kernel)},     {"operations", shrunk.operations},
          {"findings", to_json(shrunk.findings)}, {"skipped", nlohmann::ordered_json::array()},
          {"unchecked", to_json(unchecked)},      {"ended_early", interrupted.load()}};
}

ExitCode run(Options& options) {
  const auto kernels = kernels_of(options.common);
  if (!kernels) return report(kernels.error());
  if (kernels->size() != 1)
    return report({Error::Kind::usage, fmt::format("shrink: expected one --kernel, found {}", kernels->size())});
  const auto sequences = read_sequences({options.file});
  if (!sequences) return report(sequences.error());
  if (sequences->size() != 1)
    return report(
        {Error::Kind::usage, fmt::format("{}: expected one sequence, found {}; put the one to shrink in a file "
                                         "of its own",
                                         options.file, sequences->size())});
  const auto folder = take_folder(options.common);
  if (!folder) return report(folder.error());
  listen_to_signals();
  auto json = json_head("shrink");
  ExitCode code = ExitCode::held;
  if (const auto shrunk = shrink_on(kernels->front(), sequences->front(), options)) {
    // Whatever the sequence needs is there: but for what no sequence names.
    auto unchecked = lacking_features(shrunk->kernel);
    std::erase_if(unchecked, [](const Feature* feature) { return feature->name != feature_refcnt; });
    print_unchecked(unchecked);
    json.update(to_json(*shrunk, unchecked));
    code = shrunk->code;
    if (interrupted) {
      fmt::print("ended early: interrupted\n");
      code =
          combine(code, report({Error::Kind::infrastructure,
                                fmt::format("{}: it was interrupted before it was minimal and confirmed; run it again",
                                            options.file)}));
    }
  } else {
    json.update(nothing_run(kernels->front().text, shrunk.error(), interrupted));
    code = report(shrunk.error());
  }
  if (auto written = write_json(options.common, json); !written) code = combine(code, report(written.error()));
  return code;
}

}  // namespace

void add_shrink(CLI::App& app, Run& run_verb) {
  const auto options = std::make_shared<Options>();
  auto* verb = app.add_subcommand("shrink", "minimizes a failing sequence");
  verb->add_option("file", options->file, "one sequence in the sequence language (docs/language.md)")->required();
  verb->add_option("--jobs", options->jobs, "so many VMs side by side; one for each core unless given")
      ->check(CLI::Range(1U, 64U));
  add_common(*verb, options->common);
  verb->callback([options, &run_verb] { run_verb = [options] { return run(*options); }; });
}

}  // namespace mprogcheck::cli
