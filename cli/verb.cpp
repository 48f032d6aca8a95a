// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "cli/verb.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "campaign/finding.hpp"

namespace mprogcheck::cli {

std::atomic<bool> interrupted{false};

void add_common(CLI::App& verb, CommonOptions& options) {
  verb.add_option("--kernel", options.kernels,
                  "debian:SUITE, debian:VERSION, a bzImage, here, model or model:FAULT; may be given several times")
      ->capture_default_str()
      ->take_all()
      ->allow_extra_args(false);
  verb.add_option("--json", options.json, "write the report to this file, as JSON");
  verb.add_option("--accel", options.accelerator, "kvm or tcg; by default the one that boots here");
  verb.add_option("--out", options.out, "folder for findings and logs")->capture_default_str();
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

Result<OracleOptions> oracle_options(const CommonOptions& options, unsigned worker) {
  OracleOptions result;
  result.directory = options.out + "/vm-" + std::to_string(worker);
  result.agreed_to_here = options.yes;
  if (options.accelerator.empty()) return result;
  const auto accelerator = vm::parse_accelerator(options.accelerator);
  if (!accelerator) return tl::unexpected(accelerator.error());
  result.accelerator = *accelerator;
  return result;
}

ExitCode report(const Error& error) {
  std::fflush(stdout);
  fmt::print(stderr, "mprogcheck: {}\n", error.message);
  return exit_code_of(error.kind);
}

Result<void> write_json(const CommonOptions& options, const nlohmann::ordered_json& json) {
  if (options.json.empty()) return {};
  return write_file(options.json, json.dump(2) + "\n");
}

}  // namespace mprogcheck::cli
