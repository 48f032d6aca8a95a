// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "campaign/batch.hpp"
#include "properties/judge.hpp"

namespace mprogcheck {

/// Judges the runs of a batch as they arrive, and remembers those that differ.
class BatchSink final : public RunSink {
 public:
  explicit BatchSink(const Batch& batch) : batch_(batch) {}

  void take(std::size_t number, Run& run) override;

  [[nodiscard]] const Progress& part() const { return part_; }
  [[nodiscard]] const properties::Coverage& coverage() const { return coverage_; }
  /// Jobs that diverged, and how. Of a canary: what is not the lie that it told.
  [[nodiscard]] std::vector<std::pair<std::size_t, properties::Divergence>>& suspects() { return suspects_; }
  /// Runs that were found unclean, and how many of those before them may be the cause.
  [[nodiscard]] const std::vector<std::pair<std::size_t, std::uint32_t>>& vague() const { return vague_; }
  /// An Error if something here means that nothing the oracle says can be believed.
  [[nodiscard]] Result<void> trustworthy() const;

 private:
  void judge_canary(std::size_t number, const Run& run);

  const Batch& batch_;
  Progress part_;
  properties::Coverage coverage_;
  std::vector<std::pair<std::size_t, properties::Divergence>> suspects_;
  std::vector<std::pair<std::size_t, std::uint32_t>> vague_;
  std::optional<properties::Judgement> malformed_;
  std::optional<std::uint32_t> missed_;
};

}  // namespace mprogcheck
