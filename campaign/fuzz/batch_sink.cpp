// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/fuzz/batch_sink.hpp"

#include <algorithm>

#include "campaign/finding/one_run.hpp"
#include "campaign/fuzz/canary.hpp"
#include "oracle/model_oracle.hpp"

namespace mprogcheck {

namespace {

/// How a canary's run ended, without what it lied about: the run as the model has it, with that end.
class HonestEnd final : public RunSink {
 public:
  HonestEnd(const Job& job, const Run& real) : job_(job), real_(real) {}
  void take(std::size_t /*job*/, Run& run) override {
    if (run.steps.size() > real_.steps.size()) run.steps.resize(real_.steps.size());
    run.ending = real_.ending;
    run.at = real_.at;
    run.note = real_.note;
    run.miscounted = real_.miscounted;
    run.unchecked = real_.unchecked;
    divergence_ = properties::judge(job_, run).divergence;
  }
  std::optional<properties::Divergence>& divergence() { return divergence_; }

 private:
  const Job& job_;
  const Run& real_;
  std::optional<properties::Divergence> divergence_;
};

std::optional<properties::Divergence> divergence_by_its_end(const Job& canary, const Run& run) {
  Job honest = canary;
  honest.lie = Lie::none;
  HonestEnd end(honest, run);
  ModelOracle model(honest.traits);
  if (!model.run({&honest, 1}, end)) return std::nullopt;
  return std::move(end.divergence());
}

}  // namespace

void BatchSink::take(std::size_t number, Run& run) {
  const Job& job = batch_.jobs[number];
  if (run.ending == Run::Ending::unclean && run.unchecked != 0) vague_.emplace_back(number, run.unchecked);
  if (batch_.canary == number) {
    judge_canary(number, run);
    return;
  }
  auto judgement = properties::judge(
      job, run, [this](const model::World& before, const model::Operation& operation, const model::Verdict& verdict) {
        coverage_.add(operation, verdict, before);
        pairs_.add(before, operation);
      });
  ++part_.sequences;
  part_.operations += judgement.judged;
  part_.unjudged += judgement.unjudged;
  if (judgement.divergence && batch_.canary && batch_.index[number] == batch_.index[*batch_.canary]) {
    honest_difference_ = judgement.divergence->step;
    honest_ending_ = run.ending;
  }
  if (!judgement.malformed.empty())
    malformed_ = std::move(judgement);
  else if (judgement.divergence)
    met_(number, std::move(*judgement.divergence));
}

void BatchSink::judge_canary(std::size_t number, const Run& run) {
  const Job& job = batch_.jobs[number];
  auto judgement = properties::judge(job, run);
  const CanaryFate fate = fate_of(job, judgement);
  if (fate != CanaryFate::spoilt) {
    fate_ = fate;
    return;
  }
  spoilt_ = true;
  // How a guest ends is as real as anywhere else, and may not come again; what a step showed is of a run that lied.
  if (run.ending == Run::Ending::complete || ends_by_lie(job.lie, run.note)) return;
  canary_ending_ = run.ending;
  if (auto divergence = divergence_by_its_end(job, run)) met_(number, std::move(*divergence));
}

bool BatchSink::canary_is_due_again() const {
  if (!spoilt_) return false;
  return canary_ending_ != Run::Ending::complete ? canary_ending_ != honest_ending_ : !honest_difference_;
}

Progress BatchSink::part() const {
  Progress part = part_;
  part.canaries.caught += fate_ == CanaryFate::caught ? 1 : 0;
  part.canaries.planted += fate_ == CanaryFate::caught || missed() ? 1 : 0;
  return part;
}

bool BatchSink::missed() const {
  return fate_ == CanaryFate::missed &&
         (!honest_difference_ || *honest_difference_ > lying_step(batch_.jobs[*batch_.canary]));
}

Result<void> BatchSink::trustworthy() const {
  if (malformed_) return malformed_run(*malformed_);
  if (missed())
    return fail(
        "a canary was not caught: the guest was told to misreport step {} of a sequence ({}), and the judge did not "
        "blame that step; nothing this campaign says can be relied on: report it with the seed",
        batch_.jobs[*batch_.canary].lie_at,
        properties::text_of(property_of(batch_.jobs[*batch_.canary].lie).value_or(properties::Property::outcome)).name);
  return {};
}

}  // namespace mprogcheck
