// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/explore/pair_shape.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <numeric>
#include <unordered_map>

#include "model/language/parse.hpp"
#include "model/language/print.hpp"
#include "model/visit_names.hpp"
#include "properties/explore/state_graph.hpp"
#include "properties/explore/world_machine.hpp"
#include "properties/generate/generate.hpp"

namespace mprogcheck::properties {
namespace {

using model::Name;
using model::Operation;
using model::Sequence;
using model::World;

const std::vector<model::Hook> both{model::Hook::tcx_ingress, model::Hook::tcx_egress};

/// What the model says of a pair, without names: the rule, and what happens where.
struct Said {
  model::Rule rule;
  model::Edit::Kind edit;
  std::uint8_t position;
  unsigned length;  ///< of the operation's list, afterwards; 99: it has none
  friend bool operator==(const Said&, const Said&) = default;
};
Said said_of(const World& world, const Operation& operation, const model::Verdict& verdict) {
  Said said{verdict.rule, verdict.edit.kind, 0, 99};
  const bool places =
      verdict.edit.kind == model::Edit::Kind::insert || verdict.edit.kind == model::Edit::Kind::remove ||
      verdict.edit.kind == model::Edit::Kind::overwrite || verdict.edit.kind == model::Edit::Kind::create_link;
  if (places) said.position = verdict.edit.position;
  World after = world;
  after.commit(verdict.edit);
  if (const auto site = model::site_of(operation))
    if (const auto list = after.list_at(*site)) said.length = after.list(*list).count;
  return said;
}

class Sayings {
 public:
  void add(const World& world, const Operation& operation, const model::Verdict& verdict) {
    const auto shape = shape_of(world, operation);
    if (!shape) return;
    ++pairs_;
    const Said said = said_of(world, operation, verdict);
    const auto [known, is_new] = said_.try_emplace(*shape, said);
    if (known->second == said) return;
    ++ambiguous_;
    ADD_FAILURE() << model::print(operation) << ": " << model::name_of(said.rule) << ", elsewhere "
                  << model::name_of(known->second.rule) << ", lengths " << said.length << " and "
                  << known->second.length << ", shape " << std::hex << shape->bits;
  }
  [[nodiscard]] std::size_t shapes() const { return said_.size(); }
  [[nodiscard]] std::size_t pairs() const { return pairs_; }
  [[nodiscard]] bool enough() const { return ambiguous_ > 10; }

 private:
  std::unordered_map<PairShape, Said> said_;
  std::size_t pairs_ = 0;
  unsigned ambiguous_ = 0;
};

/// Nothing that decides is missing from the shape. In the bound, and in whatever else random sequences reach.
TEST(pair_shape, pairs_of_one_shape_have_one_rule_and_one_effect) {
  Sayings sayings;
  for (const Bound& bound : {Bound{}, Bound{.programs = 2, .links = 2}}) {
    const WorldMachine machine(bound, model::Naming::labelled);
    const StateGraph<WorldMachine> graph(
        machine, 100'000, [&](std::uint32_t, const World& world, std::uint32_t number, const model::Verdict& verdict) {
          if (!sayings.enough()) sayings.add(world, machine.operation(number), verdict);
        });
  }
  EXPECT_GT(sayings.pairs(), 4'000'000U);
  EXPECT_LT(sayings.shapes(), sayings.pairs() / 4);
  const Generator generator({.seed = 4, .hooks = both, .with_devices = 300});
  for (std::uint64_t i = 0; i < 20'000 && !sayings.enough(); ++i) {
    const Sequence sequence = generator.sequence(i);
    World world = world_of(sequence);
    for (const Operation& operation : sequence.operations) {
      const auto verdict = world.predict(operation);
      sayings.add(world, operation, verdict);
      world.commit(verdict.edit);
    }
  }
}

/// Other names, devices and directions for everything.
class Renaming {
 public:
  Renaming()
      : programs_(drawn(Name::pool_count)),
        mortals_(drawn(Name::mortal_count - 1)),
        links_(drawn(Name::link_count - 1)),
        devices_(drawn(model::Device::count - 1)),
        turns_(*rc::gen::arbitrary<bool>()) {}

