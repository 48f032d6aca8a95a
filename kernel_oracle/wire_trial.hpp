// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <span>

#include "kernel_oracle/wire.hpp"
#include "kernel_oracle/wire_operation.hpp"
#include "oracle/lie.hpp"
#include "oracle/trial_set.hpp"

/// Trials on the wire: the alphabet, which the agent keeps, the trials of a job, and what a run says of them.
namespace mprogcheck::wire {

/// The payload of an alphabet frame: operations `first` and following of an alphabet, which may come in several
/// frames. One whose first is 0 replaces the alphabet that was there.
struct AlphabetPart {
  std::uint32_t number = 0;  ///< Alphabet::number()
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  std::span<const std::uint8_t> operations{};  ///< as many, to the end of the frame (wire_operation.hpp)
};
/// So many operations go into one frame at most: 1 MiB.
inline constexpr std::uint32_t most_in_alphabet_frame = (1U << 20) / most_operation_size;
/// Writes all but the operations, which follow one by one.
void put_alphabet_head(Buffer& buffer, std::uint32_t number, std::uint32_t first, std::uint32_t count);
/// The operations themselves are not looked at.
bool get_alphabet_part(Reader& reader, AlphabetPart& part);

/// Trials, field by field.
struct TrialsRecord {
  static constexpr std::size_t head_size = trial_set::bytes_beside_set;
  std::uint32_t step = 0;
  TrialLie lie = TrialLie::none;
  std::uint32_t lie_at = 0;
  std::span<const std::uint8_t> which;  ///< a trial_set
};
/// Of one job: with as many steps as a job may have, it still fits a frame.
inline constexpr std::size_t max_trials_bytes = trial_set::most_bytes_of_job;
void put_trials(Buffer& buffer, const TrialsRecord& trials);
bool get_trials(Reader& reader, TrialsRecord& trials);
/// Whether these are whole records, ascending, of a job with so many steps.
bool are_trials(std::span<const std::uint8_t> bytes, std::uint32_t steps);

/// TriedTrials, in the last place of its step.
struct TriedRecord {
  std::uint32_t changed = trial_set::no_operation;
  bool changed_elsewhere = false;
  std::span<const std::uint8_t> errnos{};
};
/// Writes a head, and returns what end_tried() needs; the errnos follow, one byte each.
std::size_t begin_tried(Buffer& buffer);
/// The errnos are all that has been written since.
void end_tried(Buffer& buffer, std::size_t tried, std::uint32_t changed, bool changed_elsewhere);
bool get_tried(Reader& reader, TriedRecord& tried);

}  // namespace mprogcheck::wire
