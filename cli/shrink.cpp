// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "campaign/investigate.hpp"
#include "campaign/json_report.hpp"
#include "campaign/known.hpp"
#include "campaign/replay.hpp"
#include "cli/progress_line.hpp"
#include "cli/verb.hpp"
#include "model/print.hpp"

namespace mprogcheck::cli {

namespace {

struct Options {
  CommonOptions common;
  std::string file;
  std::optional<unsigned> jobs;
};

ExitCode shrink_on(const KernelSpec& kernel, const NamedSequence& named, const Options& options,
                   nlohmann::ordered_json& json) {
  ProgressLine progress;
  const auto pool =
      Pool::start(options.jobs.value_or(default_jobs(kernel)), oracles_for(options.common, kernel, progress));
  if (!pool) return report(pool.error());
  Oracle& oracle = (*pool)->at(0);
  json["kernel"] = to_json(oracle.identity());
  const auto entries = known_for(options.common, kernel);
  if (!entries) return report(entries.error());
  const auto known = probe_known(oracle, *entries);
  if (!known) return report(known.error());
  const auto replayed = replay(named.sequence, oracle, *known);
  if (!replayed) return report(replayed.error());
  if (!replayed->judgement.divergence) {
    fmt::print("{}: held on {}, so there is nothing to shrink\n", named.name, kernel.text);
    json["findings"] = nlohmann::ordered_json::array();
    return ExitCode::held;
  }
  if (replayed->verdict == Replay::Verdict::known || !replayed->known_as.empty())
    fmt::print("{}: differs in a way that is known\n", named.name);

  Finding finding;
  finding.found = named.sequence;
  finding.divergence = *replayed->judgement.divergence;
  finding.quirks = replayed->quirks;
  finding.kernel = oracle.identity();
  finding.console = oracle.console_tail(200);
  const auto investigated =
      investigate(std::move(finding), **pool,
                  {.directory = options.common.out + "/findings", .enough = [] { return interrupted.load(); }});
  if (!investigated) return report(investigated.error());
  progress.finding(investigated->finding);
  fmt::print("{}", model::print(investigated->finding.shrunk));
  json["findings"] = to_json(std::vector{investigated->finding});
  return replayed->verdict == Replay::Verdict::known ? ExitCode::held : ExitCode::divergence;
}

ExitCode run(const Options& options) {
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
  listen_to_signals();
  auto json = json_head("shrink");
  ExitCode code = shrink_on(kernels->front(), sequences->front(), options, json);
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
