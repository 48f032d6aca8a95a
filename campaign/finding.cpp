// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/finding.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/digest.hpp"
#include "base/fd.hpp"
#include "model/print.hpp"
#include "properties/describe.hpp"

namespace mprogcheck {

namespace fs = std::filesystem;

namespace {

std::string folder_name(const properties::Fingerprint& fingerprint) {
  const std::string text = properties::to_string(fingerprint);
  std::string name{properties::name_of(fingerprint.property)};
  if (!fingerprint.call.empty()) name += "-" + fingerprint.call;
  return fmt::format("{}-{:08x}", name, static_cast<std::uint32_t>(Digest().add(text).value()));
}

nlohmann::ordered_json to_json(const Finding& finding) {
  const auto& divergence = finding.divergence;
  nlohmann::ordered_json json;
  json["property"] = properties::name_of(divergence.primary);
  json["broken"] = properties::to_string(divergence.broken);
  json["label"] = name_of(finding.label);
  json["confirmed"] = {{"k", finding.confirmed}, {"n", finding.runs}};
  json["fingerprint"] = properties::to_string(divergence.fingerprint);
  json["step"] = divergence.step;
  json["operation"] = divergence.fingerprint.call.empty() ? "" : model::print(divergence.operation);
  json["rule"] = model::name_of(divergence.verdict.rule);
  json["expected"] = model::to_string(divergence.verdict.outcome);
  json["observed"] = model::to_string(divergence.observed);
  json["note"] = divergence.note;
  json["operations"] = finding.shrunk.operations.size();
  json["minimal"] = finding.minimal;
  json["quirks"] = nlohmann::json::array();
  for (unsigned i = 0; i < model::quirk_count; ++i)
    if (const auto quirk = static_cast<model::Quirk>(i); finding.quirks.has(quirk))
      json["quirks"].push_back(model::name_of(quirk));
  json["seed"] = finding.seed;
  json["shard"] = finding.shard;
  json["index"] = finding.index;
  json["kernel"] = {{"source", finding.kernel.source},
                    {"release", finding.kernel.release},
                    {"accelerator", finding.kernel.accelerator}};
  return json;
}

}  // namespace

std::string_view name_of(Label label) {
  switch (label) {
    case Label::unconfirmed:
      return "unconfirmed";
    case Label::reproducible:
      return "reproducible";
    case Label::flaky:
      return "flaky";
    case Label::infrastructure:
      return "infrastructure";
  }
  return "";
}

Result<std::string> read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file || fs::is_directory(path))
    return fail(Error::Kind::usage, "{}: expected a readable file: {}", path.string(),
                std::strerror(fs::is_directory(path) ? EISDIR : errno));
  return text.str();
}

Result<void> write_file(const fs::path& path, std::string_view text) {
  const auto failed = [&path](int error) {
    return fail("{}: cannot be written: {}; make room or choose another folder with --out", path.string(),
                std::strerror(error));
  };
  std::error_code error;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), error);
  if (error) return failed(error.value());
  const std::string partial = path.string() + ".partial";
  const Fd file(::open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!file) return failed(errno);
  while (!text.empty()) {
    const ssize_t written = ::write(file.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed(errno);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(file.get()) != 0 || ::rename(partial.c_str(), path.c_str()) != 0) return failed(errno);
  return {};
}

Result<void> save(Finding& finding, const fs::path& directory) {
  if (finding.folder.empty()) finding.folder = directory / folder_name(finding.divergence.fingerprint);
  const bool shrunk = !finding.shrunk.operations.empty();
  const auto& shown = shrunk ? finding.shrunk : finding.found;
  const std::pair<const char*, std::string> files[] = {
      {"sequence.mpc", model::print(finding.found)},
      {"shrunk.mpc", shrunk ? model::print(finding.shrunk) : std::string()},
      {"report.txt", properties::describe(shown, finding.divergence, finding.quirks)},
      {"console.log", finding.console},
      {"divergence.json", to_json(finding).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"},
  };
  for (const auto& [name, text] : files) {
    if (text.empty()) continue;
    if (auto written = write_file(finding.folder / name, text); !written) return written;
  }
  return {};
}

}  // namespace mprogcheck
