// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/shrink/shrink.hpp"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>
#include <algorithm>

#include "model/language/parse.hpp"
#include "model/language/print.hpp"
#include "properties/generate/generate.hpp"
#include "properties/shrink/simpler.hpp"
#include "properties/testing/tampering_oracle.hpp"

namespace mprogcheck::properties {
namespace {

using model::Rule;

/// A kernel that gives another errno where one of the rules decides.
TamperingOracle::Tamper wrong_errno(const std::vector<Rule>& rules) {
  return [rules](const Job& job, auto& run) {
    model::World world = model::world_of(job.sequence);
    for (std::size_t i = 0; i < run.steps.size(); ++i) {
      const Rule rule = world.apply(job.sequence.operations[i]).rule;
      if (std::ranges::find(rules, rule) != rules.end()) run.steps[i].outcome = model::enomem;
    }
  };
}

struct KeepingSink final : RunSink {
  Run kept;
  void take(std::size_t, Run& run) override { kept = std::move(run); }
};

std::optional<Divergence> divergence_of(Oracle& oracle, const Job& job) {
  KeepingSink sink;
  EXPECT_TRUE(oracle.run({&job, 1}, sink).has_value());
  return judge(job, sink.kept).divergence;
}

struct Failing {
  model::Sequence sequence;
  Divergence divergence;
};

/// The first generated sequence from `index` on that diverges.
Failing failing(Oracle& oracle, std::uint64_t index, unsigned length) {
  const Generator generator({.seed = 11,
                             .shard = 0,
                             .hooks = {model::Hook::tcx_ingress, model::Hook::tcx_egress},
                             .max_operations = length,
                             .nonsense_ppm = std::nullopt});
  for (;; ++index) {
    const Job job{.sequence = generator.sequence(index), .traits = {}};
    if (auto divergence = divergence_of(oracle, job)) return {job.sequence, std::move(*divergence)};
  }
}

/// Rules that take a few operations to come about.
TamperingOracle::Tamper any_fault() {
  return wrong_errno({*rc::gen::element(Rule::attach_exists, Rule::detach_owner, Rule::update_done, Rule::replace_done,
                                        Rule::relative_absent, Rule::update_detached, Rule::detach_link_again)});
}

RC_GTEST_PROP(Shrink, gives_a_minimum_that_diverges_alike, ()) {
  TamperingOracle oracle(any_fault());
  const auto [sequence, found] = failing(oracle, *rc::gen::inRange(0, 1000), 60);
  const auto shrunk = shrink(sequence, found, oracle);
  RC_ASSERT(shrunk.has_value());
  RC_ASSERT(shrunk->reproduced);
  RC_ASSERT(shrunk->minimal);
  RC_ASSERT(shrunk->confirmed);
  RC_ASSERT(shrunk->divergence.fingerprint == found.fingerprint);
  RC_ASSERT(shrunk->sequence.operations.size() <= 6U);
  RC_ASSERT(shrunk->runs <= 2000U);
  for (const auto& candidate : simpler(shrunk->sequence)) {
    const auto divergence = divergence_of(oracle, {.sequence = candidate, .traits = {}, .depth = shrunk->depth});
    RC_ASSERT((!divergence || divergence->fingerprint != found.fingerprint));
  }
}

RC_GTEST_PROP(Shrink, does_not_depend_on_the_batch, ()) {
  TamperingOracle oracle(wrong_errno({Rule::attach_exists, Rule::detach_owner, Rule::replace_done, Rule::stale}));
  const auto [sequence, found] = failing(oracle, *rc::gen::inRange(0, 1000), 60);
  ShrinkOptions options;
  options.batch = 1;
  const auto one = shrink(sequence, found, oracle, options);
  options.batch = *rc::gen::element<std::size_t>(2, 7, 64, 256);
  const auto many = shrink(sequence, found, oracle, options);
  RC_ASSERT(one && many);
  RC_ASSERT(one->sequence == many->sequence);
  RC_ASSERT(one->candidates == many->candidates);
  RC_ASSERT(one->runs <= many->runs);
  RC_ASSERT(one->others.size() == many->others.size());
  for (std::size_t i = 0; i < one->others.size(); ++i) {
    RC_ASSERT(one->others[i].sequence == many->others[i].sequence);
    RC_ASSERT(one->others[i].divergence.fingerprint == many->others[i].divergence.fingerprint);
  }
}

TEST(Shrink, sets_other_divergences_aside_with_the_sequence_that_shows_them) {
  TamperingOracle oracle(wrong_errno({Rule::attach_exists, Rule::relative_absent, Rule::replace_done, Rule::stale,
                                      Rule::detach_owner, Rule::detach_no_entry}));
  std::size_t others = 0;
  for (std::uint64_t i = 0; i < 40; ++i) {
    const auto [sequence, found] = failing(oracle, i * 7, 60);
    const auto shrunk = shrink(sequence, found, oracle);
    ASSERT_TRUE(shrunk.has_value());
    for (const OtherDivergence& other : shrunk->others) {
      EXPECT_NE(other.divergence.fingerprint, shrunk->divergence.fingerprint);
      const auto again = divergence_of(oracle, {.sequence = other.sequence, .traits = {}, .depth = other.depth});
      ASSERT_TRUE(again);
      EXPECT_EQ(again->fingerprint, other.divergence.fingerprint);
      ++others;
    }
  }
  EXPECT_GT(others, 0U);
}

TEST(Shrink, leaves_alone_what_does_not_come_back) {
  TamperingOracle faulty(wrong_errno({Rule::attach_exists}));
  const auto [sequence, found] = failing(faulty, 0, 60);
  TamperingOracle honest;
  const auto shrunk = shrink(sequence, found, honest);
  ASSERT_TRUE(shrunk.has_value());
  EXPECT_FALSE(shrunk->reproduced);
  EXPECT_FALSE(shrunk->minimal);
  EXPECT_EQ(shrunk->sequence, sequence);
  EXPECT_EQ(shrunk->divergence.fingerprint, found.fingerprint);
}

TEST(Shrink, stops_when_it_is_told_and_keeps_what_it_has) {
  TamperingOracle oracle(wrong_errno({Rule::attach_exists}));
  const auto [sequence, found] = failing(oracle, 0, 60);
  ShrinkOptions options;
  options.batch = 1;
  const auto whole = shrink(sequence, found, oracle, options);
  ASSERT_TRUE(whole.has_value() && whole->minimal);
  ASSERT_LT(measure(whole->sequence), measure(sequence));
  // All but the last candidate: what it has is what the whole run has, but nobody has seen that it is minimal.
  options.max_candidates = whole->candidates - 1;
  const auto shrunk = shrink(sequence, found, oracle, options);
  ASSERT_TRUE(shrunk.has_value());
  EXPECT_LE(shrunk->candidates, options.max_candidates);
  EXPECT_FALSE(shrunk->minimal);
  EXPECT_TRUE(shrunk->confirmed);
  EXPECT_LT(measure(shrunk->sequence), measure(sequence));
  options = {};
  options.enough = [] { return true; };
  EXPECT_FALSE(shrink(sequence, found, oracle, options)->minimal);
}

/// A fault on another list, which a fast run blames on the step that looks there next.
TEST(Shrink, follows_a_deep_run_to_the_step_that_did_it) {
  TamperingOracle oracle([](const Job& job, auto& run) {
    // From the first success on egress on, every view of ingress counts one revision more.
    model::World world = model::world_of(job.sequence);
    bool broken = false;
    std::vector<bool> changed(run.lists.size());
    for (std::size_t i = 0; i < run.steps.size(); ++i) {
      const auto& operation = job.sequence.operations[i];
      const auto site = model::site_of(operation);
      broken = (world.apply(operation).outcome.ok() && site && site->hook == model::Hook::tcx_egress) || broken;
      for (std::uint32_t n = 0; broken && n < run.steps[i].lists; ++n) {
        const auto at = run.steps[i].first_list + n;
        if (run.lists[at].list % model::hooks != 0 || changed[at]) continue;
        changed[at] = true;
        ++run.lists[at].revision;
      }
    }
  });
  const auto sequence = model::parse(
      "mprogcheck 1\nnetdev d0\nprog p0, p1 sched_cls returns next\n"
      "attach tcx_egress@d0 p0\nattach tcx_ingress@d0 p0\nattach tcx_ingress@d0 p1\n");
  ASSERT_TRUE(sequence.has_value());
  const auto found = divergence_of(oracle, {.sequence = *sequence, .traits = {}});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->primary, Property::revision);
  const auto shrunk = shrink(*sequence, *found, oracle);
  ASSERT_TRUE(shrunk.has_value());
  EXPECT_TRUE(shrunk->refined);
  EXPECT_EQ(shrunk->divergence.primary, Property::isolation);
  EXPECT_EQ(shrunk->sequence.operations.size(), 1U);
}

struct BrokenOracle final : Oracle {
  OracleIdentity who{"broken", {}, "none", {}};
  [[nodiscard]] const OracleIdentity& identity() const override { return who; }
  Result<void> run(std::span<const Job>, RunSink&) override { return fail("no guest: boot one"); }
};

TEST(Shrink, hands_on_what_is_wrong_with_the_oracle) {
  TamperingOracle faulty(wrong_errno({Rule::attach_exists}));
  const auto [sequence, found] = failing(faulty, 0, 60);
  BrokenOracle broken;
  const auto refused = shrink(sequence, found, broken);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().message, "no guest: boot one");
  TamperingOracle silent([](const Job&, auto& run) { run.steps.clear(); });
  EXPECT_FALSE(shrink(sequence, found, silent).has_value());
}

