// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "kernel_oracle/wire.hpp"
#include "oracle/oracle.hpp"

namespace mprogcheck {

/// What a run may answer: no more than was asked.
struct Due {
  std::uint32_t number = 0;  ///< of the job
  std::size_t steps = 0;
  std::span<const Trials> trials;

  Due(std::uint32_t job_number, const Job& job)
      : number(job_number), steps(job.sequence.operations.size()), trials(job.trials) {}
};

/// Reads runs, whose parts may come one by one. An unchanged list refers to the entries of its earlier view, which may
/// have come with another part.
class RunDecoder {
 public:
  /// Reads one part, and adds it to `run`; the first part clears it. False if the bytes are no part, or not the one
  /// that is due; `run` is then whatever it is, and neither the reader nor this is of more use before reset(). `due`:
  /// what is not in it is refused before it takes memory; null: whatever comes.
  bool read(wire::Reader& reader, Run& run, const Due* due = nullptr);
  /// Of the last part: whose run, and is it whole with it?
  [[nodiscard]] std::uint32_t number() const { return number_; }
  [[nodiscard]] bool whole() const { return !expecting_; }
  /// The next part begins a run, whatever came before.
  void reset() { expecting_ = false; }

 private:
  std::uint32_t number_ = 0;
  bool expecting_ = false;  ///< a part of the run that was begun
  /// Where each list's last honest view stands in Run::lists; -1: this run has not shown it.
  std::array<std::int32_t, model::list_count> shown_{};
};

/// Reads one run that is whole. False if the bytes are none.
bool decode_run(wire::Reader& reader, std::uint32_t& number, Run& run);

}  // namespace mprogcheck
