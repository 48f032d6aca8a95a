// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "cli/verb.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "base/text.hpp"
#include "campaign/finding/finding.hpp"
#include "campaign/fuzz/need.hpp"

namespace mprogcheck::cli {

std::atomic<bool> interrupted{false};
Curfew curfew{&interrupted};

void listen_to_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = true; };
  action.sa_flags = SA_RESETHAND;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

void add_common(CLI::App& verb, CommonOptions& options) {
  verb.add_option("--kernel", options.kernels,
                  "debian:SUITE, debian:VERSION, a bzImage, here, model or model:FAULT; may be given several times")
      ->capture_default_str()
      ->take_all()
      ->allow_extra_args(false);
  verb.add_option("--json", options.json, "write the report to this file, as JSON")->check([](const std::string& file) {
    const std::filesystem::path folder = std::filesystem::path(file).parent_path();
    std::error_code error;
    if (folder.empty() || std::filesystem::is_directory(folder, error)) return std::string();
    return fmt::format("there is no folder {}; make it first", folder.string());
  });
  verb.add_option("--accel", options.accelerator, "kvm or tcg; by default the one that boots here");
  verb.add_option("--out", options.out, "folder for findings and logs")->capture_default_str();
  verb.add_option("--known", options.known, "folder of known divergences, besides those that are built in");
  verb.add_option("--need", options.needs,
                  "names of features or properties, with commas: a kernel that lacks one is not checked, exit code 4")
      ->delimiter(',')
      ->take_all()
      ->allow_extra_args(false)
      ->check([](const std::string& name) {
        const auto needs = parse_needs({&name, 1});
        return needs ? std::string() : needs.error().message;
      });
  verb.add_flag("--yes", options.yes, "agree to what --kernel here does to this machine");
}

Result<std::vector<KernelSpec>> kernels_of(const CommonOptions& options) {
  std::vector<KernelSpec> specs;
  for (const std::string& text : options.kernels) {
    auto spec = parse_kernel_spec(text);
    if (!spec) return tl::unexpected(spec.error());
    specs.push_back(std::move(*spec));
  }
  return specs;
}

Result<std::optional<FolderLock>> take_folder(CommonOptions& options, const std::vector<KernelSpec>& kernels) {
  if (std::ranges::all_of(kernels, [](const KernelSpec& one) { return one.kind == KernelSpec::Kind::model; }))
    return std::nullopt;
  return take_folder(options);
}

Result<FolderLock> take_folder(CommonOptions& options) {
  auto lock = FolderLock::take_or_beside(options.out, [](std::string_view line) { fmt::print("{}\n", line); });
  if (lock) options.out = lock->folder().string();
  return lock;
}

Result<OracleOptions> oracle_options(const CommonOptions& options, unsigned worker) {
  OracleOptions result;
  result.directory = options.out + "/vm-" + std::to_string(worker);
  result.agreed_to_here = options.yes;
  result.curfew = &curfew;
  auto needs = parse_needs(options.needs);
  if (!needs) return tl::unexpected(needs.error());
  result.needs = std::move(*needs);
  if (options.accelerator.empty()) return result;
  const auto accelerator = vm::parse_accelerator(options.accelerator);
  if (!accelerator) return tl::unexpected(accelerator.error());
  result.accelerator = *accelerator;
  return result;
}

OracleFactory oracles_for(const CommonOptions& options, const KernelSpec& kernel, Reporter& reporter) {
  return oracle_factory(kernel, [&options, &reporter](unsigned worker) {
    auto wanted = oracle_options(options, worker);
    if (wanted)
      wanted->note = [&reporter, worker](std::string_view line) {
        if (worker == 0) reporter.note(line);
      };
    return wanted;
  });
}

Result<std::vector<KnownDivergence>> known_for(const CommonOptions& options, const KernelSpec& kernel) {
  std::vector<KnownDivergence> all;
  if (kernel.kind != KernelSpec::Kind::model) {
    auto built_in = known_divergences();
    if (!built_in) return built_in;
    all = std::move(*built_in);
  }
  if (options.known.empty()) return all;
  auto own = read_known(options.known);
  if (!own) return own;
  all.insert(all.end(), std::make_move_iterator(own->begin()), std::make_move_iterator(own->end()));
  return all;
}

Error not_begun(const std::string& what) {
  return {Error::Kind::infrastructure, fmt::format("{}: it was interrupted before this began; run it again", what)};
}

void print_unchecked(const std::vector<const Feature*>& unchecked) {
  for (const Feature* const feature : unchecked) fmt::print("unchecked {}: {}\n", feature->name, text_of(*feature));
}

/// Names of files and kernels are strangers', and may be anything.
ExitCode report(const Error& error) {
  constexpr std::size_t longest = 4000;
  std::fflush(stdout);
  fmt::print(stderr, "mprogcheck: {}\n", printable_line(error.message, longest));
  return exit_code_of(error.kind);
}

Result<void> write_json(const CommonOptions& options, const nlohmann::ordered_json& json) {
  if (options.json.empty()) return {};
  const std::string text = json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  if (auto written = write_output(options.json, text); !written) {
    Error error = written.error();
    error.message = "--json " + error.message;
    return tl::unexpected(std::move(error));
  }
  return {};
}

}  // namespace mprogcheck::cli
