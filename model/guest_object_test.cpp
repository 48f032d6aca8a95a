// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/guest_object.hpp"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>
#include <set>
#include <string>
#include <utility>

#include "model/arbitrary.hpp"
#include "model/language/parse.hpp"
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
  World world = world_of(sequence);
  for (const auto& operation : sequence.operations) world.apply(operation);
  for (unsigned n = 0; n < Name::object_count; ++n) {
    const auto kind = guest_objects[n].kind;
    if (kind == ObjectKind::other) continue;
    const bool has_program = guest_objects[n].has_program;
    RC_ASSERT(world.program(guest_program(n)).alive == has_program);
    if (has_program) {
      RC_ASSERT(world.program(guest_program(n)).type == guest_objects[n].type);
      RC_ASSERT(world.program(guest_program(n)).references >= 1);
    }
    if (kind != ObjectKind::link) continue;
    RC_ASSERT(world.link(guest_link(n)).alive);
    RC_ASSERT(world.link(guest_link(n)).program == (has_program ? guest_program(n) : no_program));
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
  const Rule found = !object().has_program                     ? Rule::relative_no_program
                     : object().type == ProgramType::sched_cls ? Rule::relative_absent
                                                               : Rule::relative_type;
  EXPECT_EQ(rule_of(world, "attach tcx_ingress@d0 p1 before link fd(" + name() + ")"),
            link ? found : Rule::relative_kind);
  EXPECT_EQ(rule_of(world, "attach tcx_ingress@d0 p1 before fd(" + name() + ")"),
            program ? found : Rule::relative_kind);
  EXPECT_EQ(rule_of(world, "attach tcx_ingress@d0 p1 after link id(" + name() + ")"),
            link ? found : Rule::relative_id_gone);
  // Without a program no type is asked for.
  EXPECT_EQ(rule_of(world, "detach tcx_ingress@d0 before link fd(" + name() + ")"), !link ? Rule::relative_kind
                                                                                    : object().has_program
                                                                                        ? Rule::relative_absent
                                                                                        : Rule::relative_never_in_list);
}

/// Of the programs that a sequence can name, one alone has the type of a detached link's that looks at the type first.
TEST(a_link_of_another_type, is_told_to_be_detached_when_the_type_is_right) {
  World world = world_with_a_program();
  EXPECT_EQ(rule_of(world, "update o8 o14"), Rule::update_detached);
  EXPECT_EQ(rule_of(world, "update o8 o14 expect p0"), Rule::update_old_mismatch) << "compared before";
  for (const char* other : {"p0", "o15", "o16"})
    EXPECT_EQ(rule_of(world, std::string("update o8 ") + other), Rule::update_type);
  for (const char* other : {"o4", "o9"})
    EXPECT_EQ(rule_of(world, std::string("update ") + other + " o14"), Rule::update_type);
}

/// Every name that the link goes by: it is the same link, and no program of it has the type.
TEST(a_link_without_a_program, is_seen_by_every_name_and_id) {
  World world = world_with_a_program();
  for (const char* line : {"dup h0 o17", "open h1 link id(o17)", "pin b0 h1", "get h2 b0"})
    EXPECT_EQ(world.apply(*parse_operation(line)).outcome, success) << line;
  for (const char* relative : {"fd(o17)", "id(o17)", "fd(h0)", "id(h0)", "fd(h1)", "id(h1)", "fd(h2)", "id(h2)"})
    for (const char* call : {"attach tcx_ingress@d0 p1 before link ", "attach tcx_ingress@d0 p1 after link ",
                             "attach tcx_ingress@d0 p1 link ", "attach tcx_ingress@d0 p1 replace p0 link ",
                             "link l0 tcx_ingress@d0 p1 before link ", "link l0 tcx_egress@d0 p1 link ",
                             "detach tcx_ingress@d0 p0 before link ", "detach tcx_ingress@d0 p0 link "})
      EXPECT_EQ(rule_of(world, std::string(call) + relative), Rule::relative_no_program) << call << relative;
  rule_of(world, "close h0");
  EXPECT_EQ(rule_of(world, "attach tcx_ingress@d0 p1 before link fd(h0)"), Rule::relative_closed);
  EXPECT_EQ(rule_of(world, "attach tcx_ingress@d0 p1 before link id(h0)"), Rule::relative_no_program)
      << "the id is that of a link that is still there";
}

