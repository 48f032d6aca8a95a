// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/replay/replay.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/file.hpp"
#include "campaign/finding/finding.hpp"
#include "campaign/finding/one_run.hpp"
#include "model/language/parse.hpp"
#include "model/language/print.hpp"
#include "model/touched.hpp"
#include "oracle/needs.hpp"
#include "properties/judge/describe.hpp"

namespace mprogcheck {

namespace {

class KeepingSink final : public RunSink {
 public:
  explicit KeepingSink(const Oracle& oracle) : oracle_(oracle) {}
  /// The console at once: after a guest that died the next one is on its way.
  void take(std::size_t /*job*/, Run& run) override {
    run_ = std::move(run);
    if (run_.ending != Run::Ending::complete) console_ = oracle_.console_tail(console_lines);
  }
  Run& run() { return run_; }
  std::string& console() { return console_; }

 private:
  const Oracle& oracle_;
  Run run_;
  std::string console_;
};

}  // namespace

Result<std::vector<NamedSequence>> read_sequences(const std::vector<std::string>& files) {
  // Some editors put one in front of every file.
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf", utf_16_marks[] = {"\xff\xfe", "\xfe\xff"};
  std::vector<NamedSequence> all;
  for (const std::string& given : files) {
    const bool piped = given == "-";
    const std::string file = piped ? "standard input" : given;
    const auto text = read_file(piped ? "/dev/stdin" : given, largest_text, FileKind::any);
    if (!text) return tl::unexpected(text.error());
    for (const std::string_view mark : utf_16_marks)
      if (text->starts_with(mark))
        return fail(Error::Kind::usage, "{}: expected plain text, found UTF-16; save it as UTF-8", file);
    auto sequences = model::parse_cases(
        std::string_view(*text).substr(text->starts_with(byte_order_mark) ? byte_order_mark.size() : 0));
    if (!sequences) return fail(Error::Kind::usage, "{}", sequences.error().to_string(file));
    for (std::size_t i = 0; i < sequences->size(); ++i)
      all.push_back(
          {sequences->size() == 1 ? file : fmt::format("{}#{}", file, i + 1), file, std::move((*sequences)[i])});
  }
  return all;
}

Result<void> can_judge(const model::Sequence& sequence, const OracleIdentity& kernel) {
  if (sequence.operations.empty())
    return fail(Error::Kind::skipped, "nothing to judge: expected an operation, found none");
  return can_run(kernel, sequence);
}

Result<Replay> replay(const model::Sequence& sequence, Oracle& oracle, const Known& known) {
  const auto run_with = [&](model::Traits traits, Depth depth) -> Result<Replay> {
    const Job job{.sequence = sequence, .traits = traits, .depth = depth};
    KeepingSink sink(oracle);
    if (auto ran = oracle.run({&job, 1}, sink); !ran) return tl::unexpected(ran.error());
    Replay result{.verdict = Replay::Verdict::held,
                  .judgement = properties::judge(job, sink.run()),
                  .run = std::move(sink.run()),
                  .traits = traits,
                  .depth = depth,
                  .followed = {},
                  .console = std::move(sink.console()),
                  .known_as = {}};
    if (!result.judgement.malformed.empty()) return malformed_run(result.judgement);
    if (result.judgement.divergence) result.verdict = Replay::Verdict::differs;
    return result;
  };
  auto followed = run_with(known.traits, Depth::deep);
  if (!followed) return followed;
  if (!followed->judgement.divergence) {
    auto fast = run_with(known.traits, Depth::fast);
    if (!fast) return fast;
    if (fast->judgement.divergence) followed = std::move(fast);
  }
  if (const auto& divergence = followed->judgement.divergence) {
    if (const auto place = known.that_is(sequence, *divergence)) {
      followed->known_as = known.states[*place].name;
      if (!known.is_avoided(*place)) followed->verdict = Replay::Verdict::known;
    }
    return followed;
  }
  const model::Traits right = known.traits.without_quirks();
  if (known.traits == right) return followed;
  auto plain = run_with(right, Depth::deep);
  if (!plain || !plain->judgement.divergence) return plain;
  plain->verdict = Replay::Verdict::known;
  plain->followed = Replay::Followed{.run = std::move(followed->run), .traits = known.traits, .deciders = {}};
  for (const KnownState& state : known.states)
    if (state.rule && !state.stale) plain->followed->deciders.emplace_back(*state.rule, state.name);
  return plain;
}

namespace {

/// What the kernel showed of a list after the step; null if it was not looked at.
const ListView* view_of(const Run& run, const Step& step, model::ListIndex list) {
  for (std::uint32_t i = step.first_list; i < step.first_list + step.lists; ++i)
    if (run.lists[i].list == list) return &run.lists[i];
  return nullptr;
}

std::string describe_view(const model::World& world, const Run& run, const ListView& view) {
  if (!view.outcome.ok()) return fmt::format("the query failed with {}", model::to_string(view.outcome));
  model::OrderedList list;
  list.revision = view.revision;
  const auto length = std::min<std::size_t>(view.length, list.slots.size());
  std::copy_n(run.entries.begin() + view.first, length, list.slots.begin());
  list.count = static_cast<std::uint8_t>(length);
  std::string text = properties::describe(world, list);
  if (view.count != view.length) text += fmt::format("; it says that there are {}", view.count);
  return text;
}

/// The lists that the operation may change, as the model has them; where the step differs, those of both that differ
/// come first, and the ones that nobody looked at last.
std::string lists_after(const model::World& world, model::ListSet touched, const Run& run, const Step& step,
                        bool differs) {
  std::string alike, different, unseen;
  for (model::ListIndex list = 0; list < world.sites().size(); ++list) {
    const ListView* const view = differs ? view_of(run, step, list) : nullptr;
    const std::string site = model::print(world.sites()[list]);
    const std::string expected = properties::describe(world, world.list(list));
    const std::string observed = view != nullptr ? describe_view(world, run, *view) : expected;
    if (observed != expected)
      different += fmt::format("      model  {} {}\n      kernel {} {}\n", site, expected, site, observed);
    else if (model::contains(touched, list) && differs && view == nullptr)
      unseen += fmt::format("      {} {}, says the model; the kernel's was not looked at\n", site, expected);
    else if (model::contains(touched, list))
      alike += fmt::format("      {} {}\n", site, expected);
  }
  return different + alike + unseen;
}

}  // namespace

std::string step_by_step(const model::Sequence& sequence, const Replay& replay) {
  const auto& divergence = replay.judgement.divergence;
  const Run& run = replay.followed ? replay.followed->run : replay.run;
  model::World world = model::world_of(sequence, replay.followed ? replay.followed->traits : replay.traits);
  std::string text;
  for (std::size_t i = 0; i < sequence.operations.size() && i < run.steps.size(); ++i) {
    const auto& operation = sequence.operations[i];
    const model::ListSet touched = model::touched_lists(world, operation);
    const model::World before = world;
    const model::Verdict verdict = world.apply(operation);
    const Step& step = run.steps[i];
    const bool differs = !replay.followed && divergence && divergence->step == i;
    std::string how = differs ? "DIFFERS" : "as predicted";
    if (replay.followed)
      for (const auto& [rule, name] : replay.followed->deciders)
        if (rule == verdict.rule) how = fmt::format("KNOWN: {}", name);
    text += fmt::format("{:4}  {}\n", i + 1, model::print(operation));
    text += fmt::format("      model  {:<9} {}: {}\n", model::to_string(verdict.outcome), model::name_of(verdict.rule),
                        model::text_of(verdict.rule).says);
    text += fmt::format("      kernel {:<9} {}\n", model::to_string(step.outcome), how);
    if (step.fate != model::Fate::none)
      text += fmt::format("      {}\n",
                          properties::describe(world, step.fate, std::span(run.ran).subspan(step.first_ran, step.ran)));
    if (const auto* next = std::get_if<model::NextId>(&operation); next != nullptr && step.next != no_object) {
      const auto name = model::name_of_object(world, next->kind, step.next);
      text += fmt::format("      found {}\n", name ? model::print(*name) : "an unknown object");
    }
    if (differs) text += properties::describe_objects(before, world, *divergence);
    text += lists_after(world, touched, run, step, differs);
    if (differs) break;
  }
  if (divergence && replay.followed) text += "\nwithout what is known it differs:\n";
  if (divergence) text += "\n" + properties::describe(sequence, *divergence, replay.traits);
  return text;
}

}  // namespace mprogcheck
