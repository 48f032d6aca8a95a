// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/fuzz/worker.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "campaign/finding/one_run.hpp"
#include "campaign/fuzz/batch_sink.hpp"

namespace mprogcheck {

void Worker::work() {
  std::thread maker([this] { make_batches(); });
  while (auto batch = queue_.take()) {
    if (!schedule_.enter()) break;
    BatchResult result = run(*batch);
    const bool failed = result.error.has_value();
    schedule_.leave(std::move(result));
    if (failed) break;
  }
  queue_.close();
  // The maker may be waiting for results that come first: they need no worker of ours any more, or a stop().
  maker.join();
  schedule_.gone();
}

void Worker::make_batches() {
  for (;;) {
    const auto [first, count] = schedule_.claim();
    if (count == 0) break;
    if (!queue_.put(make_batch(first, count))) break;
  }
  queue_.close();
}

Batch Worker::make_batch(std::uint64_t first, std::size_t count) {
  Batch batch;
  batch.first = first;
  batch.count = count;
  batch.known_hits.resize(setting_.known.states.size());
  const bool avoids = setting_.known.avoids();
  for (std::uint64_t i = first; i < first + count; ++i) {
    batch.jobs.push_back({.sequence = setting_.generator.sequence(i), .traits = setting_.known.traits});
    if (avoids) setting_.known.leave_out(batch.jobs.back().sequence, batch.known_hits);
    batch.index.push_back(i);
  }
  plant_canary(batch);
  return batch;
}

/// One in every batch, if any of its sequences has a place for the lie whose turn it is.
void Worker::plant_canary(Batch& batch) {
  const std::size_t place = nest_.place(batch.jobs.size());
  for (std::size_t i = 0; i < batch.jobs.size(); ++i) {
    const std::size_t honest = (place + i) % batch.jobs.size();
    auto canary = nest_.plant(batch.jobs[honest]);
    if (!canary) continue;
    const auto at = static_cast<std::ptrdiff_t>(place);
    batch.index.insert(batch.index.begin() + at, std::uint64_t{batch.index[honest]});
    batch.jobs.insert(batch.jobs.begin() + at, std::move(*canary));
    batch.canary = place;
    return;
  }
}

BatchResult Worker::run(const Batch& batch) {
  history_.add(oracle_.guests(), batch.first, batch.count);
  std::vector<Suspect> suspects;
  // The console at once: after a guest that died the next one is on its way.
  BatchSink sink(batch, [&](std::size_t number, properties::Divergence divergence) {
    suspects.push_back(meet(batch, number, std::move(divergence), oracle_.console_tail(console_lines)));
  });
  auto ran = oracle_.run(batch.jobs, sink);
  BatchResult result{.first = batch.first,
                     .count = batch.count,
                     .part = sink.part(),
                     .coverage = sink.coverage(),
                     .pairs = sink.pairs(),
                     .suspects = {},
                     .known_hits = batch.known_hits,
                     .error = {},
                     .believable = true};
  if (auto trust = sink.trustworthy(); !trust) {
    for (const Suspect& suspect : suspects)
      if (setting_.forget && !suspect.known) setting_.forget(suspect.finding);
    result.error = trust.error();
    result.believable = false;
    return result;
  }
  if (!ran) result.error = ran.error();
  if (!result.error)
    for (const auto& [number, unchecked] : sink.vague())
      if (auto pinned = pin(batch, number, unchecked, suspects); !pinned) {
        result.error = pinned.error();
        break;
      }
  if (!result.error)
    if (auto settled = settle_canary(batch, sink, suspects); !settled) result.error = settled.error();
  // A canary's place is secret, and what it met is mostly met by the honest run of its sequence, too.
  std::ranges::stable_sort(suspects, {}, [&batch](const Suspect& suspect) {
    return std::pair(batch.canary == suspect.job, batch.index[suspect.job]);
  });
  // A sequence counts once for what it does, though it was run several times.
  std::set<std::pair<std::uint64_t, std::string>> counted;
  for (Suspect& suspect : suspects) {
    if (!counted.emplace(batch.index[suspect.job], suspect.fingerprint).second) continue;
    if (!suspect.known)
      result.suspects.push_back(std::move(suspect.finding));
    else if (batch.canary != suspect.job)
      ++result.known_hits[*suspect.known];
  }
  if (!result.error) result.error = std::exchange(unsaved_, {});
  history_.renewed(oracle_.guests());
  return result;
}

Worker::Suspect Worker::meet(const Batch& batch, std::size_t number, properties::Divergence divergence,
                             std::string console) {
  Suspect suspect{.job = number,
                  .known = setting_.known.that_is(batch.jobs[number].sequence, divergence),
                  .fingerprint = properties::to_string(divergence.fingerprint),
                  .finding = {}};
  if (suspect.known) return suspect;
  Finding& finding = suspect.finding;
  finding.found = batch.jobs[number].sequence;
  finding.divergence = std::move(divergence);
  finding.unjudged =
      finding.found.operations.size() - std::min(finding.found.operations.size(), finding.divergence.step + 1);
  finding.origin = {.start = setting_.start,
                    .campaign = setting_.kernel,
                    .seed = setting_.seed,
                    .shard = setting_.shard,
                    .index = batch.index[number],
                    .traits = setting_.known.traits,
                    .kernel = oracle_.identity()};
  finding.canary = batch.canary == number;
  finding.history = history_.before(finding.origin.index);
  finding.console = std::move(console);
  if (!setting_.keep) return suspect;
  if (auto kept = setting_.keep(finding); !kept && !unsaved_) unsaved_ = kept.error();
  return suspect;
}

/// A leaked reference was found after several runs. In deep depth it is seen after the step that leaks it, so they
/// are run again: the first that diverges is the suspect. If none does, it stays the run after which it was found.
Result<void> Worker::pin(const Batch& batch, std::size_t number, std::uint32_t unchecked,
                         std::vector<Suspect>& suspects) {
  const std::size_t first = number - std::min<std::size_t>(unchecked, number);
  std::vector<Job> jobs(batch.jobs.begin() + static_cast<std::ptrdiff_t>(first),
                        batch.jobs.begin() + static_cast<std::ptrdiff_t>(number) + 1);
  for (Job& job : jobs) {
    job.depth = Depth::deep;
    job.lie = Lie::none;
  }
  std::vector<std::string> consoles;
  auto judgements = run_all(oracle_, jobs, &consoles);
  if (!judgements) return tl::unexpected(judgements.error());
  const auto culprit =
      std::ranges::find_if(*judgements, [](const auto& judgement) { return judgement.divergence.has_value(); });
  if (culprit == judgements->end()) return {};
  const auto place = static_cast<std::size_t>(culprit - judgements->begin());
  drop(suspects, number);
  // It was run without the lie, so that what a canary's copy of a sequence does, the sequence does.
  std::size_t honest = first + place;
  for (std::size_t job = 0; batch.canary == honest && job < batch.index.size(); ++job)
    if (job != *batch.canary && batch.index[job] == batch.index[*batch.canary]) honest = job;
  suspects.push_back(meet(batch, honest, std::move(*culprit->divergence), std::move(consoles[place])));
  return {};
}

/// What a canary met besides its lie is a suspect if its sequence shows something without the lie, or if a guest came
/// to an end of which no lie is the cause. Where the honest run of the batch has told it, that one counts.
Result<void> Worker::settle_canary(const Batch& batch, const BatchSink& sink, std::vector<Suspect>& suspects) {
  if (!batch.canary) return {};
  const std::size_t number = *batch.canary;
  if (!sink.canary_is_due_again()) {
    drop(suspects, number);
    return {};
  }
  const bool pinned =
      std::ranges::find(sink.vague(), number, &std::pair<std::size_t, std::uint32_t>::first) != sink.vague().end() &&
      std::ranges::find(suspects, number, &Suspect::job) == suspects.end();
  if (pinned) return {};
  Job honest = batch.jobs[number];
  honest.lie = Lie::none;
  std::vector<std::string> consoles;
  auto judgements = run_all(oracle_, {std::move(honest)}, &consoles);
  if (!judgements) return tl::unexpected(judgements.error());
  if (auto& divergence = judgements->front().divergence) {
    drop(suspects, number);
    suspects.push_back(meet(batch, number, std::move(*divergence), std::move(consoles.front())));
  }
  return {};
}

void Worker::drop(std::vector<Suspect>& suspects, std::size_t number) const {
  const auto dropped = std::stable_partition(suspects.begin(), suspects.end(),
                                             [number](const Suspect& one) { return one.job != number; });
  for (auto gone = dropped; gone != suspects.end(); ++gone) {
    const bool is_kept = std::any_of(suspects.begin(), dropped, [&](const Suspect& other) {
      return !other.known && other.fingerprint == gone->fingerprint;
    });
    if (setting_.forget && !gone->known && !is_kept) setting_.forget(gone->finding);
  }
  suspects.erase(dropped, suspects.end());
}

}  // namespace mprogcheck
