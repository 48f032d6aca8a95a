// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/replay/replay.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/file.hpp"
#include "base/text.hpp"
#include "campaign/finding/expected.hpp"
#include "campaign/finding/finding.hpp"
#include "campaign/fuzz/json_report.hpp"
#include "campaign/known.hpp"
#include "campaign/replay/replay_json.hpp"
#include "cli/verb.hpp"
#include "model/language/print.hpp"
#include "properties/judge/describe.hpp"

namespace mprogcheck::cli {

namespace {

struct Options {
  CommonOptions common;
  std::vector<std::string> files;
  bool step = false;
  bool strict = false;
  bool write_expectations = false;
};

/// What one sequence did on one kernel.
struct Cell {
  std::string_view verdict;                ///< of the JSON
  std::string text;                        ///< of a table's cell
  std::string fingerprint{};               ///< of a divergence
  std::string property{};                  ///< that it breaks
  std::string why{};                       ///< it was not judged
  std::size_t judged = 0;                  ///< operations
  nlohmann::ordered_json steps{};          ///< each, as model and kernel have it
  nlohmann::ordered_json disagreements{};  ///< what the file expects otherwise
  ExitCode code = ExitCode::held;
};

struct KernelRun {
  std::string kernel;  ///< as the user named it
  OracleIdentity identity;
  bool began = false;
  std::vector<Cell> cells;     ///< as many as there are sequences
  std::optional<Error> error;  ///< what ended it before its time
};

Cell not_judged(std::string_view verdict, std::string why, ExitCode code) {
  return {.verdict = verdict, .text = fmt::format("{}: {}", verdict, why), .why = std::move(why), .code = code};
}

/// `consoles`: how many were kept.
Result<Cell> replay_one(const NamedSequence& named, Oracle& oracle, const Known& known, const Options& options,
                        bool alone, unsigned& consoles) {
  if (auto able = can_judge(named.told.sequence, oracle.identity()); !able)
    return not_judged("skipped", able.error().message, ExitCode::skipped);
  const auto replayed = replay(named.told.sequence, oracle, known);
  if (!replayed) return tl::unexpected(replayed.error());
  constexpr std::string_view verdicts[] = {"held", "known", "differs"};  // by Replay::Verdict
  const auto& divergence = replayed->judgement.divergence;
  const bool differs = replayed->verdict == Replay::Verdict::differs;
  Cell cell{.verdict = verdicts[static_cast<std::size_t>(replayed->verdict)],
            .text = {},
            .judged = replayed->judgement.judged,
            .code = differs ? ExitCode::divergence : ExitCode::held};
  if (divergence) {
    cell.fingerprint = properties::to_string(divergence->fingerprint);
    cell.property = properties::name_of(divergence->primary);
    cell.text = fmt::format("{} at step {}: {}", differs ? "DIFFERS" : "known divergence", divergence->step + 1,
                            properties::summary(*divergence));
  } else {
    cell.text = fmt::format("held, {} step{}", cell.judged, cell.judged == 1 ? "" : "s");
  }
  auto otherwise = disagreements(named.told, replayed->run);
  if (const std::string lacking = lacks_of_interface(named.told, replayed->traits); !lacking.empty()) {
    leave_to_the_model(otherwise);
    fmt::print("note      {}: this kernel lacks {}; what the file expects is held against the model alone\n",
               printable_line(named.name), lacking);
  }
  if (!otherwise.empty()) {
    fmt::print("{}", describe(printable_line(named.file), named.told, otherwise));
    cell.disagreements = to_json(named.told, otherwise);
    if (is_unexpected(otherwise, replayed->verdict == Replay::Verdict::held)) {
      if (cell.verdict == "held") cell.verdict = "unexpected";
      cell.text = fmt::format("UNEXPECTED by the file in {} line{}; {}", otherwise.size(),
                              otherwise.size() == 1 ? "" : "s", cell.text);
      cell.code = ExitCode::divergence;
    }
  }
  if (!options.common.json.empty()) cell.steps = steps_to_json(named.told.sequence, *replayed);
  if (differs && !replayed->known_as.empty()) cell.text += fmt::format(" (known: {})", replayed->known_as);
  if (options.step)
    fmt::print("{}:\n{}", printable_line(named.name), step_by_step(named.told.sequence, *replayed));
  else if (divergence && alone)
    fmt::print("{}", properties::describe(named.told.sequence, *divergence, replayed->traits));
  if (!replayed->console.empty()) {
    const auto file = std::filesystem::path(options.common.out) / fmt::format("console-{}.log", ++consoles);
    if (auto written = write_file(file, replayed->console); !written) return tl::unexpected(written.error());
    fmt::print("console   {}\n", printable_line(file.string()));
  }
  return cell;
}

/// The oracle, and what is known of its kernel.
struct Started {
  std::unique_ptr<Oracle> oracle;
  Known known;
};
Result<Started> start_on(const KernelSpec& kernel, const CommonOptions& options) {
  auto wanted = oracle_options(options, 0);
  if (!wanted) return tl::unexpected(wanted.error());
  wanted->note = [](std::string_view line) { fmt::print("{}\n", line); };
  auto oracle = start_oracle(kernel, *wanted);
  if (!oracle) return tl::unexpected(oracle.error());
  const auto entries = known_for(options, kernel);
  if (!entries) return tl::unexpected(entries.error());
  auto known = probe_known(**oracle, *entries);
  if (!known) return tl::unexpected(known.error());
  return Started{std::move(*oracle), std::move(*known)};
}

/// What one sequence meets does not keep the others from being told.
KernelRun replay_on(const KernelSpec& kernel, const std::vector<NamedSequence>& sequences, const Options& options,
                    bool alone, unsigned& consoles) {
  KernelRun result{.kernel = kernel.text, .identity = {}, .cells = {}, .error = {}};
  const auto end_with = [&](const Error& error) {
    result.error = error;
    while (result.cells.size() < sequences.size())
      result.cells.push_back(not_judged(error.kind == Error::Kind::skipped ? "skipped" : "not run", error.message,
                                        exit_code_of(error.kind)));
    return std::move(result);
  };
  if (interrupted) return end_with(not_begun(kernel.text));
  auto started = start_on(kernel, options.common);
  if (!started) return end_with(started.error());
  Oracle& oracle = *started->oracle;
  result.identity = oracle.identity();
  result.began = true;
  // Several may be a finding that needs all of them, one after the other in a new guest.
  if (sequences.size() > 1)
    if (auto renewed = oracle.renew(Start::quick); !renewed) return end_with(renewed.error());
  for (const NamedSequence& sequence : sequences) {
    if (interrupted) return end_with(not_begun(fmt::format("{} on {}", sequence.name, kernel.text)));
    auto cell = replay_one(sequence, oracle, started->known, options, alone, consoles);
    if (!cell) return end_with(cell.error());
    result.cells.push_back(std::move(*cell));
  }
  return result;
}

void print_table(const std::vector<NamedSequence>& sequences, const std::vector<KernelRun>& runs) {
  const auto named = [](const KernelRun& run) {
    return run.identity.release.empty() ? run.kernel : run.identity.release;
  };
  std::size_t widest_name = 0, widest_kernel = 0;
  for (const NamedSequence& sequence : sequences)
    widest_name = std::max(widest_name, printable_line(sequence.name).size());
  for (const KernelRun& run : runs) widest_kernel = std::max(widest_kernel, printable_line(named(run)).size());
  for (std::size_t i = 0; i < sequences.size(); ++i)
    for (const KernelRun& run : runs) {
      fmt::print("{:<{}}  ", printable_line(sequences[i].name), widest_name);
      if (runs.size() > 1) fmt::print("{:<{}}  ", printable_line(named(run)), widest_kernel);
      fmt::print("{}\n", printable_line(run.cells[i].text));
    }
}

/// Of the features that the kernel lacks, those that no sequence names: one that needs another is skipped by name.
std::vector<const Feature*> unchecked_on(const KernelRun& run) {
  auto lacking = lacking_features(run.identity);
  std::erase_if(lacking, [](const Feature* feature) { return feature->name != feature_refcnt; });
  return lacking;
}

nlohmann::ordered_json to_json(const std::vector<NamedSequence>& sequences, const KernelRun& run) {
  auto json = run.began ? nlohmann::ordered_json{{"kernel", to_json(run.identity)}}
                        : nlohmann::ordered_json{{"kernel", {{"source", run.kernel}}}};
  std::size_t judged = 0;
  auto replays = nlohmann::ordered_json::array(), findings = replays, skipped = replays;
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    const Cell& cell = run.cells[i];
    judged += cell.judged;
    replays.push_back({{"file", sequences[i].name},
                       {"verdict", cell.verdict},
                       {"fingerprint", cell.fingerprint},
                       {"operations", sequences[i].told.sequence.operations.size()},
                       {"judged", cell.judged},
                       {"title", sequences[i].told.title}});
    if (!cell.disagreements.is_null()) replays.back()["unexpected"] = cell.disagreements;
    if (!cell.steps.is_null()) replays.back()["steps"] = cell.steps;
    if (!cell.why.empty()) replays.back()["why"] = cell.why;
    if (cell.verdict == "differs")
      findings.push_back({{"property", cell.property},
                          {"fingerprint", cell.fingerprint},
                          {"file", sequences[i].name},
                          {"operations", sequences[i].told.sequence.operations.size()}});
    if (cell.code == ExitCode::skipped && !run.error)
      skipped.push_back(fmt::format("{}: {}", sequences[i].name, cell.why));
  }
  if (run.error && run.error->kind == Error::Kind::skipped) skipped.push_back(run.error->message);
  json["operations"] = judged;
  json["replays"] = std::move(replays);
  json["findings"] = std::move(findings);
  json["skipped"] = std::move(skipped);
  json["unchecked"] = run.began ? to_json(unchecked_on(run)) : nlohmann::ordered_json::array();
  json["ended_early"] = run.error && interrupted;
  if (run.error && run.error->kind != Error::Kind::skipped) json["error"] = run.error->message;
  return json;
}

ExitCode write_all(const std::vector<std::string>& files) {
  for (const std::string& file : files) {
    const auto written = write_expectations(file);
    if (!written) return report(written.error());
    fmt::print("{}: what the model says of {} operation{} is written behind {}\n", printable_line(file), *written,
               *written == 1 ? "" : "s", *written == 1 ? "it" : "them");
  }
  return ExitCode::held;
}

ExitCode run(Options& options) {
  if (options.write_expectations) return write_all(options.files);
  const auto kernels = kernels_of(options.common);
  if (!kernels) return report(kernels.error());
  const auto sequences = read_sequences(options.files);
  if (!sequences) return report(sequences.error());
  for (const NamedSequence& named : *sequences) {
    const auto names = model::undeclared_names(named.told.sequence);
    if (names.empty()) continue;
    const std::string text = fmt::format("{}: it speaks of {}, and nothing declares or binds {}", named.name,
                                         fmt::join(names, ", "), names.size() == 1 ? "it" : "them");
    if (options.strict) return report({Error::Kind::usage, text});
    fmt::print("note      {}\n", printable_line(text));
  }

  const auto folder = take_folder(options.common, *kernels);
  if (!folder) return report(folder.error());
  listen_to_signals();
  ExitCode code = ExitCode::held;
  std::vector<KernelRun> runs;
  std::vector<nlohmann::ordered_json> reports;
  auto skipped = nlohmann::ordered_json::array();
  unsigned consoles = 0;
  const bool alone = kernels->size() == 1 && sequences->size() == 1;
  for (const KernelSpec& kernel : *kernels) {
    KernelRun result = replay_on(kernel, *sequences, options, alone, consoles);
    if (result.error) code = combine(code, report(*result.error));
    for (std::size_t i = 0; i < result.cells.size(); ++i) {
      const Cell& cell = result.cells[i];
      if (cell.code == ExitCode::skipped && !result.error)
        report({Error::Kind::skipped, fmt::format("{}: {}", (*sequences)[i].name, cell.why)});
      code = combine(code, cell.code);
    }
    reports.push_back(to_json(*sequences, result));
    for (const auto& line : reports.back()["skipped"]) skipped.push_back(line);
    if (result.began) runs.push_back(std::move(result));
  }
  print_table(*sequences, runs);
  for (const KernelRun& run : runs) print_unchecked(unchecked_on(run));
  if (interrupted) fmt::print("ended early: interrupted\n");

  auto json = json_head("replay");
  json.update(side_by_side(reports));
  json["skipped"] = skipped;
  if (auto written = write_json(options.common, json); !written) code = combine(code, report(written.error()));
  return code;
}

}  // namespace

void add_replay(CLI::App& app, Run& run_verb) {
  const auto options = std::make_shared<Options>();
  auto* verb = app.add_subcommand("replay", "runs the sequences of a file; several kernels: a table");
  verb->add_option("file", options->files, "sequences in the sequence language (docs/language.md); - is standard input")
      ->required();
  verb->add_flag("--step", options->step, "print model, rule and kernel after each operation");
  verb->add_flag("--strict", options->strict, "refuse sequences that speak of names that nothing declares or binds");
  verb->add_flag("--write-expectations", options->write_expectations,
                 "write behind every operation of the files what the model says of it; runs nothing");
  add_common(*verb, options->common);
  verb->callback([options, &run_verb] { run_verb = [options] { return run(*options); }; });
}

}  // namespace mprogcheck::cli
