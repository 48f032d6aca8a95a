// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/known.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/file.hpp"
#include "base/text.hpp"
#include "campaign/finding/finding.hpp"
#include "campaign/finding/one_run.hpp"
#include "campaign/known_files.hpp"
#include "model/language/parse.hpp"
#include "model/language/words.hpp"
#include "model/world.hpp"
#include "oracle/needs.hpp"

namespace mprogcheck {

namespace {

std::string quirk_names() {
  std::string names;
  for (unsigned i = 0; i < model::quirk_count; ++i)
    names.append(i == 0 ? "" : ", ").append(model::name_of(static_cast<model::Quirk>(i)));
  return names;
}

/// A pattern that matches more rules than this names none.
constexpr unsigned most_rules = model::rule_count / 5;

/// Whether the pattern of an operation says which call it is: "attach *", "as u detach*".
bool names_a_call(std::string_view operation) {
  if (constexpr std::string_view as = "as "; operation.starts_with(as)) {
    operation.remove_prefix(as.size());
    operation.remove_prefix(std::min(operation.find(' '), operation.size() - 1) + 1);
  }
  return std::ranges::find(model::call_names, operation.substr(0, operation.find_first_of(" *"))) !=
         model::call_names.end();
}

/// What is wrong with the pattern of an entry that hides something; empty if nothing is.
std::string too_wide(std::string_view operation, std::string_view rule, const KnownPattern& pattern) {
  if (pattern.rules() <= most_rules || names_a_call(operation)) return {};
  return fmt::format(
      "expected a rule (at most {} of {} match \"rule\") or a call (\"operation\": \"attach *\"), found \"{}\" of any "
      "call, which {} rules match: what is known must not hide what is not",
      most_rules, model::rule_count, rule, pattern.rules());
}

/// `folder`: where the files are, for errors.
Result<KnownDivergence> read(std::string folder, std::string_view name, std::string_view json_text,
                             std::string_view sequence_text) {
  // Whoever named the folder, and wrote what is in it, need not be the one who reads the report.
  folder = printable_line(folder);
  const auto malformed = [&folder](std::string_view what) {
    return fail(Error::Kind::usage, "{}/known.json: {}", folder, printable_line(what));
  };
  const auto json = nlohmann::json::parse(json_text, nullptr, false);
  if (!json.is_object()) return malformed("expected an object");
  constexpr std::array<std::string_view, 7> keys{"reason",   "action", "operation", "rule",
                                                 "observed", "ending", "shows"};
  for (const auto& [key, value] : json.items()) {
    if (std::ranges::find(keys, key) == keys.end())
      return malformed(fmt::format("expected one of {}, found \"{}\"", fmt::join(keys, ", "), key));
    if (!value.is_string()) return malformed(fmt::format("expected a text as \"{}\"", key));
  }
  auto sequence = model::parse(sequence_text);
  if (!sequence) return fail(Error::Kind::usage, "{}", sequence.error().to_string(folder + "/sequence.mpc"));

  KnownDivergence known;
  known.name = printable_line(name);
  known.reason = printable_line(json.value("reason", ""));
  known.sequence = std::move(*sequence);
  if (known.reason.empty()) return malformed("expected a \"reason\"");
  constexpr std::string_view follow = "follow ";
  const std::string action = json.value("action", "");
  auto pattern =
      KnownPattern::make(json.value("operation", "*"), json.value("rule", "*"), json.value("observed", "*"),
                         json.value("ending", action == "avoid" ? "*" : ""), json.value("shows", "") == "later");
  if (!pattern) return malformed(pattern.error().message);
  if (json.contains("shows") && json.value("shows", "") != "later")
    return malformed("expected as \"shows\" later: what is wrong is seen at a step behind the operation");
  known.pattern = std::move(*pattern);

  if (action == "stop" || action == "avoid") {
    if (!json.contains("operation") || !json.contains("rule"))
      return malformed("expected \"operation\" and \"rule\": what is known must not hide what is not");
    if (const auto wrong = too_wide(json.value("operation", ""), json.value("rule", ""), known.pattern); !wrong.empty())
      return malformed(wrong);
    known.action = action == "stop" ? KnownAction::stop : KnownAction::avoid;
    // Where there is no guest to throw away its sequence is not run, so it is not asked whether it is the entry's.
    if (known.action == KnownAction::avoid && !known.pattern.first_match(known.sequence, {}))
      return malformed("expected an operation that matches in sequence.mpc, found none");
    return known;
  }
  if (!action.starts_with(follow)) return malformed("expected action \"avoid\", \"follow QUIRK\" or \"stop\"");
  known.action = KnownAction::follow;
  const std::string_view quirk = std::string_view(action).substr(follow.size());
  known.quirk = model::quirk_named(quirk);
  if (!known.quirk)
    return malformed(fmt::format("expected a quirk to follow, one of {}; found \"{}\"", quirk_names(), quirk));
  const std::string rule = json.value("rule", "");
  known.rule = model::rule_named(rule);
  if (!known.rule)
    return malformed(
        fmt::format("expected as \"rule\" the one that the quirk decides by, without *, found \"{}\"", rule));
  return known;
}

/// Whether the divergence is the entry's own.
bool is_own(const KnownDivergence& entry, const properties::Divergence& divergence) {
  return entry.pattern.matches(entry.sequence, divergence, {});
}

}  // namespace

std::string_view name_of(KnownAction action) {
  switch (action) {
    case KnownAction::follow:
      return "follow";
    case KnownAction::stop:
      return "stop";
    case KnownAction::avoid:
      return "avoid";
  }
  return "";
}

Result<std::vector<KnownDivergence>> known_divergences() {
  std::vector<KnownDivergence> all;
  for (const KnownFiles& files : known_files()) {
    auto known = read(fmt::format("campaign/known/{}", files.name), files.name, files.json, files.sequence);
    if (!known) return fail("{}", known.error().message);
    all.push_back(std::move(*known));
  }
  return all;
}

Result<std::vector<KnownDivergence>> read_known(const std::filesystem::path& directory) {
  namespace fs = std::filesystem;
  std::error_code error;
  std::vector<fs::path> folders;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error))
    if (entry->is_directory()) folders.push_back(entry->path());
  if (error)
    return fail(Error::Kind::usage, "--known {}: expected a folder of known divergences: {}", directory.string(),
                error.message());
  std::ranges::sort(folders);
  std::vector<KnownDivergence> all;
  for (const fs::path& folder : folders) {
    const auto json = read_file(folder / "known.json");
    if (!json) return tl::unexpected(json.error());
    const auto sequence = read_file(folder / "sequence.mpc");
    if (!sequence) return tl::unexpected(sequence.error());
    auto known = read(folder.string(), folder.filename().string(), *json, *sequence);
    if (!known) return tl::unexpected(known.error());
    all.push_back(std::move(*known));
  }
  return all;
}

