// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/judge/judge.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cerrno>

#include "model/language/parse.hpp"
#include "model/language/print.hpp"
#include "properties/generate/generate.hpp"
#include "properties/judge/describe.hpp"
#include "properties/testing/tampering_oracle.hpp"

namespace mprogcheck::properties {
namespace {

Generator generator() {
  return Generator({.seed = 3,
                    .shard = 0,
                    .hooks = {model::Hook::tcx_ingress, model::Hook::tcx_egress},
                    .max_operations = 80,
                    .nonsense_ppm = std::nullopt});
}

Job any_job() {
  return {.sequence = *generator().gen(), .traits = {}, .depth = *rc::gen::element(Depth::fast, Depth::deep)};
}

Job job_of(std::string_view text, Depth depth = Depth::deep) {
  auto sequence = model::parse(text);
  EXPECT_TRUE(sequence.has_value()) << (sequence ? "" : sequence.error().to_string("test"));
  return {.sequence = sequence.value_or(model::Sequence{}), .traits = {}, .depth = depth};
}

std::size_t any_below(std::size_t n) {
  return *rc::gen::inRange<std::size_t>(0, n);
}

/// Something else than `value`, among the few values near it.
template <typename T>
void change(T& value, T most) {
  const T old = value;
  value = static_cast<T>(any_below(most));
  if (value == old) value = static_cast<T>((old + 1) % most);
}

void perturb(Run& run) {
  switch (any_below(9)) {
    case 0:
      change(run.steps[any_below(run.steps.size())].outcome.error, 130);
      break;
    case 1:
      RC_PRE(!run.lists.empty());
      ++run.lists[any_below(run.lists.size())].revision;
      break;
    case 2:
      RC_PRE(!run.lists.empty());
      change(run.lists[any_below(run.lists.size())].count, 66U);
      break;
    case 3: {
      RC_PRE(!run.entries.empty());
      auto& entry = run.entries[any_below(run.entries.size())];
      if (*rc::gen::arbitrary<bool>())
        change(entry.program, model::no_program);
      else
        change(entry.link, model::no_link);
      break;
    }
    case 4: {
      RC_PRE(!run.links.empty());
      auto& view = run.links[any_below(run.links.size())];
      const auto what = any_below(4);
      if (what == 0 || !view.alive)
        view.alive = !view.alive;
      else if (what == 1)
        change(view.program, model::no_program);
      else if (what == 2)
        change(view.list, model::no_list);
      else
        ++view.references;
      break;
    }
    case 5: {
      RC_PRE(!run.programs.empty());
      auto& view = run.programs[any_below(run.programs.size())];
      if (!view.alive || *rc::gen::arbitrary<bool>())
        view.alive = !view.alive;
      else
        ++view.references;
      break;
    }
    case 6: {
      RC_PRE(!run.ran.empty());
      change(run.ran[any_below(run.ran.size())], model::no_program);
      break;
    }
    case 7: {
      const auto sent =
          std::ranges::find_if(run.steps, [](const Step& step) { return step.fate != model::Fate::none; });
      RC_PRE(sent != run.steps.end());
      sent->fate = sent->fate == model::Fate::dropped ? model::Fate::lost : model::Fate::dropped;
      break;
    }
    default:
      run.ending = *rc::gen::element(Run::Ending::splat, Run::Ending::hung, Run::Ending::lost, Run::Ending::unclean);
      run.at = static_cast<std::uint32_t>(any_below(run.steps.size()));
  }
}

RC_GTEST_PROP(Judge, finds_nothing_in_an_honest_run, ()) {
  const Job job = any_job();
  const Judgement judgement = judge(job, TamperingOracle::record(job));
  RC_ASSERT(!judgement.divergence);
  RC_ASSERT(judgement.malformed.empty());
  RC_ASSERT(judgement.judged == job.sequence.operations.size());
  RC_ASSERT(judgement.unjudged == 0U);
}

RC_GTEST_PROP(Judge, blames_some_property_for_every_perturbation, ()) {
  const Job job = any_job();
  auto run = TamperingOracle::record(job);
  perturb(run);
  const Judgement judgement = judge(job, run);
  RC_ASSERT(judgement.malformed.empty());
  RC_ASSERT(judgement.divergence.has_value());
  const Divergence& divergence = *judgement.divergence;
  RC_ASSERT(!divergence.broken.empty());
  RC_ASSERT(divergence.primary == divergence.broken.primary());
  RC_ASSERT(divergence.fingerprint.property == divergence.primary);
  RC_ASSERT(judgement.judged + judgement.unjudged == job.sequence.operations.size());
  RC_ASSERT(!describe(job.sequence, divergence).empty());
  RC_CLASSIFY(true, std::string(name_of(divergence.primary)));
}

RC_GTEST_PROP(Judge, never_passes_a_run_that_shows_less, ()) {
  const Job job = any_job();
  auto run = TamperingOracle::record(job);
  Step& step = run.steps[any_below(run.steps.size())];
  switch (any_below(5)) {
    case 0:
      RC_PRE(step.lists > 0U);
      --step.lists;
      break;
    case 1:
      RC_PRE(step.answer >= 0);
      step.answer = -1;
      break;
    case 3:
      RC_PRE(step.fate != model::Fate::none);
      step.fate = model::Fate::none;
      break;
    case 2: {
      Step& last = run.steps.back();
      RC_PRE(last.links > 0U);
      RC_PRE(run.links[last.first_link + last.links - 1].alive);
      --last.links;
      break;
    }
    default:
      run.steps.pop_back();
  }
  const Judgement judgement = judge(job, run);
  RC_ASSERT(!judgement.malformed.empty());
  RC_ASSERT(!judgement.divergence);
}

/// In deep depth every step shows every object, and says how often it is held where that can be counted.
RC_GTEST_PROP(Judge, never_passes_a_deep_step_that_hides_an_object, ()) {
  Job job = any_job();
  job.depth = Depth::deep;
  auto run = TamperingOracle::record(job);
  run.counts = *rc::gen::arbitrary<bool>();
  RC_ASSERT(judge(job, run).malformed.empty());
  Step& step = run.steps[any_below(run.steps.size())];
  const bool drops = *rc::gen::arbitrary<bool>();
  RC_PRE(drops || run.counts);
  if (*rc::gen::arbitrary<bool>()) {
    RC_PRE(step.links > 0U);
    LinkView& link = run.links[step.first_link + step.links - 1];
    RC_PRE(link.alive);
    link.references = unknown_references;
    if (drops) --step.links;
  } else {
    RC_PRE(step.programs > 0U);
    ProgramView& program = run.programs[step.first_program + step.programs - 1];
    RC_PRE(program.alive && (run.counts || program.program >= model::mortal_program_begin));
    program.references = unknown_references;
    if (drops) --step.programs;
  }
  const Judgement judgement = judge(job, run);
  RC_ASSERT(!judgement.malformed.empty());
  RC_ASSERT(!judgement.divergence);
}

RC_GTEST_PROP(Judge, takes_a_link_that_could_not_be_asked_for_a_difference, ()) {
  const Job job = any_job();
  auto run = TamperingOracle::record(job);
  RC_PRE(!run.steps.empty());
  const Step& last = run.steps.back();
  RC_PRE(last.links > 0U);
  LinkView& link = run.links[last.first_link + any_below(last.links)];
  RC_PRE(link.alive);
  link.program = model::no_program;
  link.list = model::no_list;
  link.outcome = {EACCES};
  const Judgement judgement = judge(job, run);
  RC_ASSERT(judgement.divergence.has_value());
  RC_ASSERT(judgement.divergence->broken.contains(Property::lifecycle));
  RC_ASSERT(describe(job.sequence, *judgement.divergence).find("EACCES") != std::string::npos);
}

RC_GTEST_PROP(Judge, survives_any_index, ()) {
  const Job job = any_job();
  auto run = TamperingOracle::record(job);
  const auto any = [] { return *rc::gen::oneOf(rc::gen::arbitrary<std::uint32_t>(), rc::gen::inRange(0U, 200U)); };
  Step& step = run.steps[any_below(run.steps.size())];
  switch (any_below(7)) {
    case 0:
      step.first_list = any();
      break;
    case 1:
      step.lists = any();
      break;
    case 2:
      step.first_link = any();
      step.links = any();
      break;
    case 3:
      step.first_program = any();
      step.programs = any();
      break;
    case 4:
      step.answer = static_cast<std::int32_t>(any());
      break;
    case 5:
      step.first_ran = any();
      step.ran = any();
      break;
    default:
      RC_PRE(!run.lists.empty());
      run.lists[any_below(run.lists.size())] = {.list = static_cast<model::ListIndex>(any()),
                                                .outcome = {},
                                                .revision = any(),
                                                .count = any(),
                                                .first = any(),
                                                .length = any()};
  }
  const Judgement judgement = judge(job, run);
  RC_ASSERT(!(judgement.divergence && !judgement.malformed.empty()));
}

RC_GTEST_PROP(Judge, shows_each_judged_step_to_the_visitor, ()) {
  const Job job = any_job();
  model::World world = model::world_of(job.sequence);
  std::size_t seen = 0;
  const auto visit = [&](const model::World&, const model::Operation& operation, const model::Verdict& verdict) {
    RC_ASSERT(operation == job.sequence.operations[seen++]);
    RC_ASSERT(verdict.rule == world.apply(operation).rule);
  };
  RC_ASSERT(judge(job, TamperingOracle::record(job), visit).judged == seen);
}

/// What isolation and the observation in fast depth rest on.
RC_GTEST_PROP(TouchedLists, are_all_that_an_operation_changes, ()) {
  const Job job = any_job();
  model::World world = model::world_of(job.sequence);
  for (const model::Operation& operation : job.sequence.operations) {
    const model::World before = world;
    const auto touched = model::touched_lists(world, operation);
    const auto edit = world.apply(operation).edit;
    for (model::ListIndex list = 0; list < model::list_count; ++list)
      RC_ASSERT(model::contains(touched, list) || world.list(list) == before.list(list));
    for (const bool all : {false, true})
      RC_ASSERT((model::visible_lists(before, operation, edit, all) & ~model::existing_lists(world)) == 0);
    RC_ASSERT(model::visible_lists(before, operation, edit, true) == model::existing_lists(world));
  }
}

constexpr std::string_view two_attaches = R"(mprogcheck 1
netdev d0, d1
prog p0..p2 sched_cls returns next
attach tcx_ingress@d0 p0
attach tcx_ingress@d0 p1 before
)";

Divergence divergence_of(const Job& job, const Run& run) {
  auto judgement = judge(job, run);
  EXPECT_TRUE(judgement.divergence) << judgement.malformed;
  return judgement.divergence.value_or(Divergence{});
}

TEST(Judge, blames_the_first_property_in_order_and_names_the_rest) {
  const Job job = job_of(two_attaches);
  auto run = TamperingOracle::record(job);
  for (const ListView& view : run.lists)
    if (view.count == 2) std::swap(run.entries[view.first], run.entries[view.first + 1]);
  const auto divergence = divergence_of(job, run);
  EXPECT_EQ(divergence.step, 1U);
  EXPECT_EQ(to_string(divergence.broken), "first_last, order");
  EXPECT_EQ(to_string(divergence.fingerprint), "first_last attach mprog.attach ok ok");
}

TEST(Judge, takes_an_unpredicted_failure_that_changes_nothing_for_an_outcome_only) {
  const Job job = job_of(two_attaches);
  auto run =
      TamperingOracle::record(job_of("mprogcheck 1\nnetdev d0, d1\nprog p0..p2 sched_cls returns next\n"
                                     "attach tcx_ingress@d0 p0\nattach tcx_ingress@d0 p0\n"));
  run.steps[1].outcome = model::enomem;
  EXPECT_EQ(to_string(divergence_of(job, run).broken), "outcome");
}

TEST(Judge, takes_a_failure_that_left_its_change_behind_for_not_atomic) {
  const Job job = job_of(two_attaches);
  auto run = TamperingOracle::record(job);
  run.steps[1].outcome = model::enomem;
  EXPECT_EQ(divergence_of(job, run).primary, Property::atomic);
}

TEST(Judge, says_how_a_run_ended) {
  const Job job = job_of(two_attaches);
  auto run = TamperingOracle::record(job);
  run.ending = Run::Ending::splat;
  run.at = 1;
  run.note = "[    9.123] BUG: unable to handle page fault for address: 0xffff88, CPU 3";
  auto divergence = divergence_of(job, run);
  EXPECT_EQ(divergence.primary, Property::no_splat);
  EXPECT_EQ(divergence.step, 1U);
  EXPECT_EQ(to_string(divergence.fingerprint), "no_splat BUG: unable to handle page fault for address: #, CPU #");

  run.ending = Run::Ending::hung;
  run.steps.pop_back();
  EXPECT_EQ(to_string(divergence_of(job, run).fingerprint), "no_splat hung");
  run.ending = Run::Ending::lost;
  EXPECT_EQ(to_string(divergence_of(job, run).fingerprint), "no_splat lost");

  run = TamperingOracle::record(job);
  run.ending = Run::Ending::unclean;
  EXPECT_EQ(to_string(divergence_of(job, run).fingerprint), "lifecycle unclean");
  run.note = "tcx_ingress@d0: 2 entries left";
  EXPECT_EQ(to_string(divergence_of(job, run).fingerprint), "lifecycle unclean: tcx_ingress@d#: # entries left");
  run.unchecked = 7;
  run.note += " (after this sequence or one of the 7 before it)";
  EXPECT_EQ(to_string(divergence_of(job, run).fingerprint), "lifecycle unclean: tcx_ingress@d#: # entries left");
  run.unchecked = 0;
  run.note.clear();
  run.miscounted = true;
  EXPECT_EQ(to_string(divergence_of(job, run).fingerprint), "refcount unclean");
}

TEST(Judge, lets_a_full_list_be_met_exactly) {
  const Job job = job_of(
      "mprogcheck 1\nnetdev d0\nprog p0 sched_cls returns next\n"
      "fill tcx_ingress@d0 63\nattach tcx_ingress@d0 p0\n");
  auto run = TamperingOracle::record(job);
  run.steps[1].outcome = model::success;
  EXPECT_EQ(divergence_of(job, run).primary, Property::capacity);
  run = TamperingOracle::record(job);
  run.steps[0].outcome = model::erange;
  EXPECT_EQ(divergence_of(job, run).primary, Property::capacity);
}

TEST(Judge, counts_references_by_the_holders_that_were_seen) {
  const Job job = job_of("mprogcheck 1\nnetdev d0\nprog p0, p1 sched_cls returns next\nattach tcx_ingress@d0 p0\n");
  auto run = TamperingOracle::record(job);
  run.entries.back().program = model::pool_program(1);  // p1 was attached, and holds its reference
  for (auto& view : run.programs) {
    if (view.program == model::pool_program(0)) --view.references;
    if (view.program == model::pool_program(1)) ++view.references;
  }
  EXPECT_EQ(to_string(divergence_of(job, run).broken), "order");
  run.programs[1].references += 2;
  EXPECT_EQ(to_string(divergence_of(job, run).broken), "refcount, order");
}

constexpr std::string_view one_packet = R"(mprogcheck 1
netdev d0
prog p0 sched_cls returns next
prog p1 sched_cls returns drop
attach tcx_ingress@d0 p0
attach tcx_ingress@d0 p1
run tcx_ingress@d0
)";

