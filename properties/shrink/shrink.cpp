// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/shrink/shrink.hpp"

#include <algorithm>
#include <array>
#include <unordered_set>
#include <utility>

#include "base/digest.hpp"
#include "model/language/print.hpp"
#include "properties/shrink/simpler.hpp"

namespace mprogcheck::properties {
namespace {

using model::Sequence;

/// Judges runs as they arrive.
class JudgingSink final : public RunSink {
 public:
  explicit JudgingSink(std::span<const Job> jobs) : jobs_(jobs), judgements_(jobs.size()) {}
  void take(std::size_t job, Run& run) override {
    if (job >= judgements_.size()) return;
    judgements_[job] = judge(jobs_[job], run);
    if (run.ending == Run::Ending::unclean && run.unchecked != 0) vague_.emplace_back(job, run.unchecked);
    ++taken_;
  }
  /// Runs that were found unclean, and how many of those before them may be the cause.
  [[nodiscard]] const std::vector<std::pair<std::size_t, std::uint32_t>>& vague() const { return vague_; }
  [[nodiscard]] bool complete() const { return taken_ == judgements_.size(); }
  std::vector<Judgement>& judgements() { return judgements_; }

 private:
  std::span<const Job> jobs_;
  std::vector<Judgement> judgements_;
  std::vector<std::pair<std::size_t, std::uint32_t>> vague_;
  std::size_t taken_ = 0;
};

class Shrinking {
 public:
  Shrinking(const Sequence& sequence, Oracle& oracle, const ShrinkOptions& options)
      : oracle_(oracle), options_(options) {
    shrunk_.sequence = sequence;
  }

  Result<Shrunk> from(const Divergence& found) {
    if (auto done = reproduce(found); !done) return tl::unexpected(done.error());
    if (!shrunk_.reproduced) return std::move(shrunk_);
    if (auto done = cut_tail(); !done) return tl::unexpected(done.error());
    if (auto done = descend(); !done) return tl::unexpected(done.error());
    if (auto done = confirm(); !done) return tl::unexpected(done.error());
    return std::move(shrunk_);
  }

 private:
  [[nodiscard]] Job job(Sequence sequence, Depth depth) const {
    return {.sequence = std::move(sequence), .traits = options_.traits, .depth = depth};
  }

  Result<std::vector<Judgement>> ask(std::span<const Job> jobs) {
    JudgingSink sink(jobs);
    if (auto ran = oracle_.run(jobs, sink); !ran) return tl::unexpected(ran.error());
    shrunk_.runs += jobs.size();
    if (!sink.complete()) return fail("the oracle {} answered fewer runs than it was given", oracle_.identity().source);
    for (const Judgement& judgement : sink.judgements())
      if (!judgement.malformed.empty())
        return fail("the oracle {} gave a malformed run: {}", oracle_.identity().source, judgement.malformed);
    if (auto told = tell_apart(jobs, sink); !told) return tl::unexpected(told.error());
    if (options_.known)
      for (std::size_t i = 0; i < jobs.size(); ++i)
        if (auto& divergence = sink.judgements()[i].divergence;
            divergence && options_.known(jobs[i].sequence, *divergence))
          divergence.reset();
    return std::move(sink.judgements());
  }

  /// What was found after several runs is not yet known to be of the last of them: each is run alone, and what it then
  /// shows is its own.
  Result<void> tell_apart(std::span<const Job> jobs, JudgingSink& sink) {
    for (const auto& [number, unchecked] : sink.vague())
      for (std::size_t i = number - std::min<std::size_t>(unchecked, number); i <= number; ++i) {
        JudgingSink alone(jobs.subspan(i, 1));
        if (auto ran = oracle_.run(jobs.subspan(i, 1), alone); !ran) return tl::unexpected(ran.error());
        ++shrunk_.runs;
        if (!alone.complete() || !alone.judgements().front().malformed.empty())
          return fail("the oracle {} gave no answer to a run that it had answered", oracle_.identity().source);
        sink.judgements()[i] = std::move(alone.judgements().front());
      }
    return {};
  }

  /// Deep first: it sees a difference at the step that makes it, where a fast run may see it later and blame another.
  Result<void> reproduce(const Divergence& found) {
    const std::array<Job, 2> jobs{job(shrunk_.sequence, Depth::deep), job(shrunk_.sequence, Depth::fast)};
    auto judgements = ask(jobs);
    if (!judgements) return tl::unexpected(judgements.error());
    auto& deep = (*judgements)[0].divergence;
    auto& fast = (*judgements)[1].divergence;
    const bool fast_alike = fast && fast->fingerprint == found.fingerprint;
    if (deep && (fast_alike || deep->fingerprint == found.fingerprint)) {
      shrunk_.refined = deep->fingerprint != found.fingerprint;
      take(shrunk_.sequence, std::move(*deep), Depth::deep);
    } else if (fast_alike) {
      take(shrunk_.sequence, std::move(*fast), Depth::fast);
    } else {
      shrunk_.divergence = found;
      if (deep) set_aside(shrunk_.sequence, Depth::deep, std::move(*deep));
      if (fast) set_aside(shrunk_.sequence, Depth::fast, std::move(*fast));
      return {};
    }
    shrunk_.reproduced = true;
    target_ = shrunk_.divergence.fingerprint;
    return {};
  }

