// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/explore/suspects.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "campaign/explore/pin_trial.hpp"
#include "campaign/explore/rest.hpp"
#include "campaign/finding/investigate.hpp"
#include "campaign/finding/one_run.hpp"

namespace mprogcheck {

std::string ExploreSuspects::rule_of(const TourSuspect& suspect) const {
  if (suspect.pair.operation == TriedTrials::none) return {};
  const auto& operation = space_.machine().operation(suspect.pair.operation);
  return std::string(model::call_name(operation)) + ' ' +
         std::string(model::name_of(
             space_.machine().predict(space_.graph().state(suspect.pair.state), suspect.pair.operation).rule));
}

void ExploreSuspects::note(TourSuspect suspect) {
  const Key key{rule_of(suspect), suspect.expected, suspect.found, suspect.changed,
                suspect.divergence ? properties::to_string(suspect.divergence->fingerprint) : ""};
  const auto at = suspects_.find(key);
  if (at == suspects_.end())
    suspects_.emplace(key, std::move(suspect));
  else if (suspect.pair < at->second.pair && !looked_into_.contains(key))
    at->second = std::move(suspect);
}

void ExploreSuspects::look_into() {
  for (auto& [sequence, divergence] : std::exchange(report_.known.unexplained, {}))
    if (!report_.error)
      if (auto looked = investigated(finding_of(std::move(sequence), std::move(divergence), {})); !looked)
        report_.error = looked.error();
  // By the length of their ways, so that what is found first is the shortest.
  std::vector<const TourSuspect*> suspects;
  for (const auto& [key, suspect] : suspects_)
    if (looked_into_.insert(key).second) suspects.push_back(&suspect);
  std::ranges::sort(suspects, {}, [](const TourSuspect* suspect) { return suspect->pair; });
  for (const TourSuspect* suspect : suspects) {
    if (report_.findings.size() >= options_.max_findings) {
      report_.ended_early = true;
      return;
    }
    // Where no oracle answers any more, what was seen is told as it was seen.
    auto looked = report_.error ? enter(unconfirmed(*suspect)) : look_into(*suspect);
    if (looked) continue;
    if (report_.error) return;
    report_.error = looked.error();
    if (auto entered = enter(unconfirmed(*suspect)); !entered) return;
  }
  if (report_.error) return;
  if (auto looked = look_into_others(); !looked) report_.error = looked.error();
}

/// What may show it, the shortest first.
std::vector<ExploreSuspects::Candidate> ExploreSuspects::candidates_for(const TourSuspect& suspect) const {
  std::vector<Candidate> candidates;
  const Pair& pair = suspect.pair;
  candidates.push_back({pair.operation == TriedTrials::none ? space_.sequence_to(pair.state)
                                                            : space_.sequence_to(pair.state, pair.operation),
                        Depth::deep});
  candidates.push_back({past_of(space_, tour_of_(suspect.tour), suspect), Depth::fast});
  return candidates;
}

Result<void> ExploreSuspects::look_into(const TourSuspect& suspect) {
  auto candidates = candidates_for(suspect);
  if (suspect.vague) {
    if (auto renewed = pool_.at(0).renew(Start::quick); !renewed) return renewed;
    const auto stops = stops_before(tour_of_(suspect.tour), suspect);
    const auto pinned = pin_trial(space_, stops, report_.known.traits, pool_.at(0));
    if (!pinned) return tl::unexpected(pinned.error());
    if (*pinned && (*pinned)->operation != TriedTrials::none) {
      rest_.died(**pinned);
      candidates.insert(candidates.begin(), {space_.sequence_to((*pinned)->state, (*pinned)->operation), Depth::deep});
    }
  }
  for (const Candidate& candidate : candidates) {
    if (auto renewed = pool_.at(0).renew(Start::quick); !renewed) return renewed;
    const auto judgement = run_once(
        pool_.at(0), {.sequence = candidate.sequence, .traits = report_.known.traits, .depth = candidate.depth});
    if (!judgement) return tl::unexpected(judgement.error());
    if (!judgement->divergence) continue;
    const bool shortest = &candidate == candidates.data() && suspect.pair.operation != TriedTrials::none;
    if (shortest && !shows_by_itself(*judgement->divergence)) rest_.died(suspect.pair);
    if (const auto known = report_.known.that_is(candidate.sequence, *judgement->divergence)) {
      ++report_.known.states[*known].hits;
      return {};
    }
    return investigated(finding_of(candidate.sequence, *judgement->divergence, suspect));
  }
  Finding finding = unconfirmed(suspect);
  finding.label = Label::flaky;
  finding.runs = static_cast<unsigned>(candidates.size());
  return enter(std::move(finding));
}

Result<void> ExploreSuspects::investigated(Finding finding) {
  // What was found in one way may turn out to be another finding than the last that was found so.
  finding.folder = free_folder(finding, options_.out / "findings", report_.findings);
  auto result = investigate(std::move(finding), pool_,
                            {.directory = options_.out / "findings",
                             .stopped = [this] { return options_.stop != nullptr && options_.stop->load(); },
                             .confirmations = options_.confirmations,
                             .known = &report_.known});
  if (!result) return tl::unexpected(result.error());
  std::ranges::move(result->others, std::back_inserter(others_));
  return enter(std::move(result->finding));
}

/// What was met while something else was shrunk, and that no tour has shown.
Result<void> ExploreSuspects::look_into_others() {
  for (Finding& other : std::exchange(others_, {})) {
    if (report_.findings.size() >= options_.max_findings) {
      report_.ended_early = true;
      return {};
    }
    if (is_found(other)) continue;
    if (auto looked = investigated(std::move(other)); !looked) return looked;
  }
  others_.clear();  // what the others have met, so that there is an end to it
  return {};
}

Finding* ExploreSuspects::is_found(const Finding& finding) const {
  const std::string fingerprint = properties::to_string(finding.divergence.fingerprint);
  const auto same = std::ranges::find_if(report_.findings, [&](const Finding& other) {
    return properties::to_string(other.divergence.fingerprint) == fingerprint;
  });
  return same == report_.findings.end() ? nullptr : &*same;
}

Finding ExploreSuspects::finding_of(model::Sequence sequence, properties::Divergence divergence,
                                    const TourSuspect& suspect) const {
  Finding finding;
  finding.found = std::move(sequence);
  finding.divergence = std::move(divergence);
  finding.origin = {
      .start = report_.start, .campaign = options_.kernel, .traits = report_.known.traits, .kernel = pool_.identity()};
  finding.number = report_.findings.size();
  finding.console = suspect.console;
  return finding;
}

/// It was seen once.
Finding ExploreSuspects::unconfirmed(const TourSuspect& suspect) const {
  auto candidates = candidates_for(suspect);
  properties::Divergence divergence;
  if (suspect.divergence) {
    divergence = *suspect.divergence;
  } else {
    const bool known = suspect.pair.operation != TriedTrials::none;
    const auto property = suspect.changed ? properties::Property::atomic : properties::Property::outcome;
    if (known) divergence.operation = space_.machine().operation(suspect.pair.operation);
    divergence.verdict = space_.graph().state(suspect.pair.state).predict(divergence.operation);
    divergence.observed = {suspect.found};
    divergence.broken.add(property);
    divergence.primary = property;
    divergence.fingerprint = {.property = property,
                              .call = std::string(known ? model::call_name(divergence.operation) : ""),
                              .rule = divergence.verdict.rule,
                              .expected = {suspect.expected},
                              .observed = {suspect.found},
                              .ending = {}};
  }
  divergence.step = candidates.back().sequence.operations.size() - 1;
  Finding finding = finding_of(std::move(candidates.back().sequence), std::move(divergence), suspect);
  finding.shrunk = finding.found;
  return finding;
}

Result<void> ExploreSuspects::enter(Finding finding) {
  if (Finding* const same = is_found(finding); same != nullptr) {
    ++same->hits;
    // It was saved while it was looked into, before it turned out to be the same.
    std::error_code error;
    if (!finding.folder.empty() && finding.folder != same->folder) std::filesystem::remove_all(finding.folder, error);
    return {};
  }
  if (finding.folder.empty()) finding.folder = free_folder(finding, options_.out / "findings", report_.findings);
  if (auto saved = save(finding, options_.out / "findings"); !saved) return saved;
  reporter_.finding(finding);
  report_.findings.push_back(std::move(finding));
  return {};
}

void ExploreSuspects::drop_unfinished() const {
  std::vector<std::filesystem::path> unfinished;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(options_.out / "findings", error), end; !error && entry != end;
       entry.increment(error))
    if (std::ranges::none_of(report_.findings, [&](const Finding& finding) {
          return finding.folder.filename() == entry->path().filename();
        }))
      if (const auto finding = load_finding(entry->path()); finding && finding->origin.start == report_.start)
        unfinished.push_back(entry->path());
  for (const auto& folder : unfinished) std::filesystem::remove_all(folder, error);
}

std::vector<TourSuspect> ExploreSuspects::of_first(std::size_t tours) const {
  std::vector<TourSuspect> found;
  for (const auto& [key, suspect] : suspects_)
    if (suspect.tour < tours) found.push_back(suspect);
  return found;
}

}  // namespace mprogcheck
