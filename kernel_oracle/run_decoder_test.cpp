// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/run_decoder.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <optional>
#include <set>
#include <vector>

#include "base/text.hpp"
#include "kernel_oracle/wire_trial.hpp"

namespace mprogcheck {
namespace {

using Bytes = std::vector<std::uint8_t>;

struct View {
  model::ListIndex list = 0;
  bool unchanged = false;
  ListView head;
  std::vector<model::Entry> entries;
};
struct SeenStep {
  std::uint16_t error = 0;
  std::vector<View> lists;
  std::optional<View> answer;
  model::Fate fate = model::Fate::none;  ///< none: the step sent no packet
  Bytes ran;
  std::uint8_t next = no_object;  ///< no_object: the step found none
  bool timed = false, objects = false;
  std::uint64_t begin = 0, end = 0;
  std::vector<LinkView> links;
  std::vector<ProgramView> programs;
  std::optional<Bytes> tried;
  std::uint32_t changed = TriedTrials::none;
  bool changed_elsewhere = false;
};

model::Entry any_entry() {
  const auto program = *rc::gen::inRange<unsigned>(0, model::program_count + 1);
  const auto link = *rc::gen::inRange<unsigned>(0, model::link_count + 2);
  return {program == model::program_count ? model::no_program : static_cast<model::ProgramIndex>(program),
          link == model::link_count       ? model::no_link
          : link == model::link_count + 1 ? foreign_link
                                          : static_cast<model::LinkIndex>(link)};
}

View any_view(unsigned list) {
  View view{.list = static_cast<model::ListIndex>(list), .unchanged = false, .head = {}, .entries = {}};
  view.head.outcome.error = *rc::gen::element(0, 28, 19);
  view.head.revision = *rc::gen::arbitrary<std::uint64_t>();
  view.head.count = *rc::gen::arbitrary<std::uint32_t>();
  const auto length = *rc::gen::element(0U, 1U, 2U, 63U, 64U);
  for (unsigned i = 0; i < length; ++i) view.entries.push_back(any_entry());
  return view;
}

std::vector<SeenStep> any_steps() {
  std::vector<SeenStep> steps(*rc::gen::inRange<std::size_t>(0, 6));
  std::uint16_t shown = 0;
  for (SeenStep& step : steps) {
    step.error = *rc::gen::inRange<std::uint16_t>(0, 134);
    const auto lists = *rc::gen::arbitrary<std::uint16_t>();
    for (unsigned list = 0; list < model::list_count; ++list) {
      if ((lists >> list & 1U) == 0) continue;
      if ((shown >> list & 1U) != 0 && *rc::gen::arbitrary<bool>())
        step.lists.push_back(
            {.list = static_cast<model::ListIndex>(list), .unchanged = true, .head = {}, .entries = {}});
      else
        step.lists.push_back(any_view(list));
    }
    shown = static_cast<std::uint16_t>(shown | lists);
    if (*rc::gen::arbitrary<bool>()) {
      step.answer = any_view(*rc::gen::element<unsigned>(0, 7, model::no_list));
      step.answer->head.breach = static_cast<std::uint8_t>(*rc::gen::inRange<int>(0, wire::Breach::all + 1));
    }
    step.fate = static_cast<model::Fate>(*rc::gen::inRange<int>(0, model::fates));
    if (step.fate != model::Fate::none)
      for (auto left = *rc::gen::element<std::size_t>(0, 1, 63, wire::max_passage); left != 0; --left)
        step.ran.push_back(any_entry().program);
    step.next = *rc::gen::element(no_object, foreign_object, std::uint8_t{0},
                                  static_cast<std::uint8_t>(model::program_count - 1));
    step.timed = *rc::gen::arbitrary<bool>();
    if (step.timed) step.begin = *rc::gen::arbitrary<std::uint64_t>(), step.end = *rc::gen::arbitrary<std::uint64_t>();
    if (*rc::gen::arbitrary<bool>()) {
      step.tried = *rc::gen::arbitrary<Bytes>();
      if (!step.tried->empty()) step.changed = *rc::gen::element(TriedTrials::none, 0U, 40'000U);
      step.changed_elsewhere = *rc::gen::arbitrary<bool>();
    }
    step.objects = *rc::gen::arbitrary<bool>();
    if (!step.objects) continue;
    for (unsigned left = *rc::gen::inRange(0U, 4U); left != 0; --left)
      step.links.push_back({.link = static_cast<model::LinkIndex>(*rc::gen::inRange<unsigned>(0, model::link_count)),
                            .alive = *rc::gen::arbitrary<bool>(),
                            .program = any_entry().program,
                            .list = *rc::gen::element<model::ListIndex>(0, 7, model::no_list),
                            .references = *rc::gen::arbitrary<std::uint16_t>(),
                            .outcome = {*rc::gen::inRange(0, 134)}});
    for (unsigned left = *rc::gen::inRange(0U, 4U); left != 0; --left)
      step.programs.push_back(
          {.program = static_cast<model::ProgramIndex>(*rc::gen::inRange<unsigned>(0, model::program_count)),
           .alive = *rc::gen::arbitrary<bool>(),
           .references = *rc::gen::arbitrary<std::uint16_t>()});
  }
  return steps;
}

void put(wire::Buffer& buffer, const View& view) {
  Bytes entries;
  for (const auto& entry : view.entries) entries.push_back(entry.program), entries.push_back(entry.link);
  wire::put_view(buffer,
                 {.error = static_cast<std::uint16_t>(view.head.outcome.error),
                  .revision = view.head.revision,
                  .count = view.head.count,
                  .length = static_cast<std::uint8_t>(view.entries.size())},
                 entries.data());
}

void put_objects(wire::Buffer& buffer, const SeenStep& step) {
  buffer.u8(static_cast<std::uint8_t>(step.links.size()));
  for (const auto& link : step.links)
    wire::put_link(buffer, {.link = link.link,
                            .alive = link.alive,
                            .program = link.program,
                            .list = link.list,
                            .references = link.references,
                            .error = static_cast<std::uint16_t>(link.outcome.error)});
  buffer.u8(static_cast<std::uint8_t>(step.programs.size()));
  for (const auto& program : step.programs)
    wire::put_program(buffer, {program.program, program.alive, program.references});
}

void put_tried(wire::Buffer& buffer, const SeenStep& step) {
  const auto tried = wire::begin_tried(buffer);
  buffer.bytes(step.tried->data(), step.tried->size());
  wire::end_tried(buffer, tried, step.changed, step.changed_elsewhere);
}

/// As the agent writes it; in parts that end after the steps with these numbers.
Bytes encoded(const std::vector<SeenStep>& steps, wire::Ending ending, const std::string& note,
              const std::set<std::uint32_t>& cuts = {}) {
  wire::Buffer buffer;
  auto run = wire::put_run_head(buffer, 5);
  std::uint32_t first = 0, count = 0;
  for (const SeenStep& step : steps) {
    if (cuts.contains(first + count)) {
      wire::end_part(buffer, run, count);
      first += count;
      count = 0;
      run = wire::put_run_head(buffer, 5, first);
    }
    ++count;
    wire::StepHead head{.error = step.error, .lists = 0, .sees = 0};
    for (const View& view : step.lists) head.lists = static_cast<std::uint16_t>(head.lists | 1U << view.list);
    if (step.timed) head.sees |= wire::StepHead::has_times;
    if (step.answer) head.sees |= wire::StepHead::has_answer;
    if (step.fate != model::Fate::none) head.sees |= wire::StepHead::has_passage;
    if (step.next != no_object) head.sees |= wire::StepHead::has_next;
    if (step.objects) head.sees |= wire::StepHead::has_objects;
    if (step.tried) head.sees |= wire::StepHead::has_trials;
    wire::put_step_head(buffer, head);
    if (step.timed) buffer.u64(step.begin), buffer.u64(step.end);
    for (const View& view : step.lists) {
      buffer.u8(static_cast<std::uint8_t>(view.unchanged ? wire::ListTag::unchanged : wire::ListTag::seen));
      if (!view.unchanged) put(buffer, view);
    }
    if (step.answer) {
      buffer.u8(step.answer->list);
      buffer.u8(step.answer->head.breach);
      put(buffer, *step.answer);
    }
    if (step.fate != model::Fate::none) wire::put_passage(buffer, {.fate = step.fate, .programs = step.ran});
    if (step.next != no_object) buffer.u8(step.next);
    if (step.objects) put_objects(buffer, step);
    if (step.tried) put_tried(buffer, step);
  }
  wire::RunHead head;
  head.ending = ending;
  head.at = 3;
  head.steps = count;
  wire::end_run(buffer, run, head, note);
  const auto view = buffer.view();
  return {view.begin(), view.end()};
}

void expect_view(const Run& run, const ListView& got, const View& wanted) {
  RC_ASSERT(got.list == wanted.list);
  RC_ASSERT(got.outcome == wanted.head.outcome);
  RC_ASSERT(got.revision == wanted.head.revision);
  RC_ASSERT(got.count == wanted.head.count);
  RC_ASSERT(got.length == wanted.entries.size());
  for (std::uint32_t i = 0; i < got.length; ++i) RC_ASSERT(run.entries[got.first + i] == wanted.entries[i]);
}

RC_GTEST_PROP(RunDecoder, RunComesBack, (const std::string& note)) {
  const auto steps = any_steps();
  const auto ending = *rc::gen::element(wire::Ending::complete, wire::Ending::unclean, wire::Ending::splat);
  const auto cuts = *rc::gen::container<std::set<std::uint32_t>>(rc::gen::inRange<std::uint32_t>(1, 7));
  const Bytes bytes = encoded(steps, ending, note, cuts);
  wire::Reader reader(bytes);
  Run run;
  RunDecoder decoder;
  do {
    RC_ASSERT(decoder.read(reader, run));
    RC_ASSERT(decoder.number() == 5U);
    RC_ASSERT(decoder.whole() == (reader.left() == 0U));
  } while (!decoder.whole());
  RC_ASSERT(static_cast<int>(run.ending) == static_cast<int>(ending));
  RC_ASSERT(run.note == printable_line(note));
  RC_ASSERT(run.at == 3U);
  RC_ASSERT(run.steps.size() == steps.size());
  std::size_t blocks = 0;
  std::vector<View> last(model::list_count);
  for (std::size_t n = 0; n < steps.size(); ++n) {
    const Step& got = run.steps[n];
    RC_ASSERT(got.outcome.error == steps[n].error);
    RC_ASSERT(got.lists == steps[n].lists.size());
    for (std::uint32_t i = 0; i < got.lists; ++i) {
      const View& wanted = steps[n].lists[i];
      if (!wanted.unchanged) last[wanted.list] = wanted;
      expect_view(run, run.lists[got.first_list + i], last[wanted.list]);
    }
    RC_ASSERT((got.answer >= 0) == steps[n].answer.has_value());
    if (steps[n].answer) {
      expect_view(run, run.lists[static_cast<std::size_t>(got.answer)], *steps[n].answer);
      RC_ASSERT(run.lists[static_cast<std::size_t>(got.answer)].breach == steps[n].answer->head.breach);
    }
    RC_ASSERT(got.fate == steps[n].fate);
    RC_ASSERT(got.next == steps[n].next);
    RC_ASSERT(std::ranges::equal(std::span(run.ran).subspan(got.first_ran, got.ran), steps[n].ran));
    RC_ASSERT(got.begin == steps[n].begin);
    RC_ASSERT(got.end == steps[n].end);
    RC_ASSERT(got.links == steps[n].links.size());
    for (std::uint32_t i = 0; i < got.links; ++i) {
      const LinkView& link = run.links[got.first_link + i];
      const LinkView& wanted = steps[n].links[i];
      RC_ASSERT(std::tie(link.link, link.alive, link.program, link.list, link.references, link.outcome) ==
                std::tie(wanted.link, wanted.alive, wanted.program, wanted.list, wanted.references, wanted.outcome));
    }
    RC_ASSERT(got.programs == steps[n].programs.size());
    for (std::uint32_t i = 0; i < got.programs; ++i) {
      const ProgramView& program = run.programs[got.first_program + i];
      const ProgramView& wanted = steps[n].programs[i];
      RC_ASSERT(std::tie(program.program, program.alive, program.references) ==
                std::tie(wanted.program, wanted.alive, wanted.references));
    }
    if (!steps[n].tried) continue;
    const TriedTrials& tried = run.trials.at(blocks++);
    RC_ASSERT(tried.step == n && tried.changed == steps[n].changed);
    RC_ASSERT(tried.changed_elsewhere == steps[n].changed_elsewhere);
    RC_ASSERT(std::ranges::equal(std::span(run.trial_errnos).subspan(tried.first, tried.length), *steps[n].tried));
  }
  RC_ASSERT(run.trials.size() == blocks);
}

/// Every index of a decoded run is in range: what follows may use it unseen.
void expect_in_range(const Run& run) {
  for (const ListView& view : run.lists) {
    RC_ASSERT(view.list < model::list_count || view.list == model::no_list);
    RC_ASSERT(view.first + view.length <= run.entries.size());
  }
  for (const Step& step : run.steps) {
    RC_ASSERT(step.first_list + step.lists <= run.lists.size());
    RC_ASSERT(step.first_link + step.links <= run.links.size());
    RC_ASSERT(step.first_program + step.programs <= run.programs.size());
    RC_ASSERT(step.first_ran + step.ran <= run.ran.size());
    RC_ASSERT(step.answer < static_cast<std::int32_t>(run.lists.size()));
  }
  for (const TriedTrials& tried : run.trials) {
    RC_ASSERT(tried.step < run.steps.size());
    RC_ASSERT(tried.first + tried.length <= run.trial_errnos.size());
  }
  for (const model::ProgramIndex program : run.ran)
    RC_ASSERT(program < model::program_count || program == model::no_program);
  for (const model::Entry& entry : run.entries) {
    RC_ASSERT(entry.program < model::program_count || entry.program == model::no_program);
    RC_ASSERT(entry.link < model::link_count || entry.link == model::no_link || entry.link == foreign_link);
  }
}

RC_GTEST_PROP(RunDecoder, SpoiltRunsDoNoHarm, ()) {
  Bytes bytes = encoded(any_steps(), wire::Ending::complete, "note");
  for (unsigned left = *rc::gen::inRange(1U, 4U); left != 0; --left)
    bytes[*rc::gen::inRange<std::size_t>(0, bytes.size())] = *rc::gen::arbitrary<std::uint8_t>();
  wire::Reader reader(bytes);
  std::uint32_t number = 0;
  Run run;
  if (decode_run(reader, number, run)) expect_in_range(run);
}

RC_GTEST_PROP(RunDecoder, TruncatedRunsAreRefused, ()) {
  const Bytes whole = encoded(any_steps(), wire::Ending::complete, "note");
  const Bytes part(whole.begin(), whole.begin() + *rc::gen::inRange<std::ptrdiff_t>(0, std::ssize(whole)));
  wire::Reader reader(part);
  std::uint32_t number = 0;
  Run run;
  RC_ASSERT(!decode_run(reader, number, run));
}

/// A part that is not the one that is due: of another run, or with steps missing or told twice.
TEST(RunDecoder, PartsMustFollowEachOther) {
  const auto reads = [](std::uint32_t number, std::uint32_t first) {
    wire::Buffer buffer;
    auto part = wire::put_run_head(buffer, 7);
    wire::put_step_head(buffer, {});
    wire::end_part(buffer, part, 1);
    part = wire::put_run_head(buffer, number, first);
    wire::put_step_head(buffer, {});
    wire::RunHead head;
    head.steps = 1;
    wire::end_run(buffer, part, head, "");
    wire::Reader reader(buffer.view());
    RunDecoder decoder;
    mprogcheck::Run run;
    EXPECT_TRUE(decoder.read(reader, run));
    EXPECT_FALSE(decoder.whole());
    return decoder.read(reader, run) && decoder.whole() && run.steps.size() == 2;
  };
  EXPECT_TRUE(reads(7, 1));
  EXPECT_FALSE(reads(8, 1));
  EXPECT_FALSE(reads(7, 0));
  EXPECT_FALSE(reads(7, 2));
  // Nor does a run begin with its second part; but after a reset with a first one.
  wire::Buffer buffer;
  wire::end_run(buffer, wire::put_run_head(buffer, 7, 1), {}, "");
  wire::Reader reader(buffer.view());
  RunDecoder decoder;
  mprogcheck::Run run;
  EXPECT_FALSE(decoder.read(reader, run));
}

RC_GTEST_PROP(RunDecoder, AnyBytesDoNoHarm, (const Bytes& bytes)) {
  wire::Reader reader(bytes);
  std::uint32_t number = 0;
  mprogcheck::Run run;
  if (decode_run(reader, number, run)) expect_in_range(run);
}

TEST(RunDecoder, UnchangedBeforeItWasShownIsRefused) {
  wire::Buffer buffer;
  const auto at = wire::put_run_head(buffer, 0);
  wire::put_step_head(buffer, {.error = 0, .lists = 1, .sees = 0});
  buffer.u8(static_cast<std::uint8_t>(wire::ListTag::unchanged));
  wire::RunHead head;
  head.steps = 1;
  wire::end_run(buffer, at, head, "");
  wire::Reader reader(buffer.view());
  std::uint32_t number = 0;
  mprogcheck::Run run;
  EXPECT_FALSE(decode_run(reader, number, run));
}

/// A run of one step that answers so many trials, as the answer to a job.
bool is_due(const Job& job, std::optional<std::uint32_t> errnos, mprogcheck::Run& run, std::uint32_t number = 0) {
  wire::Buffer buffer;
  const auto at = wire::put_run_head(buffer, 0);
  wire::put_step_head(buffer, {.error = 0, .lists = 0, .sees = errnos ? wire::StepHead::has_trials : std::uint8_t{0}});
  if (errnos) {
    const auto tried = wire::begin_tried(buffer);
    std::fill_n(buffer.room(*errnos), *errnos, std::uint8_t{22});
    wire::end_tried(buffer, tried, TriedTrials::none, false);
  }
  wire::RunHead head;
  head.steps = 1;
  wire::end_run(buffer, at, head, "");
  wire::Reader reader(buffer.view());
  RunDecoder decoder;
  const Due due(number, job);
  return decoder.read(reader, run, &due);
}

TEST(RunDecoder, NoMoreTrialsAreAnsweredThanWereAsked) {
  Job job;
  job.sequence.operations.assign(1, model::Close{});
  mprogcheck::Run run;
  EXPECT_TRUE(is_due(job, std::nullopt, run));
  EXPECT_FALSE(is_due(job, 0, run)) << "of this step, none";
  mprogcheck::Run bombed;
  EXPECT_FALSE(is_due(job, 200'000, bombed));
  EXPECT_EQ(bombed.trial_errnos.capacity(), 0U) << "refused before it takes memory";
  job.trials.push_back({.step = 0, .which = {}});
  for (const std::uint32_t operation : {0U, 8U, 9U}) job.trials.back().add(operation);
  EXPECT_TRUE(is_due(job, 3, run));
  EXPECT_TRUE(is_due(job, 2, run)) << "the run ends at one that changes something";
  EXPECT_FALSE(is_due(job, 4, run));
  job.trials.back().step = 1;
  EXPECT_FALSE(is_due(job, 3, run)) << "after another step";
}

TEST(RunDecoder, NoMoreStepsAreToldThanWereAsked) {
  Job job;
  mprogcheck::Run run;
  EXPECT_FALSE(is_due(job, std::nullopt, run));
  EXPECT_EQ(run.steps.capacity(), 0U) << "refused before it takes memory";
  job.sequence.operations.assign(1, model::Close{});
  EXPECT_FALSE(is_due(job, std::nullopt, run, 1)) << "of another job";
  EXPECT_TRUE(is_due(job, std::nullopt, run));
}

TEST(RunDecoder, APartTellsSomething) {
  wire::Buffer buffer;
  wire::end_part(buffer, wire::put_run_head(buffer, 0), 0);
  wire::Reader reader(buffer.view());
  RunDecoder decoder;
  mprogcheck::Run run;
  EXPECT_FALSE(decoder.read(reader, run));
}

TEST(RunDecoder, ANoteIsOneCleanLine) {
  const auto note = [](std::string_view sent) {
    wire::Buffer buffer;
    wire::end_run(buffer, wire::put_run_head(buffer, 0), {}, sent);
    wire::Reader reader(buffer.view());
    std::uint32_t number = 0;
    mprogcheck::Run run;
    EXPECT_TRUE(decode_run(reader, number, run));
    return run.note;
  };
  EXPECT_EQ(note("BUG: a plain note"), "BUG: a plain note");
  EXPECT_EQ(note("a\x1b]0;title\a\x1b[31mb\nfindings  none\r\x7f\xc2\x9b"), "ab findings  none");
  EXPECT_LT(note(std::string(60'000, 'A')).size(), 1100U);
}

TEST(RunDecoder, StepsThatCannotBeThereAreNotAllocated) {
  wire::Buffer buffer;
  const auto at = wire::put_run_head(buffer, 0);
  wire::RunHead head;
  head.steps = wire::max_steps;
  wire::end_run(buffer, at, head, "");
  wire::Reader reader(buffer.view());
  std::uint32_t number = 0;
  mprogcheck::Run run;
  EXPECT_FALSE(decode_run(reader, number, run));
  EXPECT_LT(run.steps.capacity(), 1000U);
}

}  // namespace
}  // namespace mprogcheck
