// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/sequence.hpp"

#include <gtest/gtest.h>

#include "model/arbitrary.hpp"
#include "model/language/words.hpp"

namespace mprogcheck::model {
namespace {

const Site d0{Hook::tcx_ingress, Target::device(0)};

RC_GTEST_PROP(validate, accepts_what_the_generator_makes, ()) {
  const auto invalid = validate(*arbitrary_sequence());
  RC_ASSERT(!invalid);
}

RC_GTEST_PROP(validate, finds_the_operation, ()) {
  auto sequence = *arbitrary_sequence();
  const auto at = *rc::gen::inRange<std::size_t>(0, sequence.operations.size() + 1);
  sequence.operations.insert(sequence.operations.begin() + static_cast<std::ptrdiff_t>(at), Fill{d0, 64});
  const auto invalid = validate(sequence);
  RC_ASSERT(invalid.has_value());
  RC_ASSERT(invalid->operation == at);
}

/// A literal could hit a real object by accident, exactly where the rule of its kind says so.
RC_GTEST_PROP(validate, judges_a_relative_by_the_id_flag, (std::uint32_t flags, std::uint32_t number)) {
  const bool legal = (flags & flag::id) != 0 ? legal_id_literal(number) : legal_fd_literal(number);
  const auto relative = Argument::literal(number);
  RC_CLASSIFY(legal);
  RC_ASSERT(!validate(Operation(Attach{d0, {}, flags, relative, {}, {}})) == legal);
  RC_ASSERT(!validate(Operation(Detach{d0, {}, flags, relative, {}, {}})) == legal);
  RC_ASSERT(!validate(Operation(CreateLink{Name::link(0), d0, {}, flags, relative, {}})) == legal);
}

TEST(validate, knows_the_edges_of_the_literals) {
  const auto attach = [](std::uint32_t fd) {
    return validate(Operation(Attach{d0, Argument::literal(fd), 0, {}, {}, {}}));
  };
  for (const std::uint32_t fd : {0U, 1U, 2U, 900U, 0x7fff'ffffU, 0x8000'0000U, 0xffff'ffffU})
    EXPECT_FALSE(attach(fd)) << fd;
  for (const std::uint32_t fd : {3U, 4U, 899U}) EXPECT_TRUE(attach(fd)) << fd;
  const auto open = [](std::uint32_t id) {
    return validate(Operation(Open{Name::any(0), ObjectKind::link, Argument::literal(id)}));
  };
  for (const std::uint32_t id : {0U, coming_id, 1U << 30, 0xffff'ffffU}) EXPECT_FALSE(open(id)) << id;
  for (const std::uint32_t id : {1U, coming_id - 1}) EXPECT_TRUE(open(id)) << id;
  const auto target = [](Target on) { return validate(Operation(Query{{Hook::tcx_egress, on}, 0, 0, 64})); };
  for (const std::uint32_t n : {0U, 3U}) EXPECT_FALSE(target(Target::device(n))) << n;
  for (const std::uint32_t n : {4U, 1'000'000U, 0x7fff'ffffU}) EXPECT_TRUE(target(Target::device(n))) << n;
  for (const std::uint32_t n : {0U, 1'000'000U, 0x7fff'ffffU}) EXPECT_FALSE(target(Target::literal(n))) << n;
  for (const std::uint32_t n : {1U, 2U, 999'999U}) EXPECT_TRUE(target(Target::literal(n))) << n;
}

TEST(validate, refuses_what_no_text_can_say) {
  const Operation refused[] = {
      Attach{{static_cast<Hook>(hooks), {}}, {}, 0, {}, {}, {}},
      Attach{d0, {Name::slots, true}, 0, {}, {}, {}},
      Attach{d0, {}, 0, {}, Argument::literal(3), {}},
      Detach{d0, {}, 0, {Name::slots, true}, {}, {}},
      CreateLink{Name::pool(0), d0, {}, 0, {}, {}},
      CreateLink{Name::any(0), d0, {}, 0, {}, {}},
      CreateLink{Name::link(0), d0, Argument::literal(3), 0, {}, {}},
      UpdateLink{Argument::literal(3), {}, 0, {}},
      UpdateLink{{}, Argument::literal(3), 0, {}},
      UpdateLink{{}, {}, 0, Argument::literal(3)},
      DetachLink{Argument::literal(899)},
      Close{Name{Name::slots}},
      Dup{Name::link(0), Argument::of(Name::pool(0))},
      Dup{Name::any(0), Argument::literal(0)},
      Dup{Name::any(0), Argument::literal(899)},
      Open{Name::mortal(0), ObjectKind::program, {}},
      Open{Name::any(0), static_cast<ObjectKind>(2), {}},
      Load{Name::pool(0), ProgramType::xdp},
      Load{Name::mortal(0), static_cast<ProgramType>(program_types)},
      Query{d0, 0, 0, 64, 16},
      Query{d0, 0, 0, 64, 0, 20},
      Query{d0, 0, 0, 64, 0, 64, true},
      Fill{d0, 64},
  };
  for (const Operation& operation : refused) EXPECT_TRUE(validate(operation)) << print(operation);
}

TEST(validate, bounds_a_sequence) {
  Sequence sequence;
  sequence.operations.assign(max_loads, Load{Name::mortal(0), ProgramType::sched_cls});
  EXPECT_FALSE(validate(sequence));
  sequence.operations.push_back(sequence.operations.front());
  EXPECT_EQ(validate(sequence)->operation, max_loads);
  sequence.operations.assign(max_operations, Close{Name::pool(0)});
  EXPECT_FALSE(validate(sequence));
  sequence.operations.push_back(sequence.operations.front());
  EXPECT_EQ(validate(sequence)->operation, max_operations);
}

/// Else two sequences that print alike would not be equal.
TEST(validate, wants_declarations_that_say_what_is_there_and_no_more) {
  Sequence sequence;
  sequence.declarations.classes[3].type = ProgramType::xdp;
  EXPECT_EQ(validate(sequence)->expected, "no class for p3, which is not declared");
  sequence.declarations.programs = 1U << 3;
  EXPECT_FALSE(validate(sequence));
  sequence.declarations.devices = 1U << 4;
  EXPECT_EQ(validate(sequence)->expected, "devices d0 to d3");
}

}  // namespace
}  // namespace mprogcheck::model
