// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <memory>
#include <nlohmann/json.hpp>

#include "campaign/fuzz/json_report.hpp"
#include "cli/verb.hpp"
#include "oracle/planted/planted_fault.hpp"

namespace mprogcheck::cli {

namespace {

ExitCode run(const CommonOptions& options) {
  auto json = json_head("faults");
  json["faults"] = nlohmann::ordered_json::array();
  for (const PlantedFault& fault : planted_faults()) {
    fmt::print("{:<36} {}\n", fault.name, fault.says);
    json["faults"].push_back({{"name", fault.name}, {"says", fault.says}, {"breaks", fault.breaks}});
  }
  if (auto written = write_json(options, json); !written) return report(written.error());
  return ExitCode::held;
}

}  // namespace

void add_faults(CLI::App& app, Run& run_verb) {
  const auto options = std::make_shared<CommonOptions>();
  auto* verb = app.add_subcommand("faults", "the planted faults by name: for --kernel model:NAME");
  verb->add_option("--json", options->json, "write the list to this file, as JSON");
  verb->callback([options, &run_verb] { run_verb = [options] { return run(*options); }; });
}

}  // namespace mprogcheck::cli