  /// What comes after the step has no part in it, unless the run's end does.
  Result<void> cut_tail() {
    const std::size_t length = shrunk_.divergence.step + 1;
    if (length >= shrunk_.sequence.operations.size()) return {};
    Sequence head = shrunk_.sequence;
    head.operations.resize(length);
    const std::array<Job, 1> jobs{job(head, shrunk_.depth)};
    auto judgements = ask(jobs);
    if (!judgements) return tl::unexpected(judgements.error());
    ++shrunk_.candidates;
    auto& divergence = judgements->front().divergence;
    if (divergence && divergence->fingerprint == target_) take(std::move(head), std::move(*divergence), shrunk_.depth);
    return {};
  }

  /// Takes the first candidate that diverges alike, and goes on behind it, until a whole round of candidates has failed
  /// to.
  Result<void> descend() {
    SimplificationKey resume;
    while (!exhausted()) {
      const Simpler candidates(shrunk_.sequence);
      const std::size_t start = candidates.not_before(resume);
      std::size_t tried = 0;
      std::size_t batch = std::min<std::size_t>(first_batch(), options_.batch);
      bool found = false;
      while (!found && tried < candidates.size() && !exhausted()) {
        auto next = try_batch(candidates, start, tried, std::max<std::size_t>(batch, 1));
        if (!next) return tl::unexpected(next.error());
        if (*next) {
          resume = **next;
          found = true;
        }
        batch = std::min(batch * 2, options_.batch);
      }
      if (!found) {
        shrunk_.minimal = tried >= candidates.size();
        return {};
      }
    }
    return {};
  }

  /// Runs the next candidates, in the order that starts at `start` and wraps around. The key of the one taken, if any
  /// was.
  Result<std::optional<SimplificationKey>> try_batch(const Simpler& candidates, std::size_t start, std::size_t& tried,
                                                     std::size_t batch) {
    std::vector<Job> jobs;
    std::vector<SimplificationKey> keys;
    std::vector<std::uint64_t> digests;
    for (; tried < candidates.size() && jobs.size() < batch; ++tried) {
      const std::size_t index = (start + tried) % candidates.size();
      auto candidate = candidates.candidate(index);
      if (!candidate) continue;
      const std::uint64_t digest = Digest().add(model::print(*candidate)).value();
      if (failed_.contains(digest) || !can_diverge_alike(*candidate) ||
          (options_.forbidden && options_.forbidden(*candidate))) {
        ++shrunk_.skipped;
        continue;
      }
      jobs.push_back(job(std::move(*candidate), shrunk_.depth));
      keys.push_back(candidates.key(index));
      digests.push_back(digest);
    }
    if (jobs.empty()) return std::nullopt;
    auto judgements = ask(jobs);
    if (!judgements) return tl::unexpected(judgements.error());
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      ++shrunk_.candidates;
      auto& divergence = (*judgements)[i].divergence;
      if (divergence && divergence->fingerprint == target_) {
        take(std::move(jobs[i].sequence), std::move(*divergence), shrunk_.depth);
        return keys[i];
      }
      failed_.insert(digests[i]);
      if (divergence) set_aside(std::move(jobs[i].sequence), shrunk_.depth, std::move(*divergence));
    }
    return std::nullopt;
  }

  /// The fingerprint names a call and the rule that decides it. A sequence in which the model never applies that rule
  /// to that call cannot have it. Of a crash nothing can be proved.
  bool can_diverge_alike(const Sequence& sequence) const {
    if (!target_.ending.empty()) return true;
    model::World world = model::world_of(sequence, options_.traits);
    return std::ranges::any_of(sequence.operations, [&](const model::Operation& operation) {
      return world.apply(operation).rule == target_.rule && model::call_name(operation) == target_.call;
    });
  }

  void take(Sequence sequence, Divergence divergence, Depth depth) {
    shrunk_.sequence = std::move(sequence);
    shrunk_.divergence = std::move(divergence);
    shrunk_.depth = depth;
  }

  void set_aside(Sequence sequence, Depth depth, Divergence divergence) {
    const auto known = [&](const OtherDivergence& other) {
      return other.divergence.fingerprint == divergence.fingerprint;
    };
    if (std::ranges::any_of(shrunk_.others, known)) return;
    shrunk_.others.push_back({std::move(sequence), depth, std::move(divergence)});
  }

  Result<void> confirm() {
    const std::array<Job, 1> jobs{job(shrunk_.sequence, shrunk_.depth)};
    auto judgements = ask(jobs);
    if (!judgements) return tl::unexpected(judgements.error());
    const auto& divergence = judgements->front().divergence;
    shrunk_.confirmed = divergence && divergence->fingerprint == target_;
    return {};
  }

  [[nodiscard]] bool exhausted() const {
    return shrunk_.candidates >= options_.max_candidates || (options_.enough && options_.enough());
  }

  /// The first candidates succeed often, and then the rest ran in vain. Where each may cost a machine, fewer.
  [[nodiscard]] std::size_t first_batch() const { return target_.ending.empty() ? 8 : options_.machines; }

  Oracle& oracle_;
  const ShrinkOptions& options_;
  Shrunk shrunk_;
  Fingerprint target_;
  std::unordered_set<std::uint64_t> failed_;  ///< digests of sequences that did not diverge alike
};

}  // namespace

Result<Shrunk> shrink(const Sequence& sequence, const Divergence& found, Oracle& oracle, const ShrinkOptions& options) {
  return Shrinking(sequence, oracle, options).from(found);
}

}  // namespace mprogcheck::properties