std::optional<std::size_t> Known::that_is(const model::Sequence& sequence,
                                          const properties::Divergence& divergence) const {
  for (std::size_t i = 0; i < states.size(); ++i)
    if (states[i].action != KnownAction::follow && !states[i].stale &&
        states[i].pattern.matches(sequence, divergence, traits))
      return i;
  return std::nullopt;
}

bool Known::avoids() const {
  return std::ranges::any_of(
      states, [](const KnownState& state) { return state.action == KnownAction::avoid && !state.stale; });
}

std::optional<std::size_t> Known::avoided_for(const model::Operation& operation, model::Rule rule) const {
  for (std::size_t i = 0; i < states.size(); ++i)
    if (states[i].action == KnownAction::avoid && !states[i].stale && states[i].pattern.matches(operation, rule))
      return i;
  return std::nullopt;
}

bool Known::avoids(const model::Operation& operation, model::Rule rule) const {
  return avoided_for(operation, rule).has_value();
}

bool Known::stops_at(const model::Operation& operation, model::Rule rule) const {
  return std::ranges::any_of(states, [&](const KnownState& state) {
    return state.action == KnownAction::stop && !state.stale && state.pattern.matches(operation, rule);
  });
}

std::vector<model::Rule> unseen_rules(const properties::Coverage& coverage, const Known& known) {
  auto rules = coverage.unseen(known.traits);
  // An entry for whatever the rule decides matches any operation.
  std::erase_if(rules, [&](model::Rule rule) { return known.avoids(model::Operation(), rule); });
  return rules;
}

