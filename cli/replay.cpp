// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/replay.hpp"
#include "base/file.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "campaign/finding.hpp"
#include "campaign/json_report.hpp"
#include "campaign/known.hpp"
#include "cli/verb.hpp"
#include "model/print.hpp"
#include "properties/describe.hpp"

namespace mprogcheck::cli {

namespace {

struct Options {
  CommonOptions common;
  std::vector<std::string> files;
  bool step = false;
};

/// What one sequence did on one kernel.
struct Cell {
  Replay::Verdict verdict = Replay::Verdict::held;
  std::string text;         ///< of a table's cell
  std::string fingerprint;  ///< of a divergence
};

struct KernelRun {
  std::string kernel;  ///< as the user named it
  OracleIdentity identity;
  std::vector<Cell> cells;
};

/// `consoles`: how many were kept.
Result<Cell> replay_one(const NamedSequence& named, Oracle& oracle, const Known& known, const Options& options,
                        bool alone, unsigned& consoles) {
  const auto replayed = replay(named.sequence, oracle, known);
  if (!replayed) return tl::unexpected(replayed.error());
  const auto& divergence = replayed->judgement.divergence;
  Cell cell{.verdict = replayed->verdict, .text = {}, .fingerprint = {}};
  if (divergence) cell.fingerprint = properties::to_string(divergence->fingerprint);
  if (divergence)
    cell.text =
        fmt::format("{} at step {}: {}", cell.verdict == Replay::Verdict::known ? "known divergence" : "DIFFERS",
                    divergence->step + 1, properties::summary(*divergence));
  else
    cell.text = fmt::format("held, {} steps", replayed->judgement.judged);

  if (cell.verdict == Replay::Verdict::differs && !replayed->known_as.empty())
    cell.text += fmt::format(" (known: {})", replayed->known_as);
  if (options.step)
    fmt::print("{}:\n{}", named.name, step_by_step(named.sequence, *replayed));
  else if (divergence && alone)
    fmt::print("{}", properties::describe(named.sequence, *divergence, replayed->quirks));
  if (!replayed->console.empty()) {
    const auto file = std::filesystem::path(options.common.out) / fmt::format("console-{}.log", ++consoles);
    if (auto written = write_file(file, replayed->console); !written) return tl::unexpected(written.error());
    fmt::print("console   {}\n", file.string());
  }
  return cell;
}

Result<KernelRun> replay_on(const KernelSpec& kernel, const std::vector<NamedSequence>& sequences,
                            const Options& options, bool alone, unsigned& consoles) {
  auto wanted = oracle_options(options.common, 0);
  if (!wanted) return tl::unexpected(wanted.error());
  wanted->note = [](std::string_view line) { fmt::print("{}\n", line); };
  const auto oracle = start_oracle(kernel, *wanted);
  if (!oracle) return tl::unexpected(oracle.error());
  const auto entries = known_for(options.common, kernel);
  if (!entries) return tl::unexpected(entries.error());
  const auto known = probe_known(**oracle, *entries);
  if (!known) return tl::unexpected(known.error());
  // Several may be a finding that needs all of them, one after the other in a new guest.
  if (sequences.size() > 1)
    if (auto renewed = (*oracle)->renew(Start::quick); !renewed) return tl::unexpected(renewed.error());
  KernelRun result{.kernel = kernel.text, .identity = (*oracle)->identity(), .cells = {}};
  for (const NamedSequence& sequence : sequences) {
    auto cell = replay_one(sequence, **oracle, *known, options, alone, consoles);
    if (!cell) return tl::unexpected(cell.error());
    result.cells.push_back(std::move(*cell));
  }
  return result;
}

void print_table(const std::vector<NamedSequence>& sequences, const std::vector<KernelRun>& runs) {
  std::size_t widest = 0;
  for (const NamedSequence& sequence : sequences) widest = std::max(widest, sequence.name.size());
  for (const KernelRun& run : runs) widest = std::max(widest, run.kernel.size());
  for (std::size_t i = 0; i < sequences.size(); ++i)
    for (const KernelRun& run : runs)
      if (runs.size() == 1)
        fmt::print("{:<{}}  {}\n", sequences[i].name, widest, run.cells[i].text);
      else
        fmt::print("{:<{}}  {:<24} {}\n", sequences[i].name, widest,
                   run.identity.release.empty() ? run.kernel : run.identity.release, run.cells[i].text);
}

nlohmann::ordered_json to_json(const std::vector<NamedSequence>& sequences, const KernelRun& run) {
  constexpr std::string_view verdicts[] = {"held", "known", "differs"};
  auto results = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < sequences.size(); ++i)
    results.push_back({{"file", sequences[i].name},
                       {"verdict", verdicts[static_cast<std::size_t>(run.cells[i].verdict)]},
                       {"fingerprint", run.cells[i].fingerprint}});
  return {{"kernel", to_json(run.identity)}, {"replays", results}};
}

ExitCode run(const Options& options) {
  const auto kernels = kernels_of(options.common);
  if (!kernels) return report(kernels.error());
  const auto sequences = read_sequences(options.files);
  if (!sequences) return report(sequences.error());

  ExitCode code = ExitCode::held;
  std::vector<KernelRun> runs;
  auto reports = nlohmann::ordered_json::array();
  auto skipped = nlohmann::ordered_json::array();
  unsigned consoles = 0;
  const bool alone = kernels->size() == 1 && sequences->size() == 1;
  for (const KernelSpec& kernel : *kernels) {
    auto result = replay_on(kernel, *sequences, options, alone, consoles);
    if (!result) {
      if (result.error().kind == Error::Kind::skipped) skipped.push_back(result.error().message);
      code = combine(code, report(result.error()));
      continue;
    }
    for (const Cell& cell : result->cells)
      if (cell.verdict == Replay::Verdict::differs) code = combine(code, ExitCode::divergence);
    reports.push_back(to_json(*sequences, *result));
    runs.push_back(std::move(*result));
  }
  print_table(*sequences, runs);

  auto json = json_head("replay");
  if (!reports.empty()) json.update(reports.front());
  if (reports.size() > 1) json["runs"] = reports;
  json["skipped"] = skipped;
  if (auto written = write_json(options.common, json); !written) code = combine(code, report(written.error()));
  return code;
}

}  // namespace

void add_replay(CLI::App& app, Run& run_verb) {
  const auto options = std::make_shared<Options>();
  auto* verb = app.add_subcommand("replay", "runs the sequences of a file; several kernels: a table");
  verb->add_option("file", options->files, "sequences in the sequence language (docs/language.md)")->required();
  verb->add_flag("--step", options->step, "print model, rule and kernel after each operation");
  add_common(*verb, options->common);
  verb->callback([options, &run_verb] { run_verb = [options] { return run(*options); }; });
}

}  // namespace mprogcheck::cli