/// As a guest in fast depth: whether a link was left behind is looked for after the last job of a call alone.
class CountsAtTheEnd final : public Oracle {
 public:
  [[nodiscard]] const OracleIdentity& identity() const override { return identity_; }
  Result<void> run(std::span<const Job> jobs, RunSink& sink) override {
    bool leaked = false;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      Run run = TamperingOracle::record(jobs[i]);
      const auto& operations = jobs[i].sequence.operations;
      if (jobs[i].depth == Depth::fast)
        leaked = leaked || std::ranges::any_of(operations, [](const model::Operation& operation) {
                   return std::holds_alternative<model::CreateLink>(operation);
                 });
      if (leaked && i + 1 == jobs.size()) {
        run.ending = Run::Ending::unclean;
        run.miscounted = true;
        run.unchecked = static_cast<std::uint32_t>(i);
      }
      sink.take(i, run);
    }
    return {};
  }

 private:
  OracleIdentity identity_{.source = "counts", .release = {}, .accelerator = {}, .features = {}};
};

TEST(shrinking_in_fast_depth, is_not_misled_by_what_another_candidate_left_behind) {
  const auto sequence = model::parse(
      "mprogcheck 1\nnetdev d0, d1\nprog p0..p3 sched_cls\nattach tcx_ingress@d0 p0\nattach tcx_egress@d0 p1\n"
      "link l0 tcx_ingress@d1 p2\nclose l0\nattach tcx_ingress@d1 p3\ndetach tcx_ingress@d0 p0\n");
  ASSERT_TRUE(sequence);
  CountsAtTheEnd oracle;
  const Job job{.sequence = *sequence, .traits = {}};
  const auto found = divergence_of(oracle, job);
  ASSERT_TRUE(found);
  const auto shrunk = shrink(*sequence, *found, oracle);
  ASSERT_TRUE(shrunk);
  EXPECT_TRUE(shrunk->reproduced);
  EXPECT_EQ(shrunk->depth, Depth::fast);
  ASSERT_EQ(shrunk->sequence.operations.size(), 1U) << model::print(shrunk->sequence);
  EXPECT_TRUE(std::holds_alternative<model::CreateLink>(shrunk->sequence.operations.front()));
  EXPECT_TRUE(shrunk->confirmed);
}