TEST(a_link_without_a_program, is_not_looked_at_where_something_else_decides_before) {
  World world = world_with_a_program();
  EXPECT_EQ(rule_of(world, "attach tcx_ingress@d0 p0 before link fd(o17)"), Rule::attach_exists);
  EXPECT_EQ(rule_of(world, "attach tcx_ingress@d0 p1 before link fd(o17) revision 77"), Rule::stale);
  EXPECT_EQ(rule_of(world, "detach tcx_egress@d0 p0 before link fd(o17)"), Rule::detach_no_entry);
  EXPECT_EQ(rule_of(world, "attach tcx_ingress@d0 p1 before fd(o17)"), Rule::relative_kind);
  EXPECT_EQ(rule_of(world, "attach tcx_ingress@d0 p1 before id(o17)"), Rule::relative_id_gone);
}

TEST(a_link_without_a_program, is_no_relative_at_all_by_the_quirk) {
  Declarations declarations;
  declarations.devices = 1;
  declarations.programs = 0b1111;
  Traits traits;
  traits.add(Quirk::relative_without_program_ignored);
  World world(declarations, traits);
  for (const char* line : {"attach tcx_ingress@d0 p0", "attach tcx_ingress@d0 p1", "attach tcx_ingress@d0 p2"})
    rule_of(world, line);
  EXPECT_EQ(rule_of(world, "detach tcx_ingress@d0 before after link fd(o17)"), Rule::disagree);
  EXPECT_EQ(rule_of(world, "detach tcx_ingress@d0 link fd(o17)"), Rule::no_directive);
  EXPECT_EQ(rule_of(world, "detach tcx_ingress@d0 p0 before link fd(o17)"), Rule::relative_no_program);
  EXPECT_EQ(rule_of(world, "detach tcx_ingress@d0 before link id(o17)"), Rule::detach_relative_ignored);
  EXPECT_EQ(rule_of(world, "detach tcx_ingress@d0 after link fd(o17)"), Rule::detach_relative_ignored);
  const OrderedList& list = world.list(world.sites().find(Hook::tcx_ingress, Target::device(0)));
  ASSERT_EQ(list.count, 1U);
  EXPECT_EQ(list.slots[0].program, pool_program(1)) << "the first went, and the last";
  rule_of(world, "detach tcx_ingress@d0 p1");
  rule_of(world, "link l0 tcx_ingress@d0 p3");
  EXPECT_EQ(rule_of(world, "detach tcx_ingress@d0 before link fd(o17)"), Rule::detach_owner);
}

TEST(a_link_that_holds_a_map, is_updated_with_maps) {
  World world = world_with_a_program();
  const std::pair<const char*, Rule> expected[] = {
      {"update o17 p0", Rule::update_not_a_map},
      {"update o17 o1", Rule::update_not_a_map},
      {"update o17 o17", Rule::update_not_a_map},
      {"update o17 fd 0", Rule::update_not_a_map},
      {"update o17 fd 901", Rule::update_map_closed},
      {"update o17 q0", Rule::update_map_closed},
      {"update o17 o0", Rule::update_other_map},
      {"update o17 o0 expect p0", Rule::update_old_not_a_map},
      {"update o17 o0 expect fd 902", Rule::update_old_map_closed},
      {"update o17 o0 expect o0", Rule::update_other_map},
      {"update o17 o0 expect_fd o0", Rule::update_old_without_flag},
      {"update o17 p0 expect fd 902", Rule::update_not_a_map},
      {"update o17 o0 flags 0x8", Rule::update_unknown_flag},
      {"update o5 o0", Rule::update_not_a_program},
      {"detach_link o17", Rule::detach_link_again},
  };
  for (const auto& [line, rule] : expected) EXPECT_EQ(rule_of(world, line), rule) << line;
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