bool Known::forbids(const model::Sequence& sequence) const {
  return std::ranges::any_of(states, [&](const KnownState& state) {
    return state.action == KnownAction::avoid && !state.stale && state.pattern.first_match(sequence, traits);
  });
}

void Known::leave_out(model::Sequence& sequence, std::vector<std::uint64_t>& hits) const {
  hits.resize(states.size());
  model::World world = model::world_of(sequence, traits);
  std::erase_if(sequence.operations, [&](const model::Operation& operation) {
    const model::Verdict verdict = world.predict(operation);
    if (const auto place = avoided_for(operation, verdict.rule)) {
      ++hits[*place];
      return true;
    }
    world.commit(verdict.edit);
    return false;
  });
}

Result<Known> probe_known(Oracle& oracle, const std::vector<KnownDivergence>& entries) {
  Known known;
  known.traits = traits_of(oracle.identity());
  const model::Traits right = known.traits;
  const auto enter = [&known](const KnownDivergence& entry, bool present) {
    known.states.push_back({entry.name, entry.reason, entry.action, entry.rule, entry.pattern, 0, !present});
  };
  const auto lacks = [&oracle](const KnownDivergence& entry) { return !can_run(oracle.identity(), entry.sequence); };
  for (const KnownDivergence& entry : entries) {
    if (entry.action == KnownAction::avoid) continue;
    if (lacks(entry)) {
      enter(entry, false);
      continue;
    }
    std::vector<Job> jobs{{.sequence = entry.sequence, .traits = right, .depth = Depth::deep}};
    if (entry.action == KnownAction::follow) {
      jobs.push_back(jobs.front());
      jobs.back().traits.add(*entry.quirk);
    }
    auto judgements = run_all(oracle, jobs);
    if (!judgements) return tl::unexpected(judgements.error());
    auto& plain = judgements->front().divergence;
    const bool explained =
        plain && (entry.action == KnownAction::follow ? !judgements->back().divergence : is_own(entry, *plain));
    if (explained && entry.quirk) known.traits.add(*entry.quirk);
    if (plain && !explained) known.unexplained.emplace_back(entry.sequence, std::move(*plain));
    enter(entry, explained);
  }
  for (const KnownDivergence& entry : entries) {
    if (entry.action != KnownAction::avoid) continue;
    if (lacks(entry) || !oracle.is_disposable()) {
      enter(entry, !lacks(entry));
      continue;
    }
    auto judgement = run_once(oracle, {.sequence = entry.sequence, .traits = right, .depth = Depth::deep});
    if (!judgement) return tl::unexpected(judgement.error());
    if (auto renewed = oracle.renew(Start::quick); !renewed) return tl::unexpected(renewed.error());
    auto& divergence = judgement->divergence;
    const bool explained = divergence && is_own(entry, *divergence);
    if (divergence && !explained) known.unexplained.emplace_back(entry.sequence, std::move(*divergence));
    enter(entry, explained);
  }
  return known;
}

void count_hits(Known& known, const properties::Coverage& coverage) {
  for (KnownState& state : known.states)
    if (state.rule && !state.stale) state.hits = coverage.count(*state.rule);
}

}  // namespace mprogcheck
