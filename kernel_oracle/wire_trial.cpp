// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/wire_trial.hpp"

namespace mprogcheck::wire {

namespace {

constexpr std::size_t tried_head_size = 9;

}  // namespace

void put_alphabet_head(Buffer& buffer, std::uint32_t number, std::uint32_t first, std::uint32_t count) {
  buffer.u32(number);
  buffer.u32(first);
  buffer.u32(count);
}

bool get_alphabet_part(Reader& reader, AlphabetPart& part) {
  part.number = reader.u32();
  part.first = reader.u32();
  part.count = reader.u32();
  const std::size_t left = reader.left();
  part.operations = reader.bytes(left);
  return !reader.failed() && part.number != 0 && part.count <= left / least_operation_size &&
         part.first <= trial_set::most_operations && part.count <= trial_set::most_operations - part.first;
}

void put_trials(Buffer& buffer, const TrialsRecord& trials) {
  buffer.u32(trials.step);
  buffer.u8(static_cast<std::uint8_t>(trials.lie));
  buffer.u32(trials.lie_at);
  buffer.u32(static_cast<std::uint32_t>(trials.which.size()));
  buffer.bytes(trials.which.data(), trials.which.size());
}

bool get_trials(Reader& reader, TrialsRecord& trials) {
  trials.step = reader.u32();
  const auto lie = reader.u8();
  trials.lie = static_cast<TrialLie>(lie);
  trials.lie_at = reader.u32();
  trials.which = reader.bytes(reader.u32());
  return !reader.failed() && lie < trial_lies && trials.which.size() <= trial_set::most_operations / 8;
}

bool are_trials(std::span<const std::uint8_t> bytes, std::uint32_t steps) {
  if (bytes.size() > max_trials_bytes) return false;
  Reader reader(bytes);
  std::uint32_t next = 0;
  while (reader.left() != 0) {
    TrialsRecord trials;
    if (!get_trials(reader, trials) || trials.step < next || trials.step >= steps) return false;
    next = trials.step + 1;
  }
  return true;
}

std::size_t begin_tried(Buffer& buffer) {
  const std::size_t at = buffer.size();
  buffer.room(tried_head_size);
  return at;
}

void end_tried(Buffer& buffer, std::size_t tried, std::uint32_t changed, bool changed_elsewhere) {
  buffer.set32(tried, changed);
  buffer.set8(tried + 4, changed_elsewhere ? 1 : 0);
  buffer.set32(tried + 5, static_cast<std::uint32_t>(buffer.size() - tried - tried_head_size));
}

bool get_tried(Reader& reader, TriedRecord& tried) {
  tried.changed = reader.u32();
  const auto elsewhere = reader.u8();
  tried.changed_elsewhere = elsewhere != 0;
  tried.errnos = reader.bytes(reader.u32());
  const bool changed = tried.changed != trial_set::no_operation;
  return !reader.failed() && elsewhere <= 1 && tried.errnos.size() <= trial_set::most_operations &&
         (!changed || (tried.changed < trial_set::most_operations && !tried.errnos.empty()));
}

}  // namespace mprogcheck::wire
