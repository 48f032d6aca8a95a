// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/world.hpp"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include <map>
#include <set>
#include <vector>

#include "model/sequence.hpp"
#include "model/touched.hpp"

namespace mprogcheck::model {

namespace {

Declarations small() {
  Declarations declarations;
  declarations.devices = 0b11;
  declarations.programs = 0b11111;
  declarations.classes[4].type = ProgramType::xdp;
  return declarations;
}

constexpr Site ingress{Hook::tcx_ingress, Target::device(0)};
constexpr Site egress{Hook::tcx_egress, Target::device(0)};

Argument p(unsigned n) {
  return Argument::of(Name::pool(n));
}
Argument q(unsigned n) {
  return Argument::of(Name::mortal(n));
}
Argument l(unsigned n) {
  return Argument::of(Name::link(n));
}
Argument h(unsigned n) {
  return Argument::of(Name::any(n));
}

/// An operation on so few names and lists that it probably meets something. All it is comes from the digits of a
/// number, so that RapidCheck can shrink it.
Operation crowded_operation(std::uint64_t number) {
  const auto pick = [&number](unsigned n) {
    const auto digit = static_cast<unsigned>(number % n);
    number /= n;
    return digit;
  };
  const auto program = [&] { return pick(8) == 7 ? l(pick(3)) : pick(4) == 3 ? q(pick(2)) : p(pick(6)); };
  const auto object = [&] { return pick(2) == 0 ? program() : pick(2) == 0 ? l(pick(3)) : h(pick(2)); };
  constexpr std::uint32_t words[] = {0, flag::before, flag::after, flag::id, flag::link, flag::replace};
  const unsigned call = pick(16);
  const Site site{static_cast<Hook>(pick(static_cast<unsigned>(Hook::cgroup_ingress))), Target::device(pick(3))};
  const Device device{static_cast<std::uint8_t>(site.target.value)};
  const PinName pin{static_cast<std::uint8_t>(site.target.value)};
  const std::uint32_t flags = words[pick(6)] | words[pick(5)];
  const Revision revision = pick(4) != 3 ? Revision{} : Revision::now(static_cast<std::int64_t>(pick(3)) - 1);
  const Argument relative = pick(2) == 0 ? Argument{} : object();
  switch (call) {
    case 0:
    case 1:
      return Attach{site, program(), flags, relative, program(), revision};
    case 2:
      return Detach{site, pick(2) == 0 ? Argument{} : program(), flags, relative, {}, revision};
    case 3:
    case 4:
      return CreateLink{Name::link(pick(3)), site, program(), flags & ~flag::replace, relative, revision};
    case 5:
      return UpdateLink{object(), program(), pick(2) == 0 ? 0 : flag::replace, pick(2) == 0 ? Argument{} : program()};
    case 6:
      return DetachLink{object()};
    case 7:
      return Close{object().name()};
    case 8:
      return Dup{Name::any(pick(2)), object()};
    case 9:
      return Open{Name::any(pick(2)), static_cast<ObjectKind>(pick(2)), object()};
    case 10:
      return Load{Name::mortal(pick(2))};
    case 11:
      return Fill{site, static_cast<std::uint8_t>(pick(64))};
    case 12:
      return SetQdisc{device, static_cast<Qdisc>(pick(qdiscs))};
    case 13:
      return pick(2) == 0 ? Operation(RemoveDevice{device}) : Operation(MakeDevice{device});
    case 14:
      return MoveDevice{device, pick(2) == 0};
    default:
      return pick(2) == 0   ? Operation(Pin{pin, object()})
             : pick(2) == 0 ? Operation(Unpin{pin})
                            : Operation(Get{Name::any(pick(2)), pin});
  }
}

RC_GTEST_PROP(world, every_count_is_what_its_holders_add_up_to, (const std::vector<std::uint64_t>& numbers)) {
  World world(small());
  for (const std::uint64_t number : numbers) {
    const Operation operation = crowded_operation(number);
    world.apply(operation);
    std::map<ProgramIndex, unsigned> programs;
    std::map<LinkIndex, unsigned> links;
    for (unsigned file = 0; file < Name::slots; ++file) {
      const File& open = world.file(static_cast<FileIndex>(file));
      if (open.handles != 0 && open.kind == ObjectKind::program) ++programs[open.object];
      if (open.handles != 0 && open.kind == ObjectKind::link) ++links[open.object];
    }
    for (unsigned n = 0; n < PinName::count; ++n) {
      const PinnedObject& pinned = world.pinned({static_cast<std::uint8_t>(n)});
      if (pinned.held && pinned.kind == ObjectKind::program) ++programs[pinned.object];
      if (pinned.held && pinned.kind == ObjectKind::link) ++links[pinned.object];
    }
    for (ListIndex list = 0; list < list_count; ++list)
      for (const Entry& entry : world.list(list).entries())
        if (entry.link == no_link) ++programs[entry.program];
    for (unsigned link = 0; link < link_count; ++link)
      if (world.link(static_cast<LinkIndex>(link)).alive) ++programs[world.link(static_cast<LinkIndex>(link)).program];

    for (unsigned program = 0; program < program_count; ++program) {
      const Program& held = world.program(static_cast<ProgramIndex>(program));
      RC_ASSERT(held.references == programs[static_cast<ProgramIndex>(program)]);
      RC_ASSERT(held.alive == (held.references != 0));
    }
    for (unsigned link = 0; link < link_count; ++link) {
      const Link& held = world.link(static_cast<LinkIndex>(link));
      RC_ASSERT(held.references == links[static_cast<LinkIndex>(link)]);
      RC_ASSERT(held.alive == (held.references != 0));
    }
  }
}

RC_GTEST_PROP(world, a_failed_operation_has_no_edit, (const std::vector<std::uint64_t>& numbers)) {
  World world(small());
  for (const std::uint64_t number : numbers) {
    const Operation operation = crowded_operation(number);
    const auto verdict = world.apply(operation);
    RC_ASSERT(verdict.outcome == text_of(verdict.rule).outcome);
    if (!verdict.outcome.ok()) RC_ASSERT(verdict.edit.kind == Edit::Kind::nothing);
  }
}

RC_GTEST_PROP(world, only_touched_lists_change_and_links_stand_where_they_say,
              (const std::vector<std::uint64_t>& numbers)) {
  World world(small());
  for (const std::uint64_t number : numbers) {
    const Operation operation = crowded_operation(number);
    const World before = world;
    world.apply(operation);
    const ListSet touched = touched_lists(before, operation);
    std::set<LinkIndex> attached;
    for (ListIndex index = 0; index < list_count; ++index) {
      if (!contains(touched, index)) RC_ASSERT(world.list(index) == before.list(index));
      std::set<ProgramIndex> seen;
      for (const Entry& entry : world.list(index).entries()) {
        RC_ASSERT(seen.insert(entry.program).second);
        RC_ASSERT(world.program(entry.program).alive);
        if (entry.link == no_link) continue;
        RC_ASSERT(world.link(entry.link).list == index);
        RC_ASSERT(world.link(entry.link).program == entry.program);
        RC_ASSERT(attached.insert(entry.link).second);
      }
    }
    for (unsigned link = 0; link < link_count; ++link)
      if (world.link(static_cast<LinkIndex>(link)).list != no_list)
        RC_ASSERT(attached.contains(static_cast<LinkIndex>(link)));
  }
}

TEST(world, with_every_name_bound_one_can_still_be_bound_anew) {
  Declarations declarations;
  declarations.devices = 1;
  declarations.programs = 0xffff'ffff;
  World world(declarations);
  for (unsigned n = 0; n < Name::mortal_count; ++n) world.apply(Load{Name::mortal(n)});
  for (unsigned n = 0; n < Name::pool_count; ++n) {
    ASSERT_TRUE(world.apply(CreateLink{.name = Name::link(n), .site = ingress, .program = p(n)}).outcome.ok());
    ASSERT_TRUE(world.apply(CreateLink{.name = Name::link(32 + n), .site = egress, .program = p(n)}).outcome.ok());
  }
  for (unsigned n = 0; n < Name::any_count; ++n)
    ASSERT_TRUE(world.apply(Open{Name::any(n), ObjectKind::program, p(0)}).outcome.ok());
  const World before = world;
  ASSERT_TRUE(world.apply(Load{Name::mortal(0)}).outcome.ok());
  ASSERT_TRUE(world.apply(Open{Name::any(0), ObjectKind::link, l(3)}).outcome.ok());
  for (unsigned slot = 0; slot < Name::slots; ++slot) {
    const Name name{static_cast<std::uint8_t>(slot)};
    if (name == Name::mortal(0) || name == Name::any(0)) continue;
    EXPECT_EQ(world.handle(name).file, before.handle(name).file) << slot;
    EXPECT_EQ(world.handle(name).last, before.handle(name).last) << slot;
  }
}

TEST(world, a_list_ends_at_63_from_every_direction) {
  World world(small());
  ASSERT_EQ(world.apply(Fill{ingress, 62}).rule, Rule::fill_done);
  EXPECT_EQ(world.apply(Attach{.site = ingress, .program = p(0), .flags = flag::before}).rule, Rule::attach_done);
  EXPECT_EQ(world.list(world.sites().find(ingress.hook, Target::device(0))).slots[0].program, pool_program(0));
  for (const std::uint32_t flags : {0U, flag::before, flag::after})
    EXPECT_EQ(world.apply(Attach{.site = ingress, .program = p(1), .flags = flags}).rule, Rule::attach_full);
  EXPECT_EQ(world.apply(CreateLink{.name = Name::link(0), .site = ingress, .program = p(1)}).rule, Rule::attach_full);
  EXPECT_EQ(
      world
          .apply(Attach{
              .site = ingress, .program = p(1), .flags = flag::replace, .replace = Argument::of(Name::filler(30))})
          .rule,
      Rule::replace_done)
      << "a full list can be replaced in";
  EXPECT_EQ(world.apply(Detach{.site = ingress}).rule, Rule::detach_done);
}

TEST(world, the_tail_of_a_full_list_stays_only_if_told_to_follow_the_quirk) {
  Traits traits;
  traits.add(Quirk::full_list_keeps_tail);
  World world(small(), traits);
  world.apply(Fill{ingress, 63});
  EXPECT_EQ(world.predict(Detach{.site = ingress}).rule, Rule::detach_full_tail);
  EXPECT_EQ(world.predict(Detach{.site = ingress, .flags = flag::after}).rule, Rule::detach_full_tail);
  EXPECT_EQ(world.predict(Detach{.site = ingress, .flags = flag::before}).rule, Rule::detach_done);
  EXPECT_EQ(world.predict(Detach{.site = ingress, .program = Argument::of(Name::filler(62))}).rule, Rule::detach_done);
}

TEST(world, the_last_close_of_a_link_detaches_it) {
  World world(small());
  ASSERT_TRUE(world.apply(CreateLink{.name = Name::link(0), .site = ingress, .program = p(0)}).outcome.ok());
  ASSERT_TRUE(world.apply(Dup{Name::any(0), l(0)}).outcome.ok());
  ASSERT_TRUE(world.apply(Close{Name::link(0)}).outcome.ok());
  EXPECT_EQ(world.list(0).count, 1) << "h0 still holds it";
  EXPECT_EQ(world.apply(UpdateLink{.link = l(0), .program = p(1)}).rule, Rule::update_link_closed);
  EXPECT_EQ(world.apply(UpdateLink{.link = h(0), .program = p(1)}).rule, Rule::update_done);
  ASSERT_TRUE(world.apply(Close{Name::any(0)}).outcome.ok());
  EXPECT_TRUE(world.list(0).empty());
  EXPECT_EQ(world.apply(Open{Name::any(1), ObjectKind::link, l(0)}).rule, Rule::open_gone);
}

TEST(world, a_detached_link_keeps_its_program) {
  World world(small());
  world.apply(Load{Name::mortal(0)});
  world.apply(CreateLink{.name = Name::link(0), .site = ingress, .program = q(0)});
  world.apply(Close{Name::mortal(0)});
  EXPECT_EQ(world.apply(DetachLink{l(0)}).rule, Rule::detach_link_done);
  EXPECT_EQ(world.apply(DetachLink{l(0)}).rule, Rule::detach_link_again);
  EXPECT_EQ(world.apply(UpdateLink{.link = l(0), .program = p(0)}).rule, Rule::update_detached);
  EXPECT_EQ(world.apply(Open{Name::any(0), ObjectKind::program, q(0)}).rule, Rule::open_done);
  world.apply(Close{Name::any(0)});
  world.apply(Close{Name::link(0)});
  EXPECT_EQ(world.apply(Open{Name::any(0), ObjectKind::program, q(0)}).rule, Rule::open_gone);
}

TEST(world, the_list_is_the_last_holder_of_a_mortal) {
  World world(small());
  world.apply(Load{Name::mortal(0)});
  world.apply(Attach{.site = ingress, .program = q(0)});
  world.apply(Close{Name::mortal(0)});
  EXPECT_EQ(
      world.predict(Attach{.site = ingress, .program = p(0), .flags = flag::before | flag::id, .relative = q(0)}).rule,
      Rule::attach_done);
  world.apply(Detach{.site = ingress});
  EXPECT_EQ(
      world.predict(Attach{.site = ingress, .program = p(0), .flags = flag::before | flag::id, .relative = q(0)}).rule,
      Rule::relative_id_gone);
}

TEST(world, the_revision_starts_again_when_the_list_was_empty) {
  World world(small());
  world.apply(Attach{.site = egress, .program = p(0)});
  world.apply(Attach{.site = egress, .program = p(1)});
  EXPECT_EQ(world.list(1).revision, 3U);
  world.apply(Detach{.site = egress});
  EXPECT_EQ(world.list(1).revision, 4U);
  world.apply(Detach{.site = egress});
  EXPECT_EQ(world.list(1).revision, 1U);
  EXPECT_EQ(world.apply(Attach{.site = egress, .program = p(0), .revision = Revision::now(1)}).rule, Rule::stale);
  EXPECT_EQ(world.apply(Attach{.site = egress, .program = p(0), .revision = Revision::literal(1)}).rule,
            Rule::attach_done);
}

TEST(world, a_link_relative_is_that_very_link) {
  World world(small());
  world.apply(CreateLink{.name = Name::link(0), .site = ingress, .program = p(0)});
  world.apply(CreateLink{.name = Name::link(1), .site = egress, .program = p(0)});
  const auto before = [](Argument relative, std::uint32_t flags) {
    return Attach{.site = ingress, .program = p(1), .flags = flag::before | flags, .relative = relative};
  };
  EXPECT_EQ(world.predict(before(l(0), flag::link)).rule, Rule::attach_done);
  EXPECT_EQ(world.predict(before(l(1), flag::link)).rule, Rule::relative_absent) << "same program, other owner";
  EXPECT_EQ(world.predict(before(p(0), 0)).rule, Rule::attach_done) << "a program matches whoever attached it";
  EXPECT_EQ(world.predict(before(l(0), 0)).rule, Rule::relative_kind);
  EXPECT_EQ(world.predict(before(p(4), 0)).rule, Rule::relative_type);
  EXPECT_EQ(world.predict(before({}, flag::link)).rule, Rule::relative_link_zero);
  EXPECT_EQ(world.predict(before({}, flag::id)).rule, Rule::relative_id_gone);
}

// Only the call that gives the id finds it taken, and only where it looks among links.
TEST(world, the_id_about_to_be_given_is_one_of_nothing_but_for_the_link_itself) {
  World world(small());
  world.apply(Attach{.site = ingress, .program = p(0)});
  const auto coming = Argument::literal(coming_id);
  for (const std::uint32_t way : {0U, flag::before, flag::after, flag::before | flag::after}) {
    const auto link = [&](std::uint32_t flags, std::uint64_t revision = 0) {
      return world
          .predict(CreateLink{.name = Name::link(0),
                              .site = ingress,
                              .program = p(1),
                              .flags = flags | way,
                              .relative = coming,
                              .revision = Revision::literal(revision)})
          .rule;
    };
    EXPECT_EQ(link(flag::id | flag::link), Rule::relative_not_settled);
    EXPECT_EQ(link(flag::id), Rule::relative_id_gone);
    EXPECT_EQ(link(flag::link), Rule::relative_closed) << "as an fd it is none";
    EXPECT_EQ(link(flag::id | flag::link, 99), Rule::stale) << "compared before";
    const auto flags = way | flag::id | flag::link;
    EXPECT_EQ(world.predict(Attach{.site = ingress, .program = p(1), .flags = flags, .relative = coming}).rule,
              Rule::relative_id_gone);
    EXPECT_EQ(world.predict(Detach{.site = ingress, .flags = flags, .relative = coming}).rule, Rule::relative_id_gone);
  }
  EXPECT_EQ(world.predict(Open{Name::any(0), ObjectKind::link, coming}).rule, Rule::open_gone);
}

TEST(world, a_name_bound_anew_lets_its_old_object_go) {
  World world(small());
  world.apply(CreateLink{.name = Name::link(0), .site = ingress, .program = p(0)});
  EXPECT_EQ(world.apply(CreateLink{.name = Name::link(0), .site = ingress, .program = p(0)}).rule, Rule::attach_exists);
  EXPECT_EQ(world.list(0).count, 1) << "the failure closed nothing";
  EXPECT_EQ(world.apply(CreateLink{.name = Name::link(0), .site = egress, .program = p(0)}).rule, Rule::link_done);
  EXPECT_TRUE(world.list(0).empty());
  EXPECT_EQ(world.list(1).count, 1);
}

}  // namespace
}  // namespace mprogcheck::model
