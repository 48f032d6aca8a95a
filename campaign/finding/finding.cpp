// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/finding/finding.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>

#include "base/digest.hpp"
#include "base/file.hpp"
#include "campaign/journal.hpp"
#include "model/language/parse.hpp"
#include "model/language/print.hpp"
#include "properties/judge/describe.hpp"

namespace mprogcheck {

namespace fs = std::filesystem;

namespace {

std::string folder_name(const properties::Fingerprint& fingerprint) {
  const std::string text = properties::to_string(fingerprint);
  std::string name{properties::name_of(fingerprint.property)};
  if (!fingerprint.call.empty()) name += "-" + fingerprint.call;
  return fmt::format("{}-{:08x}", name, static_cast<std::uint32_t>(Digest().add(text).value()));
}

std::string_view name_of(Depth depth) {
  return depth == Depth::fast ? "fast" : "deep";
}

/// Of shrunk.mpc; empty if there is none.
std::string shrunk_text(const Finding& finding) {
  if (finding.shrunk.operations.empty()) return {};
  std::vector<model::Sequence> all = finding.before;
  all.push_back(finding.shrunk);
  return model::print_all(all);
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
  json["before"] = finding.before.size();
  json["depth"] = name_of(finding.depth);
  json["unjudged"] = finding.unjudged;
  json["hits"] = finding.hits;
  json["minimal"] = finding.minimal;
  json["shortest"] = finding.shortest;
  json["quirks"] = nlohmann::json::array();
  json["lacks"] = nlohmann::json::array();
  for (unsigned i = 0; i < model::extension_count; ++i)
    if (const auto part = static_cast<model::Extension>(i); finding.origin.traits.lacks(part))
      json["lacks"].push_back(model::name_of(part));
  for (unsigned i = 0; i < model::quirk_count; ++i)
    if (const auto quirk = static_cast<model::Quirk>(i); finding.origin.traits.has(quirk))
      json["quirks"].push_back(model::name_of(quirk));
  json["start"] = finding.origin.start;
  json["seed"] = finding.origin.seed;
  json["campaign"] = finding.origin.campaign;
  json["found_as"] = finding.found_as;
  json["shard"] = finding.origin.shard;
  json["index"] = finding.origin.index;
  json["number"] = finding.number;
  json["history"] = finding.history;
  // Its parts, to be read back.
  const auto& fingerprint = divergence.fingerprint;
  json["identity"] = {{"call", fingerprint.call},
                      {"rule", model::name_of(fingerprint.rule)},
                      {"expected", fingerprint.expected.error},
                      {"observed", fingerprint.observed.error},
                      {"ending", fingerprint.ending},
                      {"expected_fate", model::name_of(fingerprint.expected_fate)},
                      {"observed_fate", model::name_of(fingerprint.observed_fate)},
                      {"how", fingerprint.how}};
  json["kernel"] = {{"source", finding.origin.kernel.source},
                    {"release", finding.origin.kernel.release},
                    {"accelerator", finding.origin.kernel.accelerator},
                    {"image", finding.origin.kernel.image}};
  json["sequence"] = model::print(finding.found);
  json["shrunk"] = shrunk_text(finding);
  return json;
}

/// Of another start, or of who knows what: not to be written over.
bool is_taken(const fs::path& folder, const Finding& finding) {
  std::error_code error;
  if (fs::symlink_status(folder / "divergence.json", error).type() == fs::file_type::not_found) return false;
  const auto there = load_finding(folder);
  return !there || there->origin.start != finding.origin.start || there->origin.campaign != finding.origin.campaign;
}

}  // namespace

fs::path free_folder(const Finding& finding, const fs::path& directory, std::span<const Finding> besides) {
  const fs::path first = folder_of(finding, directory);
  fs::path folder = first;
  const auto is_one_of_these = [&] { return std::ranges::count(besides, folder, &Finding::folder) != 0; };
  for (unsigned n = 2; is_taken(folder, finding) || is_one_of_these(); ++n)
    folder = first.string() + fmt::format("-{}", n);
  return folder;
}

std::string start_id(std::string_view verb) {
  std::random_device secret;
  return fmt::format("{}-{:08x}{:08x}", verb, secret(), secret());
}

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

fs::path folder_of(const Finding& finding, const fs::path& directory) {
  return directory / folder_name(finding.divergence.fingerprint);
}

Result<void> save(Finding& finding, const fs::path& directory) {
  if (finding.folder.empty()) finding.folder = free_folder(finding, directory);
  const auto& shown = finding.shrunk.operations.empty() ? finding.found : finding.shrunk;
  const std::pair<const char*, std::string> files[] = {
      {"sequence.mpc", model::print(finding.found)},
      {"shrunk.mpc", shrunk_text(finding)},
      {"report.txt",
       finding.read_back ? std::string() : properties::describe(shown, finding.divergence, finding.origin.traits)},
      {"console.log", finding.console},
      {"divergence.json", seal(to_json(finding))},
  };
  for (const auto& [name, text] : files) {
    if (text.empty()) continue;
    if (auto written = write_file(finding.folder / name, text); !written) return written;
  }
  return {};
}

namespace {

std::optional<Label> label_named(std::string_view name) {
  for (const Label label : {Label::unconfirmed, Label::reproducible, Label::flaky, Label::infrastructure})
    if (name_of(label) == name) return label;
  return std::nullopt;
}

std::optional<Depth> depth_named(std::string_view name) {
  for (const Depth depth : {Depth::fast, Depth::deep})
    if (name_of(depth) == name) return depth;
  return std::nullopt;
}

std::optional<model::Fate> fate_named(std::string_view name) {
  for (unsigned i = 0; i < model::fates; ++i)
    if (const auto fate = static_cast<model::Fate>(i); model::name_of(fate) == name) return fate;
  return std::nullopt;
}

/// The sequences that the JSON holds.
bool read_sequences(const nlohmann::ordered_json& json, Finding& finding) {
  auto found = model::parse_all(json.at("sequence").get<std::string>());
  if (!found || found->size() != 1) return false;
  finding.found = std::move(found->front());
  const auto shrunk = json.at("shrunk").get<std::string>();
  if (finding.label == Label::unconfirmed || shrunk.empty()) return true;
  auto all = model::parse_all(shrunk);
  if (!all || all->empty()) return false;
  finding.shrunk = std::move(all->back());
  all->pop_back();
  finding.before = std::move(*all);
  return true;
}

/// What to_json() wrote. False if it is not that.
bool read_json(const nlohmann::ordered_json& json, Finding& finding) {
  try {  // the library's only way to say that a key is missing or of another type
    const auto property = properties::property_named(json.at("property").get<std::string>());
    const auto label = label_named(json.at("label").get<std::string>());
    const auto& identity = json.at("identity");
    const auto rule = model::rule_named(identity.at("rule").get<std::string>());
    const auto expected_fate = fate_named(identity.at("expected_fate").get<std::string>());
    const auto observed_fate = fate_named(identity.at("observed_fate").get<std::string>());
    const auto depth = depth_named(json.at("depth").get<std::string>());
    if (!property || !label || !rule || !expected_fate || !observed_fate || !depth) return false;
    finding.depth = *depth;
    auto& divergence = finding.divergence;
    divergence.primary = *property;
    divergence.broken.add(*property);
    divergence.fingerprint = {*property,
                              identity.at("call").get<std::string>(),
                              *rule,
                              {identity.at("expected").get<std::int32_t>()},
                              {identity.at("observed").get<std::int32_t>()},
                              identity.at("ending").get<std::string>(),
                              *expected_fate,
                              *observed_fate,
                              identity.at("how").get<std::string>()};
    divergence.verdict.rule = *rule;
    divergence.verdict.outcome = divergence.fingerprint.expected;
    divergence.observed = divergence.fingerprint.observed;
    divergence.step = json.at("step").get<std::size_t>();
    divergence.note = json.at("note").get<std::string>();
    finding.label = *label;
    finding.confirmed = json.at("confirmed").at("k").get<unsigned>();
    finding.runs = json.at("confirmed").at("n").get<unsigned>();
    finding.minimal = json.at("minimal").get<bool>();
    finding.shortest = json.value("shortest", false);
    finding.unjudged = json.at("unjudged").get<std::uint64_t>();
    finding.hits = json.at("hits").get<std::uint64_t>();
    finding.origin.start = json.at("start").get<std::string>();
    finding.origin.seed = json.at("seed").get<std::string>();
    finding.origin.campaign = json.at("campaign").get<std::string>();
    finding.found_as = json.at("found_as").get<std::string>();
    finding.origin.shard = json.at("shard").get<std::uint64_t>();
    finding.origin.index = json.at("index").get<std::uint64_t>();
    finding.number = json.at("number").get<std::uint64_t>();
    finding.history = json.at("history").get<std::vector<std::pair<std::uint64_t, std::uint64_t>>>();
    for (unsigned i = 0; json.contains("lacks") && i < model::extension_count; ++i)
      if (const auto part = static_cast<model::Extension>(i);
          std::ranges::find(json.at("lacks"), model::name_of(part)) != json.at("lacks").end())
        finding.origin.traits.lose(part);
    for (const auto& name : json.at("quirks"))
      if (const auto quirk = model::quirk_named(name.get<std::string>())) finding.origin.traits.add(*quirk);
    finding.origin.kernel.source = json.at("kernel").at("source").get<std::string>();
    finding.origin.kernel.release = json.at("kernel").at("release").get<std::string>();
    finding.origin.kernel.accelerator = json.at("kernel").at("accelerator").get<std::string>();
    finding.origin.kernel.image = json.at("kernel").value("image", "");
    return read_sequences(json, finding);
  } catch (const nlohmann::json::exception&) {
    return false;
  }
}

}  // namespace

Result<Finding> load_finding(const fs::path& folder) {
  Finding finding;
  finding.folder = folder;
  finding.read_back = true;
  const auto text = read_file(folder / "divergence.json");
  if (!text) return fail(Error::Kind::usage, "{}: torn: no divergence.json", folder.string());
  const auto json = unseal(*text);
  if (!json) return fail(Error::Kind::usage, "{}/divergence.json: {}", folder.string(), json.error().message);
  if (!read_json(*json, finding))
    return fail(Error::Kind::usage, "{}/divergence.json: of an earlier mprogcheck", folder.string());
  if (const auto console = read_file(folder / "console.log")) finding.console = *console;
  return finding;
}

bool shows_its_sequences(const Finding& finding) {
  const auto says = [&finding](const char* name, const std::string& text) {
    if (text.empty()) return true;
    const auto file = read_file(finding.folder / name);
    return file && *file == text;
  };
  return says("sequence.mpc", model::print(finding.found)) && says("shrunk.mpc", shrunk_text(finding));
}

}  // namespace mprogcheck
