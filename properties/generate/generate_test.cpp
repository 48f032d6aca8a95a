// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/generate/generate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <thread>

#include "base/digest.hpp"
#include "properties/coverage.hpp"
#include "properties/explore/pair_space.hpp"
#include "properties/generate/digest.hpp"

namespace mprogcheck::properties {
namespace {

using model::Hook;
using model::ListIndex;
using model::Rule;
using model::Sequence;

GeneratorOptions tcx(std::uint64_t seed) {
  return {.seed = seed, .hooks = {Hook::tcx_ingress, Hook::tcx_egress}};
}

std::vector<std::uint64_t> digests(const Generator& generator, std::uint64_t begin, std::uint64_t end) {
  std::vector<std::uint64_t> found;
  for (auto i = begin; i < end; ++i) found.push_back(digest_of(generator.sequence(i)));
  return found;
}

/// What 20,000 sequences ask, counted once for all tests.
struct Census {
  static constexpr unsigned sequences = 20'000;
  Coverage coverage;
  std::uint64_t filling = 0;  ///< sequences with a fill
  std::uint64_t loads = 0;
  std::uint64_t short_ones = 0, usual = 0, longest = 0;
  std::uint64_t from_every_direction = 0;  ///< refused by a full list: append, before, after, link: one bit each
  bool replaced_on_full = false;
  bool mortal_died_with_its_entry = false;
  bool last_close_detached = false;
  bool survived_its_first_handle = false;
  bool replace_ignored_its_relative = false;
  bool detach_ignored_its_relative = false;
  bool detach_removed_its_relative = false;
  bool unknown_flags_were_taken = false;
};

void look_closer(Census& census, const model::World& before, const model::World& after,
                 const model::Operation& operation, const model::Verdict& verdict) {
  const auto one_shorter = [&](ListIndex list) { return after.list(list).count + 1 == before.list(list).count; };
  if (verdict.rule == Rule::attach_full) {
    if (std::holds_alternative<model::CreateLink>(operation)) census.from_every_direction |= 8;
    if (const auto* attach = std::get_if<model::Attach>(&operation)) {
      if ((attach->flags & model::flag::before) != 0)
        census.from_every_direction |= 2;
      else if ((attach->flags & model::flag::after) != 0)
        census.from_every_direction |= 4;
      else
        census.from_every_direction |= 1;
    }
  }
  // What surprises users of the interface (model/hooks/surprise.hpp) must not be rare.
  constexpr auto directives = model::flag::before | model::flag::after;
  if (verdict.rule == Rule::replace_done) {
    const auto& attach = std::get<model::Attach>(operation);
    if ((attach.flags & directives) == 0 && attach.relative.named) census.replace_ignored_its_relative = true;
  }
  if (verdict.rule == Rule::detach_done) {
    const auto& detach = std::get<model::Detach>(operation);
    const bool given = detach.program.named;
    if (given && (detach.flags & directives) == 0 && detach.relative.named) census.detach_ignored_its_relative = true;
    const auto gone = before.list(verdict.edit.list).slots[verdict.edit.position].program;
    const bool by_program = (detach.flags & (model::flag::id | model::flag::link)) == 0;
    if (!given && by_program && detach.relative.named && before.denoted_by_fd(detach.relative).object == gone)
      census.detach_removed_its_relative = true;
  }
  if (verdict.rule == Rule::link_done && std::get<model::CreateLink>(operation).flags >= 1U << 14)
    census.unknown_flags_were_taken = true;
  if (verdict.rule == Rule::replace_done && before.list(verdict.edit.list).full()) census.replaced_on_full = true;
  if (verdict.rule == Rule::detach_done) {
    const auto gone = before.list(verdict.edit.list).slots[verdict.edit.position].program;
    if (!after.program(gone).alive) census.mortal_died_with_its_entry = true;
  }
  if (verdict.rule == Rule::close_done) {
    const auto& file = before.file(before.handle(verdict.edit.name).file);
    if (file.kind != model::ObjectKind::link || before.link(file.object).list == model::no_list) return;
    if (one_shorter(before.link(file.object).list))
      census.last_close_detached = true;
    else
      census.survived_its_first_handle = true;
  }
}

const Census& census() {
  static const Census counted = [] {
    Census census;
    auto options = tcx(1);
    options.with_devices = 300;  // as many as without it take ten times as many sequences
    const Generator generator(options);
    for (std::uint64_t i = 0; i < Census::sequences; ++i) {
      const auto sequence = generator.sequence(i);
      census.longest = std::max<std::uint64_t>(census.longest, sequence.operations.size());
      census.short_ones += sequence.operations.size() <= 5;
      census.usual += sequence.operations.size() >= 20 && sequence.operations.size() <= 60;
      bool fills = false;
      model::World world = model::world_of(sequence);
      for (const auto& operation : sequence.operations) {
        const model::World before = world;
        const auto verdict = world.apply(operation);
        census.coverage.add(operation, verdict, before);
        look_closer(census, before, world, operation, verdict);
        fills = fills || std::holds_alternative<model::Fill>(operation);
        census.loads += std::holds_alternative<model::Load>(operation);
      }
      census.filling += fills;
    }
    return census;
  }();
  return counted;
}

// A campaign is told apart by its seed, so this number changes only with the generator, the swarm or the rules of the
// model; whoever changes one of them puts the new number here.
TEST(Generate, TheFirstThousandAreTheSameOnEveryMachine) {
  Digest digest;
  for (const auto one : digests(Generator(tcx(2026)), 0, 1'000)) digest.add(one);
  EXPECT_EQ(digest.value(), 0xebe92719245f368cULL) << std::hex << digest.value();
}

TEST(Generate, SendsNoPacketWhereNoneCanBeSent) {
  auto options = tcx(5);
  options.lacks.packets = true;
  const Generator generator(options);
  for (std::uint64_t i = 0; i < 1'000; ++i)
    for (const auto& operation : generator.sequence(i).operations)
      ASSERT_FALSE(std::holds_alternative<model::SendPacket>(operation));
}

TEST(Generate, ASequenceDependsOnNoOther) {
  const Generator generator(tcx(7));
  const auto forward = digests(generator, 0, 500);
  for (std::uint64_t i = 500; i-- > 0;) EXPECT_EQ(digest_of(Generator(tcx(7)).sequence(i)), forward[i]);
}

TEST(Generate, ThreadsMakeTheSameSequences) {
  const Generator generator(tcx(7));
  const auto expected = digests(generator, 0, 4'000);
  std::vector<std::vector<std::uint64_t>> parts(4);
  {
    std::vector<std::jthread> threads;
    for (unsigned n = 0; n < parts.size(); ++n)
      threads.emplace_back([&, n] { parts[n] = digests(generator, n * 1'000, (n + 1) * 1'000); });
  }
  std::vector<std::uint64_t> joined;
  for (const auto& part : parts) joined.insert(joined.end(), part.begin(), part.end());
  EXPECT_EQ(joined, expected);
}

RC_GTEST_PROP(Generate, NoOrderOfAskingMatters, ()) {
  static const Generator whole(tcx(7));
  static const auto forward = digests(whole, 0, 3 * Generator::block);
  const Generator generator(tcx(7));
  const auto asked = *rc::gen::container<std::vector<std::uint64_t>>(6, rc::gen::inRange<std::uint64_t>(0, 60));
  for (const auto i : asked)
    for (const auto near : {i, i + 1, i % 3 * Generator::block + i / 3})
      RC_ASSERT(digest_of(generator.sequence(near)) == forward[near]);
}

/// As many as there are, so that memories are dropped.
TEST(Generate, ManyMayAskSideBySide) {
  constexpr std::uint64_t askers = 20, each = 10;
  const Generator generator(tcx(7)), fresh(tcx(7));
  std::vector<std::vector<std::uint64_t>> found(askers);
  for (std::uint64_t step = 0; step < each; ++step)
    for (std::uint64_t n = 0; n < askers; ++n)
      found[n].push_back(digest_of(generator.sequence(n * Generator::block + step)));
  for (std::uint64_t n = 0; n < askers; ++n)
    EXPECT_EQ(found[n], digests(fresh, n * Generator::block, n * Generator::block + each));
}

struct Meeting {
  ShapeSet different;
  std::size_t pairs = 0;
  void add(const Sequence& sequence) {
    model::World world = model::world_of(sequence);
    for (const auto& operation : sequence.operations) {
      if (const auto shape = shape_of(world, operation)) {
        ++pairs;
        different.add(*shape);
      }
      world.apply(operation);
    }
  }
  [[nodiscard]] double share() const { return static_cast<double>(different.size()) / static_cast<double>(pairs); }
};

/// The first sequence of a block knows of no other.
TEST(Generate, ABlockPrefersWhatItHasNotMet) {
  auto options = tcx(3);
  options.nonsense_ppm = 100'000;
  const Generator generator(options);
  Meeting block, firsts;
  for (std::uint64_t i = 0; i < Generator::block; ++i) {
    block.add(generator.sequence(i));
    firsts.add(generator.sequence(i * Generator::block));
  }
  EXPECT_GT(block.share(), 1.1 * firsts.share());
}

TEST(Generate, SmallWorldsMeetPairsThatTheExplorerHas) {
  const Generator generator(tcx(1));
  Meeting met;
  PairCoverage coverage(usual_pair_space());
  for (std::uint64_t i = 0; i < 2'000; ++i) met.add(generator.sequence(i));
  coverage.add(met.different);
  EXPECT_GT(coverage.covered(), coverage.total() / 40);
}

TEST(Generate, SeedsShardsAndHooksGiveOtherSequences) {
  const auto base = digests(Generator(tcx(1)), 0, 50);
  auto sharded = tcx(1);
  sharded.shard = 1;
  auto ingress_only = tcx(1);
  ingress_only.hooks = {Hook::tcx_ingress};
  for (const auto& options : {tcx(2), sharded, ingress_only})
    for (const auto digest : digests(Generator(options), 0, 50))
      EXPECT_THAT(base, testing::Not(testing::Contains(digest)));
}

GeneratorOptions any_options() {
  auto options = tcx(*rc::gen::arbitrary<std::uint64_t>());
  options.shard = *rc::gen::arbitrary<std::uint64_t>();
  options.devices = *rc::gen::inRange(1U, 5U);
  options.max_operations = *rc::gen::inRange(1U, 400U);
  options.hooks = *rc::gen::element(std::vector{Hook::tcx_ingress}, std::vector{Hook::tcx_egress}, options.hooks);
  if (*rc::gen::arbitrary<bool>()) options.nonsense_ppm = *rc::gen::inRange(0U, 1'000'001U);
  options.with_devices = *rc::gen::inRange(0U, 10'001U);
  options.lacks = {*rc::gen::arbitrary<bool>(), *rc::gen::arbitrary<bool>(), *rc::gen::arbitrary<bool>()};
  options.lacks.objects = *rc::gen::element(model::GuestObjectSet{0}, model::all_guest_objects,
                                            *rc::gen::arbitrary<model::GuestObjectSet>() & model::all_guest_objects);
  options.lacks.next_id = *rc::gen::arbitrary<bool>();
  return options;
}

RC_GTEST_PROP(Generate, EverySequenceIsValidAndKeepsToTheOptions, ()) {
  const auto options = any_options();
  const Generator generator(options);
  for (std::uint64_t i = 0; i < 50; ++i) {
    const Sequence sequence = generator.sequence(i);
    const auto invalid = model::validate(sequence);
    if (invalid) RC_FAIL("operation " + std::to_string(invalid->operation) + ": expected " + invalid->expected);
    RC_ASSERT(!sequence.operations.empty());
    RC_ASSERT(sequence.operations.size() <= options.max_operations);
    RC_ASSERT(sequence.declarations.devices != 0);
    RC_ASSERT(sequence.declarations.devices < 1U << options.devices);
    for (const auto& operation : sequence.operations) {
      if (const auto site = model::site_of(operation))
        RC_ASSERT(std::find(options.hooks.begin(), options.hooks.end(), site->hook) != options.hooks.end());
      const bool of_qdisc = std::holds_alternative<model::SetQdisc>(operation);
      const bool of_pin = std::holds_alternative<model::Pin>(operation) ||
                          std::holds_alternative<model::Get>(operation) ||
                          std::holds_alternative<model::Unpin>(operation);
      RC_ASSERT(!(options.lacks.qdiscs && of_qdisc));
      RC_ASSERT(!(options.lacks.pins && of_pin));
      RC_ASSERT((model::guest_objects_of(operation) & options.lacks.objects) == 0U);
      RC_ASSERT(!(options.lacks.next_id && model::names_coming_id(operation)));
      RC_ASSERT(!(options.lacks.devices && !of_qdisc && model::device_of(operation)));
    }
  }
}

RC_GTEST_PROP(Generate, NonsenseIsAsFrequentAsAsked, ()) {
  auto options = tcx(*rc::gen::arbitrary<std::uint64_t>());
  const auto succeeding = [&options](std::uint32_t ppm) {
    options.nonsense_ppm = ppm;
    Coverage coverage;
    const Generator generator(options);
    for (std::uint64_t i = 0; i < 200; ++i) {
      const auto sequence = generator.sequence(i);
      model::World world = model::world_of(sequence);
      for (const auto& operation : sequence.operations) coverage.add(operation, world.apply(operation));
    }
    return static_cast<double>(coverage.succeeded()) / static_cast<double>(coverage.operations());
  };
  const double none = succeeding(0), half = succeeding(500'000), all = succeeding(1'000'000);
  RC_LOG() << none << " " << half << " " << all;
  RC_ASSERT(none > half + 0.1);
  RC_ASSERT(half > all + 0.1);
}

TEST(Generate, EveryRuleDecides) {
  std::vector<std::string_view> unseen;
  for (const auto rule : census().coverage.unseen()) unseen.push_back(model::name_of(rule));
  EXPECT_THAT(unseen, testing::IsEmpty());
  // Once is luck: a campaign of 2,000 sequences is meant to see every rule too.
  for (const auto& [rule, count] : census().coverage.rules()) EXPECT_GE(count, 20U) << rule;
}

TEST(Generate, EveryErrnoIsDue) {
  EXPECT_THAT(census().coverage.unseen_errnos(), testing::IsEmpty());
  for (const auto& [outcome, count] : census().coverage.by_errno()) EXPECT_GE(count, 10U) << outcome;
}

TEST(Generate, EveryLengthOfListIsMet) {
  for (unsigned i = 0; i < length_classes; ++i) {
    const auto length = static_cast<LengthClass>(i);
    EXPECT_GE(census().coverage.count(length), census().coverage.operations() / 1'000) << name_of(length);
  }
}

TEST(Generate, ThirtyFiveToSeventyInAHundredSucceed) {
  const auto share = 100 * census().coverage.succeeded() / census().coverage.operations();
  RecordProperty("succeeding_percent", static_cast<int>(share));
  EXPECT_GE(share, 35U);
  EXPECT_LE(share, 70U);
}

TEST(Generate, FillsAndLoadsAreRareAndSequencesShort) {
  EXPECT_GT(census().filling, Census::sequences / 100);
  EXPECT_LE(census().filling, Census::sequences * 3 / 100);
  EXPECT_LT(census().loads, Census::sequences / 2);
  EXPECT_GT(census().short_ones, Census::sequences * 3 / 100);
  EXPECT_GT(census().usual, Census::sequences / 2);
  EXPECT_GT(census().longest, 150U);
  EXPECT_LE(census().longest, 200U);
}

TEST(Generate, DeepStatesAreReached) {
  EXPECT_EQ(census().from_every_direction, 15U);
  EXPECT_TRUE(census().replaced_on_full);
  EXPECT_TRUE(census().mortal_died_with_its_entry);
  EXPECT_TRUE(census().last_close_detached);
  EXPECT_TRUE(census().survived_its_first_handle);
  EXPECT_TRUE(census().replace_ignored_its_relative);
  EXPECT_TRUE(census().detach_ignored_its_relative);
  EXPECT_TRUE(census().detach_removed_its_relative);
  EXPECT_TRUE(census().unknown_flags_were_taken);
}

}  // namespace
}  // namespace mprogcheck::properties
