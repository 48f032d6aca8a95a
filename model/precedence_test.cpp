// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Where two refusals are due, the earlier decides. Which are due is found out without the order: of what is refused
// the cause is mended, and what is refused then was due before, too.
#include "model/precedence.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <utility>
#include <vector>

#include "model/arbitrary.hpp"
#include "model/language/case.hpp"
#include "model/mend.hpp"

namespace mprogcheck::model {
namespace {

std::string text_of_file(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The refusal that was told, and the one that was due beside it.
using Pairs = std::set<std::pair<Rule, Rule>>;

/// Mends what is refused, until it succeeds or cannot be mended. What was told last; each that comes next has to stand
/// further down, or `broken` says where it does.
class Climb {
 public:
  Pairs pairs;
  std::string broken;

  Verdict to_the_end(World world, Operation operation) {
    Verdict verdict = world.predict(operation);
    while (!verdict.outcome.ok()) {
      const auto place = place_of(order_of(world, operation), verdict.rule);
      if (!place) {
        broken = print(operation) + ": no place for " + std::string(name_of(verdict.rule));
        return verdict;
      }
      const auto ways = mended(world, operation, verdict.rule);
      if (ways.empty()) return verdict;
      const Rule told = verdict.rule;
      for (const Mended& way : ways) {
        verdict = way.world.predict(way.operation);
        if (!verdict.outcome.ok()) is_further(operation, told, *place, way, verdict.rule);
      }
      world = ways.back().world;
      operation = ways.back().operation;
      if (!broken.empty()) return verdict;
    }
    return verdict;
  }

 private:
  void is_further(const Operation& before, Rule told, unsigned place, const Mended& way, Rule next) {
    pairs.emplace(told, next);
    const auto there = place_of(order_of(way.world, way.operation), next);
    if (there && *there > place) return;
    broken = print(before) + ": " + std::string(name_of(told)) + ", and mended, " + print(way.operation) + ": " +
             std::string(name_of(next));
  }
};

TEST(precedence, every_refusal_has_a_place) {
  for (unsigned n = 0; n < rule_count; ++n) {
    const auto rule = static_cast<Rule>(n);
    if (text_of(rule).outcome.ok() || rule == Rule::detach_full_tail) continue;  // that one is a quirk's
    const bool placed =
        std::ranges::any_of(order_rows, [rule](const OrderRow& row) { return place_of(row.order, rule).has_value(); });
    EXPECT_TRUE(placed) << name_of(rule);
  }
}

RC_GTEST_PROP(precedence, of_two_refusals_the_earlier_decides, ()) {
  const Sequence sequence = *arbitrary_sequence();
  World world(sequence.declarations);
  for (const Operation& operation : sequence.operations) {
    // Of cgroups nothing is mended yet.
    if (const auto site = site_of(operation); site && site->target.is_cgroup()) continue;
    Climb climb;
    climb.to_the_end(world, operation);
    RC_ASSERT(climb.broken == "");
    world.apply(operation);
  }
}

// Arbitrary operations fail early. These are the ones that could mean something, each with each slip.

/// d0 is a netkit, d1 a veth, d2 was never there; lists with a program, a link, both, and 63 entries.
World world_with(std::initializer_list<const char*> operations) {
  Declarations declarations;
  declarations.devices = 0b1011;
  declarations.made_as[1] = {.kind = DeviceKind::veth};
  declarations.programs = 0b11111;
  declarations.classes[4] = {.type = ProgramType::xdp};
  declarations.uids[0] = 1000;
  World world(declarations);
  for (const char* text : operations) {
    const auto operation = parse_operation(text);
    EXPECT_TRUE(operation && world.apply(*operation).outcome.ok()) << text;
  }
  return world;
}
std::vector<World> worlds() {
  return {
      world_with({}),
      world_with({"qdisc d0 clsact"}),
      world_with({"attach tcx_ingress@d0 p0", "attach netkit_peer@d0 p0"}),
      world_with({"attach tcx_ingress@d0 p1", "link l0 tcx_ingress@d0 p0", "link l1 netkit_peer@d0 p0"}),
      world_with({"link l0 tcx_ingress@d0 p0", "attach tcx_ingress@d0 p1", "link l1 netkit_peer@d0 p1",
                  "detach_link l1", "pin b0 l0"}),
      world_with({"attach tcx_ingress@d0 p0", "fill tcx_ingress@d0 63", "link l0 netkit_peer@d0 p0",
                  "fill netkit_peer@d0 63", "move d3 away"}),
  };
}

const std::vector<std::uint32_t>& flag_sets() {
  static const auto sets = [] {
    std::vector<std::uint32_t> all;
    constexpr std::uint32_t bits[] = {flag::replace, flag::before, flag::after, flag::id, flag::link, 1U << 18};
    for (unsigned subset = 0; subset < 1U << std::size(bits); ++subset) {
      std::uint32_t flags = 0;
      for (unsigned n = 0; n < std::size(bits); ++n)
        if ((subset >> n & 1U) != 0) flags |= bits[n];
      all.push_back(flags);
    }
    return all;
  }();
  return sets;
}

const std::vector<Site> sites{{Hook::tcx_ingress, Target::device(0)},    {Hook::tcx_ingress, Target::device(2)},
                              {Hook::netkit_peer, Target::device(0)},    {Hook::netkit_peer, Target::device(1)},
                              {Hook::netkit_primary, Target::peer(0)},   {Hook::netkit_primary, Target::peer(1)},
                              {Hook::netkit_primary, Target::device(3)}, {Hook::tcx_egress, Target::literal(0)}};
const std::vector<Argument> programs{Argument::of(Name::pool(0)), Argument::of(Name::pool(1)),
                                     Argument::of(Name::pool(2)), Argument::of(Name::pool(4)),
                                     Argument::literal(900),      {}};
const std::vector<Argument> relatives{{},
                                      Argument::of(Name::pool(0)),
                                      Argument::of(Name::pool(3)),
                                      Argument::of(Name::pool(4)),
                                      Argument::of(Name::link(0)),
                                      Argument::of(Name::object(struct_ops_link_object)),
                                      Argument::literal(coming_id)};
const std::vector<Revision> revisions{{}, Revision::now(1)};
const std::vector<Argument> links{Argument::of(Name::link(0)),
                                  Argument::of(Name::link(1)),
                                  Argument::of(Name::object(3)),
                                  Argument::of(Name::object(7)),
                                  Argument::of(Name::object(8)),
                                  Argument::of(Name::object(10)),
                                  Argument::of(Name::object(struct_ops_link_object)),
                                  Argument::of(Name::pool(0)),
                                  Argument::literal(900)};

template <typename Ask>
void for_each_attach(Ask ask) {
  for (const Site& site : sites)
    for (const std::uint32_t flags : flag_sets())
      for (const Argument& program : programs)
        for (const Argument& relative : relatives)
          for (const Revision revision : revisions) {
            const bool by_id = (flags & flag::id) != 0;
            if (!by_id && relative == Argument::literal(coming_id)) continue;
            ask(CreateLink{Name::link(2), site, program, flags, relative, revision});
            for (const Argument& replace : {programs[0], programs[1], programs[4]}) {
              if ((flags & flag::replace) == 0 && replace != programs[0]) continue;
              ask(Attach{site, program, flags, relative, replace, revision});
            }
            ask(Detach{site, program, flags, relative, {}, revision});
            if (!program.is_zero()) continue;
            Operation as_user = Detach{site, program, flags, relative, {}, revision};
            as_user.caller = Caller::declared(0);
            ask(as_user);
          }
}
template <typename Ask>
void for_each_update(Ask ask) {
  for (const Argument& link : links)
    for (const std::uint32_t flags : {0U, flag::replace, flag::replace | flag::before})
      for (const auto& more : {programs, {Argument::of(Name::object(map_object)), Argument::of(Name::object(14))}})
        for (const Argument& program : more)
          for (const auto& olds : {programs, {Argument::of(Name::object(map_object))}})
            for (const Argument& old : olds) ask(UpdateLink{link, program, flags, old});
}

/// What nothing mends: the type of a link of the guest's, and maps that no sequence has.
bool is_for_good(Rule rule) {
  return rule == Rule::update_no_operation || rule == Rule::update_refused || rule == Rule::update_detached ||
         rule == Rule::update_other_map;
}

TEST(precedence, what_is_mended_again_and_again_succeeds_in_the_end) {
  std::size_t asked = 0;
  Climb climb;
  for (const World& world : worlds()) {
    const auto ask = [&](const Operation& operation) {
      if (!climb.broken.empty()) return;
      ++asked;
      const Verdict last = climb.to_the_end(world, operation);
      if (!last.outcome.ok() && !is_for_good(last.rule))
        climb.broken = print(operation) + " ends with " + std::string(name_of(last.rule));
    };
    for_each_attach(ask);
    for_each_update(ask);
  }
  EXPECT_EQ(climb.broken, "");
  EXPECT_GT(asked, 100'000U);
}

/// The refusals of a file of cases, and what was due beside each.
Pairs pairs_of(const std::string& file) {
  const auto cases = parse_cases(text_of_file(MPROGCHECK_CASES "/" + file));
  EXPECT_TRUE(cases) << file;
  Climb climb;
  for (const Case& one : *cases) {
    World world = world_of(one.sequence);
    for (std::size_t n = 0; n < one.sequence.operations.size(); ++n) {
      const Operation& operation = one.sequence.operations[n];
      const Verdict verdict = world.predict(operation);
      EXPECT_TRUE(one.expectations[n] && one.expectations[n]->rule == verdict.rule)
          << file << ":" << one.lines[n] << ": " << print(operation) << ": " << name_of(verdict.rule);
      for (const Mended& way : mended(world, operation, verdict.rule)) {
        const Verdict next = way.world.predict(way.operation);
        if (!verdict.outcome.ok() && !next.outcome.ok()) climb.pairs.emplace(verdict.rule, next.rule);
      }
      world.apply(operation);
    }
  }
  return climb.pairs;
}

/// Each check that hooks of the family make, and the one behind it, fail at once in a line of the file.
void expect_all_pairs(const std::string& file, Family family, std::span<const OrderRow> rows) {
  const Pairs pairs = pairs_of(file);
  for (const OrderRow& row : rows) {
    const Check* before = nullptr;
    for (const Check& check : row.checks) {
      if ((check.at & only(family)) == 0) continue;
      const bool shown = before == nullptr || std::ranges::any_of(pairs, [&](const auto& pair) {
                           return before->refuses_by(pair.first) && check.refuses_by(pair.second);
                         });
      EXPECT_TRUE(shown) << file << ": " << row.call << ": no line fails both \"" << before->looks_at << "\" and \""
                         << check.looks_at << '"';
      before = &check;
    }
  }
}

TEST(precedence, has_a_case_for_each_check_and_the_one_behind_it) {
  // Of cgroups there are none yet: they stand behind the others.
  const auto of_devices = std::span(order_rows).first(static_cast<unsigned>(Order::cgroup_attach));
  expect_all_pairs("tcx/order_of_checks.mpc", Family::tcx, of_devices);
  std::vector<OrderRow> at_hooks;
  for (const Order order :
       {Order::attach, Order::detach, Order::detach_by_position, Order::link, Order::update, Order::query, Order::fill})
    at_hooks.push_back(order_rows[static_cast<unsigned>(order)]);
  expect_all_pairs("netkit/order_of_checks.mpc", Family::netkit, at_hooks);
}

TEST(precedence, is_what_its_page_says) {
  const std::string path = MPROGCHECK_DOCS "/hooks/order_of_checks.md";
  if (std::getenv("MPROGCHECK_WRITE_DOCS") != nullptr) std::ofstream(path) << order_of_checks_page();
  EXPECT_EQ(text_of_file(path), order_of_checks_page()) << "write the page anew: MPROGCHECK_WRITE_DOCS=1";
}

}  // namespace
}  // namespace mprogcheck::model