TEST(shrinking, runs_nothing_that_is_forbidden_and_ends_nowhere_that_is_known) {
  unsigned forbidden_runs = 0;
  const auto is_forbidden = [](const model::Sequence& sequence) { return sequence.operations.size() == 2; };
  const auto tamper = wrong_errno({Rule::attach_done});
  TamperingOracle oracle([&](const Job& job, auto& run) {
    tamper(job, run);
    forbidden_runs += is_forbidden(job.sequence) ? 1U : 0U;
  });
  const auto sequence = model::parse(
      "mprogcheck 1\nnetdev d0\nprog p0..p3 sched_cls\nattach tcx_ingress@d0 p0\nattach tcx_ingress@d0 p1\n"
      "attach tcx_ingress@d0 p2\nattach tcx_ingress@d0 p3\n");
  ASSERT_TRUE(sequence);
  const auto found = divergence_of(oracle, {.sequence = *sequence, .traits = {}});
  ASSERT_TRUE(found);
  ShrinkOptions options;
  options.forbidden = is_forbidden;
  options.known = [](const model::Sequence& candidate, const Divergence&) { return candidate.operations.size() == 1; };
  const auto shrunk = shrink(*sequence, *found, oracle, options);
  ASSERT_TRUE(shrunk);
  EXPECT_EQ(forbidden_runs, 0U);
  EXPECT_GT(shrunk->sequence.operations.size(), 2U);
}

}  // namespace
}  // namespace mprogcheck::properties
