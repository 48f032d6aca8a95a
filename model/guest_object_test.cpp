// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/guest_object.hpp"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>
#include <set>
#include <string>

#include "model/arbitrary.hpp"
#include "model/parse.hpp"
#include "model/world.hpp"

namespace mprogcheck::model {
namespace {

World world_with_a_program() {
  Declarations declarations;
  declarations.devices = 1;
  declarations.programs = 0b11;
  World world(declarations);
  world.apply(*parse_operation("attach tcx_ingress@d0 p0"));
  return world;
}

Rule rule_of(World& world, const std::string& line) {
  const auto operation = parse_operation(line);
  EXPECT_TRUE(operation) << line;
  return operation ? world.apply(*operation).rule : Rule::fill_done;
}

/// Whatever happens, none of them changes: no sequence owns one, and none needs to be put back.
RC_GTEST_PROP(guest_objects, stay_as_they_are, ()) {
  const auto sequence = *arbitrary_sequence();
  World world(sequence.declarations);
  for (const auto& operation : sequence.operations) world.apply(operation);
  for (unsigned n = 0; n < Name::object_count; ++n) {
    const auto kind = guest_objects[n].kind;
    if (kind == ObjectKind::other) continue;
    RC_ASSERT(world.program(guest_program(n)).alive);
    RC_ASSERT(world.program(guest_program(n)).type == guest_objects[n].type);
    RC_ASSERT(world.program(guest_program(n)).references >= 1);
    if (kind != ObjectKind::link) continue;
    RC_ASSERT(world.link(guest_link(n)).alive);
    RC_ASSERT(world.link(guest_link(n)).program == guest_program(n));
    RC_ASSERT(world.link(guest_link(n)).list == no_list);
    RC_ASSERT(world.link(guest_link(n)).references >= 1);
  }
}

TEST(guest_objects, have_names_of_their_own) {
  std::set<std::string_view> names;
  for (const GuestObject& object : guest_objects) EXPECT_TRUE(names.insert(object.name).second) << object.name;
}

class AGuestObject : public testing::TestWithParam<unsigned> {
 protected:
  [[nodiscard]] std::string name() const { return "o" + std::to_string(GetParam()); }
  [[nodiscard]] const GuestObject& object() const { return guest_objects[GetParam()]; }
};

TEST_P(AGuestObject, is_no_program_for_a_list) {
  World world = world_with_a_program();
  EXPECT_EQ(rule_of(world, "attach tcx_ingress@d0 " + name()), Rule::attach_not_a_program);
  EXPECT_EQ(rule_of(world, "link l0 tcx_ingress@d0 " + name()), Rule::link_not_a_program);
  EXPECT_EQ(rule_of(world, "attach tcx_ingress@d0 p1 replace " + name()), Rule::attach_replace_type);
}

/// A link of netkit holds a program of the list's type: it is asked for in the list, and is not there.
TEST_P(AGuestObject, is_a_relative_as_far_as_its_kind_and_type_go) {
  World world = world_with_a_program();
  const bool link = object().kind == ObjectKind::link, program = object().kind == ObjectKind::program;
  const Rule found = object().type == ProgramType::sched_cls ? Rule::relative_absent : Rule::relative_type;
  EXPECT_EQ(rule_of(world, "attach tcx_ingress@d0 p1 before link fd(" + name() + ")"),
            link ? found : Rule::relative_kind);
  EXPECT_EQ(rule_of(world, "attach tcx_ingress@d0 p1 before fd(" + name() + ")"),
            program ? found : Rule::relative_kind);
  EXPECT_EQ(rule_of(world, "attach tcx_ingress@d0 p1 after link id(" + name() + ")"),
            link ? found : Rule::relative_id_gone);
  // Without a program no type is asked for.
  EXPECT_EQ(rule_of(world, "detach tcx_ingress@d0 before link fd(" + name() + ")"),
            link ? Rule::relative_absent : Rule::relative_kind);
}

TEST_P(AGuestObject, has_an_id_if_it_is_a_program_or_a_link) {
  World world = world_with_a_program();
  const bool link = object().kind == ObjectKind::link, program = object().kind == ObjectKind::program;
  EXPECT_EQ(rule_of(world, "open h0 link id(" + name() + ")"), link ? Rule::open_done : Rule::open_gone);
  EXPECT_EQ(rule_of(world, "open h1 prog id(" + name() + ")"), program ? Rule::open_done : Rule::open_gone);
  if (link) {
    EXPECT_EQ(world.link(guest_link(GetParam())).references, 2U);
  }
  EXPECT_EQ(rule_of(world, "dup h2 " + name()), Rule::dup_done);
  EXPECT_EQ(rule_of(world, "pin b0 h2"), object().pins ? Rule::pin_done : Rule::pin_no_object);
  EXPECT_EQ(rule_of(world, "get h3 b0"), object().pins ? Rule::get_done : Rule::get_absent);
}

INSTANTIATE_TEST_SUITE_P(each, AGuestObject, testing::Range(0U, Name::object_count),
                         [](const auto& test) { return std::string(guest_objects[test.param].name); });

}  // namespace
}  // namespace mprogcheck::model
