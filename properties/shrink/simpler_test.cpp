// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/shrink/simpler.hpp"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>
#include <algorithm>

#include "model/language/parse.hpp"
#include "model/language/print.hpp"
#include "properties/generate/generate.hpp"
#include "properties/shrink/shrinkable.hpp"

namespace mprogcheck::properties {
namespace {

model::Sequence any_sequence(unsigned max_operations = 40) {
  const Generator generator({.seed = 5,
                             .shard = 0,
                             .hooks = {model::Hook::tcx_ingress, model::Hook::tcx_egress},
                             .max_operations = max_operations,
                             .nonsense_ppm = 300'000});
  return *generator.gen();
}

/// No cycles, and an end: the measure is a tuple of natural numbers in lexicographic order.
RC_GTEST_PROP(Simpler, makes_every_candidate_valid_and_less, ()) {
  const auto sequence = any_sequence();
  const Measure whole = measure(sequence);
  for (const auto& candidate : simpler(sequence)) {
    RC_ASSERT(!model::validate(candidate));
    RC_ASSERT(measure(candidate) < whole);
  }
}

RC_GTEST_PROP(Simpler, has_an_order_to_come_back_to, ()) {
  const Simpler candidates(any_sequence(12));
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    RC_ASSERT(candidates.not_before(candidates.key(i)) == i);
    if (i > 0) RC_ASSERT(candidates.key(i - 1) < candidates.key(i));
  }
}

RC_GTEST_PROP(Simpler, gives_one_by_one_what_it_gives_at_once, ()) {
  const auto sequence = any_sequence(12);
  const auto all = simpler(sequence);
  auto lazily = shrinkable(sequence).shrinks();
  for (const auto& expected : all) {
    auto next = lazily.next();
    RC_ASSERT(next);
    RC_ASSERT(next->value() == expected);
  }
  RC_ASSERT(!lazily.next());
}

RC_GTEST_PROP(Simpler, can_drop_any_operation_alone, ()) {
  const auto sequence = any_sequence(20);
  const auto all = simpler(sequence);
  for (std::size_t i = 0; i < sequence.operations.size(); ++i) {
    auto shorter = sequence;
    shorter.operations.erase(shorter.operations.begin() + static_cast<std::ptrdiff_t>(i));
    RC_ASSERT(std::ranges::find(all, shorter) != all.end());
  }
}

RC_GTEST_PROP(Simpler, ends_in_nothing, ()) {
  auto sequence = any_sequence(12);
  for (auto next = simpler(sequence); !next.empty(); next = simpler(sequence))
    sequence = next[*rc::gen::inRange<std::size_t>(0, next.size())];
  RC_ASSERT(sequence == model::Sequence{});
}

struct Step {
  std::string_view from, to;
};
class ASimplification : public testing::TestWithParam<Step> {};

/// What a reader would try.
TEST_P(ASimplification, is_tried) {
  const auto read = [](std::string_view line) {
    return model::parse(std::string("mprogcheck 1\nnetdev d0, d1\nprog p0..p2 sched_cls returns next\n") +
                        std::string(line) +
                        "\nquery tcx_ingress@d1\nattach tcx_ingress@d0 p0\n"
                        "attach tcx_ingress@d0 p1\nattach tcx_ingress@d0 p2\n");
  };
  const auto from = read(GetParam().from), to = read(GetParam().to);
  ASSERT_TRUE(from && to);
  const auto all = simpler(*from);
  EXPECT_NE(std::ranges::find(all, *to), all.end());
}
INSTANTIATE_TEST_SUITE_P(
    Each, ASimplification,
    testing::Values(Step{"attach tcx_ingress@d0 p1 before fd(p0)", "attach tcx_ingress@d0 p1 before"},
                    Step{"attach tcx_ingress@d0 p1 before fd(p0)", "attach tcx_ingress@d0 p1"},
                    Step{"attach tcx_ingress@d0 p1 before id(p0)", "attach tcx_ingress@d0 p1 before fd(p0)"},
                    Step{"attach tcx_ingress@d0 p1 revision now", "attach tcx_ingress@d0 p1"},
                    Step{"attach tcx_ingress@d0 p1 revision 77", "attach tcx_ingress@d0 p1 revision now-1"},
                    Step{"attach tcx_ingress@d0 p1 replace p0", "attach tcx_ingress@d0 p1"},
                    Step{"attach tcx_ingress@d1 p1", "attach tcx_ingress@d0 p1"},
                    Step{"attach tcx_egress@d0 p1", "attach tcx_ingress@d0 p1"},
                    Step{"attach tcx_ingress@d0 p2", "attach tcx_ingress@d0 p1"},
                    Step{"link l0 tcx_ingress@d0 p1", "attach tcx_ingress@d0 p1"},
                    Step{"link l4 tcx_ingress@d0 p1", "link l0 tcx_ingress@d0 p1"},
                    Step{"fill tcx_ingress@d0 62", "fill tcx_ingress@d0 31"},
                    Step{"fill tcx_ingress@d0 62", "fill tcx_ingress@d0 61"}, Step{"load q3 xdp", "load q3 sched_cls"},
                    Step{"load q3 xdp", "load q0 xdp"},
                    Step{"attach tcx_ingress@d0 o14", "attach tcx_ingress@d0 fd 900"},
                    Step{"open h0 link id(o3)", "open h0 link id 1073741824"}));

/// The same, of several operations and what is declared.
class AFold : public testing::TestWithParam<Step> {};

TEST_P(AFold, is_tried) {
  const auto from = model::parse("mprogcheck 1\nnetdev d0\n" + std::string(GetParam().from));
  const auto to = model::parse("mprogcheck 1\nnetdev d0\n" + std::string(GetParam().to));
  ASSERT_TRUE(from && to);
  const auto all = simpler(*from);
  EXPECT_NE(std::ranges::find(all, *to), all.end());
}
INSTANTIATE_TEST_SUITE_P(
    Each, AFold,
    testing::Values(Step{"prog p0 sched_cls returns next\nfill tcx_ingress@d0 62\nattach tcx_ingress@d0 p0\n",
                         "prog p0 sched_cls returns next\nfill tcx_ingress@d0 63\n"},
                    Step{"prog p0, p1 sched_cls returns next\nlink l0 tcx_ingress@d0 p0\nupdate l0 p1\n",
                         "prog p0, p1 sched_cls returns next\nlink l0 tcx_ingress@d0 p1\n"},
                    Step{"load q1 sched_cls\nattach tcx_ingress@d0 q1\n",
                         "prog p0 sched_cls returns next\nattach tcx_ingress@d0 p0\n"},
                    Step{"prog p0 sched_cls returns next\nopen h1 prog id(p0)\nattach tcx_ingress@d0 h1\n",
                         "prog p0 sched_cls returns next\nattach tcx_ingress@d0 p0\n"},
                    Step{"load q0\ndup h0 q0\nclose q0\nattach tcx_ingress@d0 h0\nclose h0\n",
                         "load q0\nattach tcx_ingress@d0 q0\nclose q0\n"},
                    Step{"attach tcx_ingress@d0 f7\nfill tcx_ingress@d0 9\n",
                         "prog p0 sched_cls returns next\nattach tcx_ingress@d0 p0\nfill tcx_ingress@d0 9\n"}));

}  // namespace
}  // namespace mprogcheck::properties
