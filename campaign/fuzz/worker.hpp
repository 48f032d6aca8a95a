// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "campaign/fuzz/batch.hpp"
#include "campaign/fuzz/batch_queue.hpp"
#include "campaign/fuzz/canary.hpp"
#include "campaign/fuzz/history.hpp"
#include "campaign/fuzz/schedule.hpp"
#include "campaign/known.hpp"
#include "oracle/oracle.hpp"
#include "properties/generate/generate.hpp"

namespace mprogcheck {

class BatchSink;

/// What the workers of a campaign have in common. Nothing of it changes while they work.
struct WorkerSetting {
  const properties::Generator& generator;
  const Known& known;
  std::string start;  ///< of the campaign: start_id()
  std::string seed;
  std::string kernel;  ///< as the user named it
  std::uint64_t shard = 0;
  /// Called by any thread with a suspect that nothing has been done about yet, as soon as it is met.
  std::function<Result<void>(const Finding&)> keep;
  /// Of one that turned out to be none.
  std::function<void(const Finding&)> forget;
};

/// One oracle, the thread that drives it, and the thread that makes its batches: while one is run, the next is made.
class Worker {
 public:
  Worker(const WorkerSetting& setting, Schedule& schedule, Oracle& oracle)
      : setting_(setting), schedule_(schedule), oracle_(oracle), nest_(oracle.identity().has(feature_refcnt)) {}

  /// Until the schedule has no more, or the oracle fails.
  void work();

 private:
  void make_batches();
  Batch make_batch(std::uint64_t first, std::size_t count);
  void plant_canary(Batch& batch);
  BatchResult run(const Batch& batch);
  struct Suspect {
    std::size_t job = 0;               ///< its number in the batch
    std::optional<std::size_t> known;  ///< its place in Known::states, if it is one of these
    std::string fingerprint;           ///< as text
    Finding finding;
  };
  /// On disk, unless it is known: what happens before its batch is over must not lose it.
  Suspect meet(const Batch& batch, std::size_t number, properties::Divergence divergence, std::string console);
  Result<void> pin(const Batch& batch, std::size_t number, std::uint32_t unchecked, std::vector<Suspect>& suspects);
  Result<void> settle_canary(const Batch& batch, const BatchSink& sink, std::vector<Suspect>& suspects);
  /// Those of that job.
  void drop(std::vector<Suspect>& suspects, std::size_t number) const;

  const WorkerSetting& setting_;
  Schedule& schedule_;
  Oracle& oracle_;
  CanaryNest nest_;
  BatchQueue<Batch> queue_;
  History history_;
  std::optional<Error> unsaved_;  ///< a suspect could not be kept
};

}  // namespace mprogcheck