  Sequence operator()(const Sequence& sequence) const {
    Sequence renamed;
    renamed.declarations = sequence.declarations;
    renamed.declarations.programs = 0;
    renamed.declarations.devices = 0;
    for (unsigned n = 0; n < Name::pool_count; ++n) {
      if (!sequence.declarations.has_program(n)) continue;
      renamed.declarations.programs |= 1U << programs_[n];
      renamed.declarations.classes[programs_[n]] = sequence.declarations.classes[n];
    }
    for (unsigned n = 0; n + 1 < model::Device::count; ++n)
      if (sequence.declarations.has_device(n))
        renamed.declarations.devices = static_cast<std::uint8_t>(renamed.declarations.devices | 1U << devices_[n]);
    // Company that takes the first places in the tables.
    const unsigned far = model::Device::count - 1;
    renamed.declarations.devices = static_cast<std::uint8_t>(renamed.declarations.devices | 1U << far);
    const Name mortal = Name::mortal(Name::mortal_count - 1), link = Name::link(Name::link_count - 1);
    renamed.operations.emplace_back(model::Load{.name = mortal});
    renamed.operations.emplace_back(model::CreateLink{.name = link,
                                                      .site = {model::Hook::tcx_egress, model::Target::device(far)},
                                                      .program = model::Argument::of(mortal)});
    for (Operation operation : sequence.operations) renamed.operations.push_back(rename(std::move(operation)));
    return renamed;
  }

 private:
  static std::vector<unsigned> drawn(unsigned count) {
    std::vector<unsigned> numbers(count);
    std::iota(numbers.begin(), numbers.end(), 0U);
    for (unsigned i = count; i > 1; --i) std::swap(numbers[i - 1], numbers[*rc::gen::inRange(0U, i)]);
    return numbers;
  }
  [[nodiscard]] Operation rename(Operation operation) const {
    model::visit_names(operation, [this](Name& name) {
      if (name.letter() == 'p') name = Name::pool(programs_[name.index()]);
      // What the company has taken is, without it, never bound.
      if (name.letter() == 'q')
        name = name.index() < mortals_.size() ? Name::mortal(mortals_[name.index()]) : Name::any(Name::any_count - 1);
      if (name.letter() == 'l')
        name = name.index() < links_.size() ? Name::link(links_[name.index()]) : Name::any(Name::any_count - 2);
    });
    std::visit(
        [this](auto& call) {
          if constexpr (requires { call.site; }) {
            if (!call.site.target.is_literal())
              call.site.target = call.site.target.value < devices_.size()
                                     ? model::Target::device(devices_[call.site.target.value])
                                     : model::Target::literal(0);
            if (turns_)
              call.site.hook =
                  call.site.hook == model::Hook::tcx_ingress ? model::Hook::tcx_egress : model::Hook::tcx_ingress;
          }
        },
        operation);
    return operation;
  }

