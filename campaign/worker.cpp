// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/worker.hpp"

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>

#include "campaign/batch_sink.hpp"
#include "campaign/one_run.hpp"

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
    batch.jobs.push_back({.sequence = setting_.generator.sequence(i), .quirks = setting_.known.quirks});
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
  // A canary's place is secret, and what it met is mostly met by the honest run of its sequence, too.
  std::ranges::stable_sort(suspects, {}, [&batch](const Suspect& suspect) {
    return std::pair(batch.canary == suspect.job, batch.index[suspect.job]);
  });
  for (Suspect& suspect : suspects)
    if (!suspect.known)
      result.suspects.push_back(std::move(suspect.finding));
    else if (batch.canary != suspect.job)
      ++result.known_hits[*suspect.known];
  if (!result.error) result.error = std::exchange(unsaved_, {});
  history_.renewed(oracle_.guests());
  return result;
}

Worker::Suspect Worker::meet(const Batch& batch, std::size_t number, properties::Divergence divergence,
                             std::string console) {
  Suspect suspect{
      .job = number, .known = setting_.known.that_is(batch.jobs[number].sequence, divergence), .finding = {}};
  if (suspect.known) return suspect;
  Finding& finding = suspect.finding;
  finding.found = batch.jobs[number].sequence;
  finding.divergence = std::move(divergence);
  finding.unjudged =
      finding.found.operations.size() - std::min(finding.found.operations.size(), finding.divergence.step + 1);
  finding.quirks = setting_.known.quirks;
  finding.seed = setting_.seed;
  finding.campaign = setting_.kernel;
  finding.shard = setting_.shard;
  finding.index = batch.index[number];
  finding.canary = batch.canary == number;
  finding.history = history_.before(finding.index);
  finding.kernel = oracle_.identity();
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
  for (const Suspect& vague : suspects)
    if (setting_.forget && vague.job == number && !vague.known) setting_.forget(vague.finding);
  std::erase_if(suspects, [number](const Suspect& suspect) { return suspect.job == number; });
  suspects.push_back(meet(batch, first + place, std::move(*culprit->divergence), std::move(consoles[place])));
  return {};
}

}  // namespace mprogcheck
