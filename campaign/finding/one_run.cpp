// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/finding/one_run.hpp"

namespace mprogcheck {

namespace {

class JudgingSink final : public RunSink {
 public:
  JudgingSink(const Oracle& oracle, const std::vector<Job>& jobs, std::vector<std::string>* consoles)
      : oracle_(oracle), jobs_(jobs), judgements_(jobs.size()), consoles_(consoles) {
    if (consoles_ != nullptr) consoles_->assign(jobs.size(), {});
  }
  void take(std::size_t job, Run& run) override {
    judgements_[job] = properties::judge(jobs_[job], run);
    if (consoles_ != nullptr && judgements_[job].divergence) (*consoles_)[job] = oracle_.console_tail(console_lines);
  }
  std::vector<properties::Judgement>& judgements() { return judgements_; }

 private:
  const Oracle& oracle_;
  const std::vector<Job>& jobs_;
  std::vector<properties::Judgement> judgements_;
  std::vector<std::string>* consoles_;
};

}  // namespace

tl::unexpected<Error> malformed_run(const properties::Judgement& judgement) {
  return fail("the guest's answer is not one to the question: {}; rebuild the command and its agent together",
              judgement.malformed);
}

Result<std::vector<properties::Judgement>> run_all(Oracle& oracle, const std::vector<Job>& jobs,
                                                   std::vector<std::string>* consoles) {
  JudgingSink sink(oracle, jobs, consoles);
  if (auto ran = oracle.run(jobs, sink); !ran) return tl::unexpected(ran.error());
  for (const auto& judgement : sink.judgements())
    if (!judgement.malformed.empty()) return malformed_run(judgement);
  return std::move(sink.judgements());
}

Result<properties::Judgement> run_once(Oracle& oracle, const Job& job) {
  auto judgements = run_all(oracle, {job});
  if (!judgements) return tl::unexpected(judgements.error());
  return std::move(judgements->front());
}

}  // namespace mprogcheck