TEST(Judge, tells_findings_about_packets_apart_by_what_became_of_them) {
  const Job job = job_of(one_packet);
  auto run = TamperingOracle::record(job);
  run.steps[2].fate = model::Fate::passed;
  auto divergence = divergence_of(job, run);
  EXPECT_EQ(to_string(divergence.broken), "order");
  EXPECT_EQ(to_string(divergence.fingerprint), "order run run.dropped ok ok dropped passed");
  EXPECT_EQ(summary(divergence), "order: run tcx_ingress@d0: expected the packet dropped, observed it passed");

  run = TamperingOracle::record(job);
  std::swap(run.ran[0], run.ran[1]);
  divergence = divergence_of(job, run);
  EXPECT_EQ(to_string(divergence.fingerprint), "order run run.dropped ok ok dropped dropped permuted");
  const std::string told = describe(job.sequence, divergence);
  EXPECT_NE(told.find(R"(what the packet met:
            expected   observed
    packet  dropped    dropped
  > [0]     p0         p1 (drop)
  > [1]     p1 (drop)  p0
)"),
            std::string::npos)
      << told;
}

TEST(Describe, shows_what_a_packet_met) {
  model::World world = model::world_of(job_of(one_packet).sequence);
  const std::array<model::ProgramIndex, 2> ran{model::pool_program(0), model::pool_program(1)};
  EXPECT_EQ(describe(world, model::Fate::dropped, ran), "ran p0 p1 (drop); packet dropped");
  EXPECT_EQ(describe(world, model::Fate::passed, {}), "ran nothing; packet passed");
}

TEST(Describe, shows_both_sides) {
  const Job job = job_of(two_attaches);
  auto run = TamperingOracle::record(job);
  for (const ListView& view : run.lists)
    if (view.count == 2) std::swap(run.entries[view.first], run.entries[view.first + 1]);
  EXPECT_EQ(describe(job.sequence, divergence_of(job, run)),
            R"(broken    first_last: an attach before nothing is first, after nothing is last
also      order: the list query is the model's list; packets meet its programs in that order, up to the one that decides

step 2 of 2:
        netdev d0, d1
        prog p0..p2 sched_cls returns next
     1  attach tcx_ingress@d0 p0         ok
>    2  attach tcx_ingress@d0 p1 before  ok

expected  ok
observed  ok
rule      mprog.attach: inserted at the position

tcx_ingress@d0:
              before  expected  observed
    revision  2       3         3
    count     1       2         2
  > [0]       p0      p1        p0
  > [1]       -       p0        p1
)");
}

}  // namespace
}  // namespace mprogcheck::properties
