// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/bench.hpp"
#include "campaign/kernel/hook_spec.hpp"

#include <memory>
#include <nlohmann/json.hpp>

#include "campaign/fuzz/json_report.hpp"
#include "cli/verb.hpp"

namespace mprogcheck::cli {

namespace {

struct Options {
  CommonOptions common;
  BenchOptions bench;
  std::optional<unsigned> jobs;
  std::vector<std::string> hooks{"tcx"};
};

/// The floor has no calls of netlink's: what a bench leaves out on every kernel is not what this one lacks.
std::vector<const Feature*> unchecked_by(const BenchReport& report) {
  auto lacking = lacking_features(report.kernel);
  std::erase_if(lacking, [](const Feature* feature) {
    return feature->name == feature_device || feature->name == feature_qdisc || feature->name == feature_pin;
  });
  return lacking;
}

void print(const BenchReport& report) {
  constexpr double mib = 1024.0 * 1024.0;
  fmt::print("kernel    {} ({}, {})\n", report.kernel.release, report.kernel.source, report.kernel.accelerator);
  fmt::print(
      "floor     {:9.0f} operations/s: the same system calls prebuilt, in a tight loop in the guest ({:.2f} calls an "
      "operation)\n",
      report.floor_operations_per_second, report.floor_calls_per_operation);
  fmt::print("checked   {:9.0f} operations/s: generated, run, observed and judged\n",
             report.checked_operations_per_second);
  fmt::print("ratio     {:9.2f} of the floor; the agent's own loop, nothing sent: {:.2f}\n", report.ratio,
             report.guest_ratio);
  if (report.kernel.has(feature_refcnt))
    fmt::print("counting  reference counts cost {:.0f} % over errno and query alone\n", 100 * report.counting_cost);
  const Shares& shares = report.shares;
  fmt::print("shares    generate {:.0f} %  predict {:.0f} %  wire {:.0f} %  guest {:.0f} %  judge {:.0f} %\n",
             100 * shares.generate, 100 * shares.predict, 100 * shares.wire, 100 * shares.guest, 100 * shares.judge);
  fmt::print("boot      {:.1f} s to the agent's first byte, {:.1f} s to the first checked run\n", report.boot_seconds,
             report.first_checked_seconds);
  if (report.restore_seconds)
    fmt::print("restore   {:.2f} s from a snapshot to the agent's first answer; the snapshot took {:.2f} s\n",
               *report.restore_seconds, report.snapshot_seconds);
  else
    fmt::print("restore   none, every machine is booted: {}\n", report.restore_trouble);
  if (const auto& several = report.side_by_side)
    fmt::print(
        "jobs      {:9.0f} operations/s with {} VMs side by side, {:.2f} times one ({:.2f} for the same processor "
        "time); cores in use: VMs {:.2f}, harness {:.2f}\n",
        several->operations_per_second, several->jobs, several->ratio, several->per_core_ratio, several->guest_cores,
        several->harness_cores);
  fmt::print("memory    guest {:.0f} MiB (QEMU included), harness {:.0f} MiB\n",
             static_cast<double>(report.guest_bytes) / mib, static_cast<double>(report.harness_bytes) / mib);
  print_unchecked(unchecked_by(report));
  if (!report.floor_agrees)
    fmt::print("WARNING   the floor's calls failed {} times, the checked ones {}: the two rates do not compare\n",
               report.floor_failures, report.checked_failures);
}

nlohmann::ordered_json to_json(const BenchReport& report, const Options& options) {
  const Shares& shares = report.shares;
  const auto& several = report.side_by_side;
  return {{"kernel", to_json(report.kernel)},
          {"seed", options.bench.seed},
          {"sequences", options.bench.sequences},
          {"operations", report.operations},
          {"judged", report.judged},
          {"canaries", {{"planted", report.canaries.planted}, {"caught", report.canaries.caught}}},
          {"findings", nlohmann::ordered_json::array()},
          {"skipped", nlohmann::ordered_json::array()},
          {"unchecked", to_json(unchecked_by(report))},
          {"ended_early", false},
          {"floor_operations_per_second", report.floor_operations_per_second},
          {"checked_operations_per_second", report.checked_operations_per_second},
          {"ratio", report.ratio},
          {"guest_ratio", report.guest_ratio},
          {"counting_cost", report.counting_cost},
          {"floor_agrees", report.floor_agrees},
          {"shares",
           {{"generate", shares.generate},
            {"predict", shares.predict},
            {"wire", shares.wire},
            {"guest", shares.guest},
            {"judge", shares.judge}}},
          {"boot_seconds", report.boot_seconds},
          {"first_checked_seconds", report.first_checked_seconds},
          {"snapshot_seconds", report.snapshot_seconds},
          {"restore_seconds", report.restore_seconds ? nlohmann::ordered_json(*report.restore_seconds) : nullptr},
          {"jobs", several ? several->jobs : 1},
          {"jobs_operations_per_second",
           several ? nlohmann::ordered_json(several->operations_per_second) : nlohmann::ordered_json()},
          {"jobs_ratio", several ? nlohmann::ordered_json(several->ratio) : nlohmann::ordered_json()},
          {"guest_bytes", report.guest_bytes},
          {"harness_bytes", report.harness_bytes}};
}

ExitCode run(Options& options) {
  const auto kernels = kernels_of(options.common);
  if (!kernels) return report(kernels.error());
  const auto folder = take_folder(options.common, *kernels);
  if (!folder) return report(folder.error());
  options.bench.out = options.common.out;
  const auto hooks = parse_hooks(options.hooks);
  if (!hooks) return report(hooks.error());
  options.bench.hooks = *hooks;
  listen_to_signals();
  options.bench.stop = &interrupted;
  ExitCode code = ExitCode::held;
  std::vector<nlohmann::ordered_json> reports;
  for (const KernelSpec& kernel : *kernels) {
    const auto nothing = [&](const Error& error) {
      reports.push_back(nothing_run(kernel.text, error, interrupted));
      code = combine(code, report(error));
    };
    if (interrupted) {
      nothing(not_begun(kernel.text));
      continue;
    }
    auto wanted = oracle_options(options.common, 0);
    if (!wanted) return report(wanted.error());
    wanted->note = [](std::string_view line) { fmt::print("{}\n", line); };
    auto known = known_for(options.common, kernel);
    if (!known) return report(known.error());
    options.bench.known = std::move(*known);
    options.bench.jobs = options.jobs.value_or(default_jobs(kernel));
    const auto result = bench(kernel, *wanted, options.bench);
    if (!result) {
      nothing(result.error());
      continue;
    }
    print(*result);
    reports.push_back(to_json(*result, options));
    if (result->judged == 0)
      code = combine(code, report({Error::Kind::skipped, fmt::format("{}: nothing was judged", kernel.text)}));
    if (!result->floor_agrees) code = combine(code, ExitCode::infrastructure);
  }
  auto json = json_head("bench");
  json.update(side_by_side(reports));
  if (interrupted) fmt::print("ended early: interrupted\n");
  if (auto written = write_json(options.common, json); !written) code = combine(code, report(written.error()));
  return code;
}

}  // namespace

void add_bench(CLI::App& app, Run& run_verb) {
  const auto options = std::make_shared<Options>();
  auto* verb = app.add_subcommand("bench", "raw floor in the guest against the checked rate of the whole harness");
  add_common(*verb, options->common);
  verb->add_option("--sequences", options->bench.sequences, "in each round")
      ->check(CLI::Range(1U, 100'000U))
      ->capture_default_str();
  verb->add_option("--rounds", options->bench.rounds, "of floor and campaign in turn")
      ->check(CLI::Range(1U, 1000U))
      ->capture_default_str();
  verb->add_option("--jobs", options->jobs, "so many VMs are compared with one; one for each core unless given")
      ->check(CLI::Range(1U, 64U));
  verb->add_option("--hook", options->hooks, fmt::format("{}; may be given several times", hook_words()))
      ->capture_default_str()
      ->take_all()
      ->allow_extra_args(false);
  verb->add_option("--seed", options->bench.seed, "which sequences")->capture_default_str();
  verb->callback([options, &run_verb] { run_verb = [options] { return run(*options); }; });
}

}  // namespace mprogcheck::cli
