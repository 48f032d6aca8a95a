// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <gtest/gtest.h>

#include "model/language/parse.hpp"
#include "model/world.hpp"

namespace mprogcheck::model {
namespace {

/// A world in which lines of the sequence language happen.
class Story {
 public:
  Story() {
    Declarations declarations;
    declarations.devices = 0b11;
    declarations.programs = 0b1111;
    world = World(declarations);
  }
  Rule operator()(std::string_view line) {
    const auto operation = parse_operation(line);
    EXPECT_TRUE(operation) << line;
    return operation ? world.apply(*operation).rule : Rule::fill_done;
  }
  [[nodiscard]] const OrderedList& ingress(unsigned device = 0) const {
    return world.list(world.sites().find(Hook::tcx_ingress, Target::device(device)));
  }

  World world{Declarations()};
};

TEST(lifetime, a_removed_device_leaves_defunct_links_and_lets_programs_go) {
  Story story;
  story("load q0");
  story("attach tcx_ingress@d0 q0");
  story("close q0");
  story("link l0 tcx_ingress@d0 p0");
  story("attach tcx_ingress@d1 p0");
  EXPECT_EQ(story("remove d0"), Rule::remove_done);
  EXPECT_FALSE(story.world.program(mortal_program_begin).alive);
  EXPECT_TRUE(story.world.link(0).alive);
  EXPECT_EQ(story.world.link(0).list, no_list);
  EXPECT_EQ(story.world.link(0).program, pool_program(0));
  EXPECT_EQ(story("update l0 p1"), Rule::update_detached);
  EXPECT_EQ(story("attach tcx_ingress@d0 p0"), Rule::attach_no_device);
  EXPECT_EQ(story("remove d0"), Rule::remove_no_device);
  EXPECT_EQ(story.ingress(1).count, 1);
  EXPECT_EQ(story("make d1"), Rule::make_exists);
  EXPECT_EQ(story("make d0"), Rule::make_done);
  EXPECT_EQ(story("attach tcx_ingress@d0 p0 revision 1"), Rule::attach_done);
}

TEST(lifetime, a_device_that_moves_keeps_its_lists_and_is_not_found) {
  Story story;
  story("attach tcx_ingress@d0 p0");
  story("link l0 tcx_ingress@d0 p1");
  EXPECT_EQ(story("move d0 home"), Rule::move_no_device);
  const OrderedList before = story.ingress();
  EXPECT_EQ(story("move d0 away"), Rule::move_done);
  EXPECT_EQ(story.ingress(), before);
  EXPECT_EQ(story("query tcx_ingress@d0"), Rule::query_no_device);
  EXPECT_EQ(story("move d0 away"), Rule::move_no_device);
  EXPECT_EQ(story("remove d0"), Rule::remove_no_device);
  EXPECT_EQ(story("make d0"), Rule::make_exists);
  EXPECT_EQ(story("update l0 p2"), Rule::update_done);
  EXPECT_EQ(story("close l0"), Rule::close_done);
  EXPECT_EQ(story("move d0 home"), Rule::move_done);
  EXPECT_EQ(story.ingress().count, 1);
  EXPECT_EQ(story.ingress().revision, before.revision + 2);
}

TEST(lifetime, a_qdisc_keeps_an_empty_hook_and_only_its_own) {
  for (const std::string qdisc : {"ingress", "clsact"}) {
    Story story;
    story("qdisc d0 " + qdisc);
    for (const std::string hook : {"tcx_ingress@d0", "tcx_egress@d0"}) {
      story("attach " + hook + " p0");
      story("detach " + hook);
    }
    EXPECT_EQ(story.ingress().revision, 3U);
    EXPECT_EQ(story.world.list(story.world.sites().find(Hook::tcx_egress, Target::device(0))).revision,
              qdisc == "clsact" ? 3U : 1U);
    EXPECT_EQ(story("detach tcx_ingress@d0"), Rule::detach_empty);
    EXPECT_EQ(story("detach tcx_ingress@d0 revision 2"), Rule::stale);
    EXPECT_EQ(story("detach tcx_ingress@d0 flags replace"), Rule::detach_replace);
    EXPECT_EQ(story("qdisc d0 " + qdisc), Rule::qdisc_same);
    EXPECT_EQ(story.ingress().revision, 3U);
    EXPECT_EQ(story("qdisc d0 none"), Rule::qdisc_done);
    EXPECT_EQ(story("detach tcx_ingress@d0 revision 2"), Rule::detach_no_entry);
    EXPECT_EQ(story.ingress().revision, 1U);
    EXPECT_EQ(story("qdisc d0 none"), Rule::qdisc_absent);
  }
}

TEST(lifetime, a_qdisc_that_goes_takes_no_program_along) {
  Story story;
  story("qdisc d0 clsact");
  story("attach tcx_ingress@d0 p0");
  story("qdisc d0 none");
  EXPECT_EQ(story.ingress().count, 1);
  EXPECT_EQ(story.ingress().revision, 2U);
}

TEST(lifetime, a_move_ends_a_qdisc_and_with_it_the_empty_hook) {
  Story story;
  story("qdisc d0 clsact");
  story("attach tcx_ingress@d0 p0");
  story("attach tcx_egress@d0 p0");
  story("detach tcx_egress@d0");
  story("move d0 away");
  story("move d0 home");
  EXPECT_EQ(story.ingress().revision, 2U);
  EXPECT_EQ(story.world.list(story.world.sites().find(Hook::tcx_egress, Target::device(0))).revision, 1U);
  EXPECT_EQ(story("qdisc d0 none"), Rule::qdisc_absent);
}

TEST(lifetime, a_pin_holds_what_no_handle_holds) {
  Story story;
  story("link l0 tcx_ingress@d0 p0");
  EXPECT_EQ(story("pin b0 l0"), Rule::pin_done);
  EXPECT_EQ(story("pin b0 p0"), Rule::pin_exists);
  EXPECT_EQ(story("pin b0 q0"), Rule::pin_no_object);
  story("close l0");
  EXPECT_EQ(story.ingress().count, 1);
  EXPECT_EQ(story.world.link(0).references, 1U);
  EXPECT_EQ(story("get h0 b0"), Rule::get_done);
  EXPECT_EQ(story.world.link(0).references, 2U);
  story("close h0");
  EXPECT_EQ(story("unpin b0"), Rule::unpin_done);
  EXPECT_EQ(story.ingress().count, 0);
  EXPECT_FALSE(story.world.link(0).alive);
  EXPECT_EQ(story("unpin b0"), Rule::unpin_absent);
  EXPECT_EQ(story("get h0 b0"), Rule::get_absent);
}

}  // namespace
}  // namespace mprogcheck::model
