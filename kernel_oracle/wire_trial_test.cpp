// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/wire_trial.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <tuple>
#include <vector>

#include "kernel_oracle/job_encoder.hpp"
#include "kernel_oracle/testing/trial_jobs.hpp"
#include "model/arbitrary.hpp"

namespace mprogcheck::wire {
namespace {

using Bytes = std::vector<std::uint8_t>;

RC_GTEST_PROP(WireTrial, AlphabetComesBack, ()) {
  const auto operations = *rc::gen::container<std::vector<model::Operation>>(model::arbitrary_operation());
  const Alphabet alphabet({operations.begin(), operations.end()});
  Buffer frames;
  encode_alphabet(alphabet, frames);
  Frame frame;
  RC_ASSERT(read_frame(frames.view(), frame) == Fault::none);
  RC_ASSERT(frame.type == FrameType::alphabet && frame.size == frames.size());
  Reader reader(frame.payload);
  AlphabetPart part;
  RC_ASSERT(get_alphabet_part(reader, part));
  RC_ASSERT(part.number == alphabet.number() && part.first == 0U && part.count == operations.size());
  Reader read(part.operations);
  for (const model::Operation& operation : operations) {
    model::Operation found;
    RC_ASSERT(get_operation(read, found));
    RC_ASSERT(found == operation);
  }
  RC_ASSERT(read.left() == 0U);
}

/// No frame is longer than it may be, and one follows on the other.
TEST(WireTrial, ALongAlphabetComesInParts) {
  const std::vector<model::Operation> operations(trial_set::most_operations, model::Close{model::Name::link(3)});
  const Alphabet alphabet(operations);
  Buffer frames;
  encode_alphabet(alphabet, frames);
  std::size_t seen = 0, parts = 0;
  for (auto left = frames.view(); !left.empty(); ++parts) {
    Frame frame;
    ASSERT_EQ(read_frame(left, frame), Fault::none);
    Reader reader(frame.payload);
    AlphabetPart part;
    ASSERT_TRUE(get_alphabet_part(reader, part));
    EXPECT_EQ(part.first, seen);
    seen += part.count;
    left = left.subspan(frame.size);
  }
  EXPECT_EQ(seen, operations.size());
  EXPECT_GT(parts, 1U);
}

TEST(WireTrial, AnAlphabetOfMoreThanItsBytesIsRefused) {
  for (const std::uint32_t count : {1U, 2U}) {
    Buffer buffer;
    put_alphabet_head(buffer, 1, 0, count);
    put_operation(buffer, model::Close{});
    Reader reader(buffer.view());
    AlphabetPart part;
    EXPECT_EQ(get_alphabet_part(reader, part), count == 1);
  }
}

TEST(WireTrial, AnAlphabetThatIsTooLongIsRefused) {
  Buffer buffer;
  put_alphabet_head(buffer, 1, trial_set::most_operations, 1);
  put_operation(buffer, {});
  Reader reader(buffer.view());
  AlphabetPart part;
  EXPECT_FALSE(get_alphabet_part(reader, part));
}

std::vector<Trials> any_trials(std::uint32_t steps) {
  std::vector<Trials> trials;
  for (std::uint32_t step = 0; step < steps; ++step) {
    if (*rc::gen::arbitrary<bool>()) continue;
    Trials block;
    block.step = step;
    block.which = *rc::gen::arbitrary<Bytes>();
    block.lie = static_cast<TrialLie>(*rc::gen::inRange<int>(0, trial_lies));
    block.lie_at = *rc::gen::arbitrary<std::uint32_t>();
    trials.push_back(block);
  }
  return trials;
}

RC_GTEST_PROP(WireTrial, TrialsOfAJobComeBack, ()) {
  Job job;
  job.sequence = *model::arbitrary_sequence();
  job.alphabet = std::make_shared<const Alphabet>(std::vector<model::Operation>{});
  job.trials = any_trials(static_cast<std::uint32_t>(job.sequence.operations.size()));
  Buffer buffer;
  encode_job(job, 1, buffer);
  encode_job(job, 2, buffer);  // what follows is found
  Reader reader(buffer.view());
  for (const std::uint32_t number : {1U, 2U}) {
    JobRecord record;
    RC_ASSERT(get_job(reader, record));
    RC_ASSERT(record.number == number && record.step_count == job.sequence.operations.size());
    RC_ASSERT(record.alphabet == (job.trials.empty() ? 0 : job.alphabet->number()));
    Reader trials(record.trials);
    for (const Trials& wanted : job.trials) {
      TrialsRecord found;
      RC_ASSERT(get_trials(trials, found));
      RC_ASSERT(std::tie(found.step, found.lie, found.lie_at) == std::tie(wanted.step, wanted.lie, wanted.lie_at));
      RC_ASSERT(std::ranges::equal(found.which, wanted.which));
    }
    RC_ASSERT(trials.left() == 0U);
  }
  RC_ASSERT(reader.left() == 0U);
}

/// Blocks must ascend, and belong to steps that there are.
RC_GTEST_PROP(WireTrial, BlocksOutOfOrderAreRefused, ()) {
  const auto first = *rc::gen::inRange<std::uint32_t>(0, 5), second = *rc::gen::inRange<std::uint32_t>(0, 5);
  const auto steps = *rc::gen::inRange<std::uint32_t>(0, 6);
  Buffer buffer;
  put_trials(buffer, {.step = first, .which = {}});
  put_trials(buffer, {.step = second, .which = {}});
  RC_ASSERT(are_trials(buffer.view(), steps) == (first < second && second < steps));
}

RC_GTEST_PROP(WireTrial, WhatWasTriedComesBack, (const Bytes& errnos)) {
  const auto changed =
      *rc::gen::element(trial_set::no_operation, 0U, 17U, trial_set::most_operations - 1, trial_set::most_operations);
  const auto elsewhere = *rc::gen::arbitrary<bool>();
  Buffer buffer;
  const auto at = begin_tried(buffer);
  buffer.bytes(errnos.data(), errnos.size());
  end_tried(buffer, at, changed, elsewhere);
  Reader reader(buffer.view());
  TriedRecord tried;
  const bool good = get_tried(reader, tried);
  RC_ASSERT(good == (changed == trial_set::no_operation || (changed < trial_set::most_operations && !errnos.empty())));
  if (!good) return;
  RC_ASSERT(reader.left() == 0U);
  RC_ASSERT(tried.changed == changed && tried.changed_elsewhere == elsewhere);
  RC_ASSERT(std::ranges::equal(tried.errnos, errnos));
}

RC_GTEST_PROP(WireTrial, AnyBytesAreReadWithoutHarm, (const Bytes& bytes)) {
  Reader parts(bytes), trials(bytes), tried(bytes);
  AlphabetPart part;
  if (get_alphabet_part(parts, part)) RC_ASSERT(part.first + part.count <= trial_set::most_operations);
  TrialsRecord block;
  if (get_trials(trials, block)) RC_ASSERT(static_cast<std::uint8_t>(block.lie) < trial_lies);
  TriedRecord seen;
  if (get_tried(tried, seen)) RC_ASSERT(seen.errnos.size() <= bytes.size());
  are_trials(bytes, 7);
}

}  // namespace
}  // namespace mprogcheck::wire
