// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vm/kernel.hpp"

#include <memory>
#include <nlohmann/json.hpp>

#include "campaign/fuzz/json_report.hpp"
#include "cli/verb.hpp"

namespace mprogcheck::cli {

namespace {

struct Options {
  std::vector<std::string> specs;
  CommonOptions common;
};

nlohmann::ordered_json to_json(const vm::KernelImage& image) {
  return {{"source", image.source}, {"release", image.release}, {"path", image.path}};
}

ExitCode with_json(const Options& options, std::string_view verb, const std::vector<vm::KernelImage>& images,
                   ExitCode code) {
  auto json = json_head(verb);
  json["kernels"] = nlohmann::ordered_json::array();
  for (const auto& image : images) json["kernels"].push_back(to_json(image));
  if (auto written = write_json(options.common, json); !written) return combine(code, report(written.error()));
  return code;
}

ExitCode list(const Options& options) {
  const auto images = vm::list_kernels();
  if (images.empty()) fmt::print("no kernels here; get one with: mprogcheck kernel fetch {}\n", default_kernel);
  for (const auto& image : images) fmt::print("{:<28} {:<24} {}\n", image.release, image.source, image.path);
  return with_json(options, "kernel list", images, ExitCode::held);
}

ExitCode fetch(const Options& options) {
  std::vector<vm::KernelImage> images;
  ExitCode code = ExitCode::held;
  for (const std::string& spec : options.specs) {
    const auto image = vm::fetch_kernel(spec, [](std::string_view line) { fmt::print("{}\n", line); });
    if (!image) {
      code = combine(code, report(image.error()));
      continue;
    }
    fmt::print("{} {} {}\n", image->source, image->release, image->path);
    images.push_back(*image);
  }
  return with_json(options, "kernel fetch", images, code);
}

}  // namespace

void add_kernel(CLI::App& app, Run& run_verb) {
  const auto options = std::make_shared<Options>();
  auto* kernel = app.add_subcommand("kernel", "the kernels that can be checked");
  kernel->require_subcommand(1);
  auto* list_verb = kernel->add_subcommand("list", "which kernels are here");
  list_verb->add_option("--json", options->common.json, "write the list to this file, as JSON");
  list_verb->callback([options, &run_verb] { run_verb = [options] { return list(*options); }; });
  auto* fetch_verb = kernel->add_subcommand("fetch", "gets a kernel from this machine's own Debian mirror");
  fetch_verb->add_option("kernel", options->specs, "debian:SUITE or debian:VERSION")->required();
  fetch_verb->add_option("--json", options->common.json, "write what was fetched to this file, as JSON");
  fetch_verb->callback([options, &run_verb] { run_verb = [options] { return fetch(*options); }; });
}

}  // namespace mprogcheck::cli