  std::vector<unsigned> programs_, mortals_, links_, devices_;
  bool turns_;
};

RC_GTEST_PROP(pair_shape, names_devices_directions_and_places_in_tables_do_not_matter, ()) {
  const Generator generator(
      {.seed = *rc::gen::arbitrary<std::uint64_t>(), .hooks = both, .lacks = {.devices = true, .qdiscs = true}});
  const Renaming rename;
  unsigned compared = 0;
  for (std::uint64_t i = 0; i < 20; ++i) {
    const Sequence sequence = generator.sequence(i), renamed = rename(sequence);
    World world(sequence.declarations), other(renamed.declarations);
    std::size_t n = 0;
    for (; n + sequence.operations.size() < renamed.operations.size(); ++n) other.apply(renamed.operations[n]);
    for (const Operation& operation : sequence.operations) {
      const Operation& twin = renamed.operations[n++];
      const auto here = shape_of(world, operation), there = shape_of(other, twin);
      if (here != there) RC_FAIL(model::print(operation) + " and " + model::print(twin));
      compared += here ? 1 : 0;
      world.apply(operation);
      other.apply(twin);
    }
  }
  RC_ASSERT(compared > 0U);
}

/// The shapes of the last operations of each text.
std::vector<std::optional<PairShape>> shapes_after(const std::string& before, const std::vector<std::string>& last) {
  std::vector<std::optional<PairShape>> shapes;
  for (const std::string& one : last) {
    const auto sequence =
        model::parse("mprogcheck 1\nnetdev d0..d1\nprog p0..p9 sched_cls\nprog p10 xdp\ncaller u uid 1\n" + before +
                     "\n" + one + "\n");
    EXPECT_TRUE(sequence) << one;
    if (!sequence) continue;
    World world = world_of(*sequence);
    const auto& operations = sequence->operations;
    for (std::size_t n = 0; n + 1 < operations.size(); ++n) world.apply(operations[n]);
    shapes.push_back(shape_of(world, operations.back()));
  }
  return shapes;
}

TEST(pair_shape, tells_apart_what_is_not_the_same) {
  const auto shapes = shapes_after("attach tcx_ingress@d0 p0\nlink l0 tcx_ingress@d0 p1\nlink l1 tcx_ingress@d1 p0",
                                   {"attach tcx_ingress@d0 p2",
                                    "detach tcx_ingress@d0 p2",
                                    "attach tcx_ingress@d0 p0",
                                    "attach tcx_ingress@d0 p1",
                                    "attach tcx_ingress@d0 p10",
                                    "attach tcx_ingress@d0 l0",
                                    "attach tcx_ingress@d0 l1",
                                    "attach tcx_ingress@d0 o0",
                                    "attach tcx_ingress@d0 fd 0",
                                    "attach tcx_ingress@d0 fd 901",
                                    "attach tcx_ingress@d1 p2",
                                    "attach tcx_ingress@d0 p2 before",
                                    "attach tcx_ingress@d0 p2 before fd(p3)",
                                    "attach tcx_ingress@d0 p2 before fd(p2)",
                                    "attach tcx_ingress@d0 p2 before id(p3)",
                                    "attach tcx_ingress@d0 p2 before id(p0)",
                                    "attach tcx_ingress@d0 p2 before link id(l0)",
                                    "attach tcx_ingress@d0 p2 revision now",
                                    "attach tcx_ingress@d0 p2 revision now+1",
                                    "attach tcx_ingress@d0 p2 flags 0x40",
                                    "attach tcx_ingress@d0 p2 replace p0",
                                    "attach tcx_ingress@d0 p2 replace p1",
                                    "attach tcx_ingress@d0 p2 replace p2",
                                    "attach tcx_ingress@d0 p2 replace_fd p0",
                                    "link l0 tcx_ingress@d0 p2",
                                    "link l2 tcx_ingress@d0 p2",
                                    "update l0 p2",
                                    "update l0 p1",
                                    "update l0 p0",
                                    "update l0 p2 expect p1",
                                    "update l0 p2 expect p3",
                                    "update l0 p2 expect p2",
                                    "detach_link l0",
                                    "detach_link l2",
                                    "close l0",
                                    "query tcx_ingress@d0",
                                    "query tcx_ingress@d0 count 1",
                                    "query tcx_ingress@d0 count 2"});
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    EXPECT_TRUE(shapes[i]) << i;
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(shapes[i], shapes[j]) << i << " " << j;
  }
}

TEST(pair_shape, is_blind_for_what_a_bound_has_one_of) {
  const auto shapes = shapes_after(
      "load q0\nattach tcx_egress@d1 p7\nlink l3 tcx_egress@d1 q0",
      {"attach tcx_egress@d1 p5 before fd(p7) flags 0x100", "attach tcx_egress@d1 p3 before fd(p7) flags 0x40000",
       "attach tcx_egress@d1 f0 before fd(p7) flags 0x40"});
  EXPECT_TRUE(shapes[0]);
  EXPECT_EQ(shapes[0], shapes[1]);
  EXPECT_EQ(shapes[0], shapes[2]);
}

TEST(pair_shape, a_stale_revision_is_what_the_call_says_with_one) {
  const auto shapes = shapes_after(
      "attach tcx_ingress@d0 p0",
      {"detach tcx_ingress@d0 p0", "detach tcx_ingress@d0 p0 revision now", "detach tcx_ingress@d0 p0 revision now+1"});
  EXPECT_EQ(with_stale_revision(*shapes[0]), shapes[2]);
  EXPECT_EQ(with_stale_revision(*shapes[1]), shapes[2]);
  EXPECT_EQ(with_stale_revision(*shapes[2]), shapes[2]);
}

TEST(pair_shape, what_no_bound_has_has_none) {
  for (const auto& shape : shapes_after(
           "link l0 tcx_ingress@d0 p0\ndup h0 l0\nqdisc d1 clsact",
           {"as u attach tcx_ingress@d0 p1", "attach tcx_ingress@d3 p1", "attach tcx_ingress@d1 p1", "close l0",
            "link l0 tcx_ingress@d0 p1", "fill tcx_ingress@d0 3", "run tcx_ingress@d0", "load q0", "remove d0",
            "query tcx_ingress@d0 size 24", "dup h1 p0", "update o3 p0", "fill tcx_ingress@d0 9"}))
    EXPECT_FALSE(shape);
  EXPECT_FALSE(shapes_after("fill tcx_ingress@d0 9", {"attach tcx_ingress@d0 p1"}).front());
  EXPECT_TRUE(shapes_after("fill tcx_ingress@d0 8", {"attach tcx_ingress@d0 p1"}).front());
}

}  // namespace
}  // namespace mprogcheck::properties
