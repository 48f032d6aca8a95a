// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "campaign/fuzz/batch.hpp"
#include "campaign/fuzz/canary.hpp"
#include "properties/explore/pair_space.hpp"
#include "properties/judge/judge.hpp"

namespace mprogcheck {

/// Judges the runs of a batch as they arrive, and tells which of them differ.
class BatchSink final : public RunSink {
 public:
  /// `met` is called at once with a job that diverged, and how. Of a canary only with an end that its lie cannot be:
  /// what its steps showed is not told, and may be seen without the lie.
  using Met = std::function<void(std::size_t number, properties::Divergence)>;
  BatchSink(const Batch& batch, Met met) : batch_(batch), met_(std::move(met)) {}

  void take(std::size_t number, Run& run) override;

  /// After the last run.
  [[nodiscard]] Progress part() const;
  [[nodiscard]] const properties::Coverage& coverage() const { return coverage_; }
  /// The (state, operation) pairs that judged steps met.
  [[nodiscard]] const properties::ShapeSet& pairs() const { return pairs_; }
  /// Runs that were found unclean, and how many of those before them may be the cause.
  [[nodiscard]] const std::vector<std::pair<std::size_t, std::uint32_t>>& vague() const { return vague_; }
  /// An Error if something here means that nothing the oracle says can be believed.
  [[nodiscard]] Result<void> trustworthy() const;
  /// After the last run: the canary met something that is not its lie, and the honest run of its sequence did not. Only
  /// another one, without the lie, tells what that was.
  [[nodiscard]] bool canary_is_due_again() const;

 private:
  void judge_canary(std::size_t number, const Run& run);
  /// Whether the judge was blind to a lie. Where the kernel itself differs, a lie may undo what is wrong: the honest
  /// run of the same sequence tells.
  [[nodiscard]] bool missed() const;

  const Batch& batch_;
  Met met_;
  Progress part_;
  properties::Coverage coverage_;
  properties::ShapeSet pairs_;
  std::vector<std::pair<std::size_t, std::uint32_t>> vague_;
  std::optional<properties::Judgement> malformed_;
  std::optional<CanaryFate> fate_;                     ///< of the canary, by its own run; nothing before, and if spoilt
  bool spoilt_ = false;                                ///< its run met something else before the lie
  Run::Ending canary_ending_ = Run::Ending::complete;  ///< that is not the lie
  // Of the honest run of its sequence.
  std::optional<std::size_t> honest_difference_;  ///< the step at which it differs
  Run::Ending honest_ending_ = Run::Ending::complete;
};

}  // namespace mprogcheck
