// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/wire_operation.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <span>
#include <vector>

#include "model/arbitrary.hpp"

namespace mprogcheck::wire {
namespace {

using Bytes = std::vector<std::uint8_t>;
using model::Operation;

Bytes bytes_of(const Buffer& buffer) {
  return {buffer.view().begin(), buffer.view().end()};
}

Bytes bytes_of(const Operation& operation) {
  Buffer buffer;
  put_operation(buffer, operation);
  return bytes_of(buffer);
}

RC_GTEST_PROP(WireOperation, ComesBack, ()) {
  const auto operations = *rc::gen::container<std::vector<Operation>>(model::arbitrary_operation());
  Buffer buffer;
  for (const Operation& operation : operations) put_operation(buffer, operation);
  Reader reader(buffer.view());
  Operation read;  // one for all: nothing of the last is left
  for (const Operation& operation : operations) {
    RC_ASSERT(get_operation(reader, read));
    RC_ASSERT(read == operation);
  }
  RC_ASSERT(reader.left() == 0U);
}

RC_GTEST_PROP(WireOperation, EachCallHasItsLength, ()) {
  const auto operation = *model::arbitrary_operation();
  const Bytes bytes = bytes_of(operation);
  RC_ASSERT(bytes.size() == operation_sizes[operation.index()]);
  RC_ASSERT(bytes.size() >= least_operation_size && bytes.size() <= most_operation_size);
}

RC_GTEST_PROP(WireOperation, EveryPrefixIsRefused, ()) {
  const Bytes bytes = bytes_of(*model::arbitrary_operation());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    Reader reader{std::span(bytes).first(length)};
    Operation read;
    RC_ASSERT(!get_operation(reader, read));
  }
}

/// What is read is valid, and the same bytes again: nothing that does not count is skipped.
void expect_refused_or_valid(const Bytes& bytes) {
  Reader reader(bytes);
  Operation read;
  const bool good = get_operation(reader, read);
  RC_CLASSIFY(good);
  if (!good) return;
  RC_ASSERT(!model::validate(read));
  const Bytes again = bytes_of(read);
  RC_ASSERT(again.size() + reader.left() == bytes.size());
  RC_ASSERT(std::ranges::equal(again, std::span(bytes).first(again.size())));
}

RC_GTEST_PROP(WireOperation, DamagedIsRefusedOrValid, ()) {
  Bytes bytes = bytes_of(*model::arbitrary_operation());
  const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
  bytes[at] = *rc::gen::oneOf(rc::gen::arbitrary<std::uint8_t>(), rc::gen::inRange<std::uint8_t>(0, 24));
  expect_refused_or_valid(bytes);
}

RC_GTEST_PROP(WireOperation, AnyBytesAreRefusedOrValid, ()) {
  Bytes bytes = *rc::gen::container<Bytes>(
      most_operation_size, rc::gen::oneOf(rc::gen::just<std::uint8_t>(0), rc::gen::inRange<std::uint8_t>(0, 3),
                                          rc::gen::arbitrary<std::uint8_t>()));
  bytes[0] = *rc::gen::inRange<std::uint8_t>(0, operation_sizes.size() + 2);
  bytes[1] = *rc::gen::inRange<std::uint8_t>(0, model::Caller::declarable + 2);
  expect_refused_or_valid(bytes);
}

TEST(WireOperation, WhatNoSequenceMaySayIsRefused) {
  using namespace model;
  const Operation refused[] = {
      Attach{.program = Argument::literal(3)},
      Attach{.site = {static_cast<Hook>(hooks), Target::device(0)}},
      Attach{.site = {Hook::tcx_ingress, Target::device(Device::count)}},
      Attach{.relative = {Name::slots, true}},
      Dup{Name::any(0), Argument::literal(1)},
      Open{Name::any(0), ObjectKind::other, {}},
      Open{Name::any(0), ObjectKind::link, Argument::literal(7)},
      CreateLink{.name = Name::pool(0)},
      Load{Name::mortal(0), ProgramType::of_other_kind, {}},
      Query{.size = 13},
      Query{.garbage = true},
      Fill{.count = OrderedList::mprog_capacity + 1},
      SendPacket{{Hook::netkit_peer, Target::peer(0)}},
      RemoveDevice{{Device::count}},
      SetQdisc{{}, static_cast<Qdisc>(qdiscs)},
      Unpin{{PinName::count}},
  };
  for (const Operation& operation : refused) {
    const Bytes bytes = bytes_of(operation);
    Reader reader(bytes);
    Operation read;
    EXPECT_FALSE(get_operation(reader, read)) << print(operation);
  }
  Operation by_nobody = Close{};
  by_nobody.caller.number = Caller::declarable + 1;
  const Bytes bytes = bytes_of(by_nobody);
  Reader reader(bytes);
  EXPECT_FALSE(get_operation(reader, by_nobody));
}

/// Slots that the guest's tables have, and that nothing but what makes an object speaks of.
RC_GTEST_PROP(WireOperation, WhatIsForeseenIsInRange, ()) {
  const Step step{
      .foreseen = {.observe = *rc::gen::arbitrary<std::uint16_t>(),
                   .made = *rc::gen::oneOf(rc::gen::just<std::uint8_t>(0), rc::gen::arbitrary<std::uint8_t>()),
                   .dying = *rc::gen::inRange<std::uint8_t>(0, 4)},
      .operation = *model::arbitrary_operation()};
  Buffer buffer;
  put_step(buffer, step);
  Reader reader(buffer.view());
  Step read;
  const bool good = get_step(reader, read);
  const unsigned made = step.foreseen.made;
  bool can_be = made == 0;
  if (std::holds_alternative<model::CreateLink>(step.operation)) can_be = made < model::link_count;
  if (std::holds_alternative<model::Load>(step.operation))
    can_be = made >= model::mortal_program_begin && made < model::program_count;
  const unsigned most_dying = std::holds_alternative<model::Unpin>(step.operation)          ? 2
                              : std::holds_alternative<model::RemoveCgroup>(step.operation) ? 1
                                                                                            : 0;
  RC_CLASSIFY(good);
  RC_ASSERT(good == (can_be && step.foreseen.dying <= most_dying));
  if (!good) return;
  RC_ASSERT(read.foreseen.observe == step.foreseen.observe && read.foreseen.made == made);
  RC_ASSERT(read.foreseen.dying == step.foreseen.dying && read.operation == step.operation);
}

/// A job of the longest sequence, with all the trials that a job may have, fits a frame.
TEST(WireOperation, TheLongestJobFitsAFrame) {
  constexpr std::size_t foreseen_size = 4;
  EXPECT_LT(max_steps * (foreseen_size + most_operation_size) + (4U << 20) + 4096, max_payload);
}

}  // namespace
}  // namespace mprogcheck::wire
