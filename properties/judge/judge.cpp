// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/judge/judge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "model/follow.hpp"
#include "model/hooks/family.hpp"
#include "model/touched.hpp"
#include "properties/judge/fingerprint.hpp"
#include "properties/trial_check.hpp"

namespace mprogcheck::properties {
namespace {

using model::ListSet;
using model::World;

static_assert(sizeof(model::Entry) == 3, "entries are compared as bytes");

bool in_range(std::uint32_t first, std::uint32_t length, std::size_t size) {
  return first <= size && length <= size - first;
}

/// The model's list as bytes against the view's. This is where a campaign without findings spends the judge's time.
bool same(const ListView& view, const model::Entry* entries, const model::OrderedList& list) {
  return view.revision == list.revision && view.count == list.count && view.length == list.count && view.outcome.ok() &&
         view.mode == list.mode &&
         (view.length == 0 || std::memcmp(entries, list.slots.data(), view.length * sizeof(model::Entry)) == 0);
}

/// The model walking along a run. It stops at the first step that differs, or that cannot be compared.
class Walk {
 public:
  Walk(const Job& job, const Run& run) : job_(job), run_(run), world_(world_of(job)) {}

  /// The number of the first step that differs; none if all are as predicted.
  std::optional<std::size_t> first_difference(StepVisitor visitor) {
    const auto& operations = job_.sequence.operations;
    const bool whole = run_.ending == Run::Ending::complete || run_.ending == Run::Ending::unclean;
    if (run_.steps.size() > operations.size() ||
        (whole && run_.steps.size() != operations.size() && !ends_by_a_trial(run_))) {
      malformed_ = fmt::format("expected {} steps, found {}", operations.size(), run_.steps.size());
      return std::nullopt;
    }
    if (malformed_ = trials_are_malformed(job_, run_); !malformed_.empty()) return std::nullopt;
    for (std::size_t i = 0; i < run_.steps.size(); ++i) {
      const Step& step = run_.steps[i];
      if (!indices_are_sound(step, i)) return std::nullopt;
      const model::Operation& operation = operations[i];
      const model::Verdict verdict = world_.predict(operation);
      if (visitor) visitor(world_, operation, verdict);
      ++judged_;
      const bool last = i + 1 == operations.size();
      const ListSet wanted = model::visible_lists(world_, operation, verdict.edit, last || job_.depth == Depth::deep);
      bool differs = step.outcome != verdict.outcome;
      if (step.answer >= 0 && !differs) {
        const ListView& answer = run_.lists[static_cast<std::uint32_t>(step.answer)];
        differs = answer_differs(std::get<model::Query>(operation), verdict, world_, answer, entries_of(answer));
      }
      if (const auto* packet = std::get_if<model::SendPacket>(&operation);
          packet != nullptr && !differs && step.outcome.ok()) {
        if (step.fate == model::Fate::none) {
          malformed_ = fmt::format("step {}: no word of the packet that was sent", i + 1);
          return std::nullopt;
        }
        differs = passage_differs(*packet, world_, step.fate, ran(step));
      }
      if (const auto* next = std::get_if<model::NextId>(&operation); next != nullptr && !differs && step.outcome.ok()) {
        if (step.next == no_object) {
          malformed_ = fmt::format("step {}: no word of the object with the next id", i + 1);
          return std::nullopt;
        }
        differs = next_id_differs(*next, world_, step.next);
      }
      if (verdict.edit.kind != model::Edit::Kind::nothing) {
        world_.commit(verdict.edit);
        compared_.fill(nowhere);
      }
      if (differs || lists_differ(step) || objects_differ(step)) return i;
      // A run cut short may lack what its last step should have shown.
      if (whole && !nothing_is_missing(step, i, wanted, last, operation, verdict)) return std::nullopt;
    }
    return std::nullopt;
  }

  [[nodiscard]] std::uint32_t judged() const { return judged_; }
  [[nodiscard]] const std::string& malformed() const { return malformed_; }

 private:
  static constexpr std::uint32_t nowhere = ~0U;

  [[nodiscard]] std::span<const model::Entry> entries_of(const ListView& view) const {
    return std::span(run_.entries).subspan(view.first, view.length);
  }

  [[nodiscard]] std::span<const model::ProgramIndex> ran(const Step& step) const {
    return std::span(run_.ran).subspan(step.first_ran, step.ran);
  }

  bool indices_are_sound(const Step& step, std::size_t number) {
    const auto sound = [this](const ListView& view) { return in_range(view.first, view.length, run_.entries.size()); };
    bool ok = in_range(step.first_list, step.lists, run_.lists.size()) &&
              in_range(step.first_link, step.links, run_.links.size()) &&
              in_range(step.first_program, step.programs, run_.programs.size()) &&
              in_range(step.first_ran, step.ran, run_.ran.size());
    for (std::uint32_t i = 0; ok && i < step.lists; ++i) {
      const ListView& view = run_.lists[step.first_list + i];
      ok = view.list < world_.sites().size() && sound(view);
    }
    for (std::uint32_t i = 0; ok && i < step.links; ++i) ok = run_.links[step.first_link + i].link < model::link_count;
    for (std::uint32_t i = 0; ok && i < step.programs; ++i)
      ok = run_.programs[step.first_program + i].program < model::program_count;
    if (ok && step.answer >= 0)
      ok = static_cast<std::uint32_t>(step.answer) < run_.lists.size() &&
           sound(run_.lists[static_cast<std::uint32_t>(step.answer)]) &&
           std::holds_alternative<model::Query>(job_.sequence.operations[number]);
    if (!ok) malformed_ = fmt::format("step {}: a view is out of range", number + 1);
    return ok;
  }

  bool lists_differ(const Step& step) {
    seen_ = 0;
    for (std::uint32_t i = 0; i < step.lists; ++i) {
      const std::uint32_t index = step.first_list + i;
      const ListView& view = run_.lists[index];
      seen_ = static_cast<ListSet>(seen_ | 1U << view.list);
      if (compared_[view.list] == index) continue;  // the very view that the unchanged list was compared with before
      const bool whole = model::rules_of(world_.sites().hook(view.list)).tells_links;
      const model::Entry* const entries = run_.entries.data() + view.first;
      if (!(whole ? same(view, entries, world_.list(view.list)) : same(view, entries, world_.shown(view.list))))
        return true;
      compared_[view.list] = index;
    }
    return false;
  }

  bool objects_differ(const Step& step) const {
    for (std::uint32_t i = 0; i < step.links; ++i) {
      const LinkView& view = run_.links[step.first_link + i];
      if (differs(view, world_.link(view.link))) return true;
    }
    for (std::uint32_t i = 0; i < step.programs; ++i) {
      const ProgramView& view = run_.programs[step.first_program + i];
      if (differs(view, world_.program(view.program))) return true;
    }
    return false;
  }

  /// An oracle that shows less than it should would pass everything that it does not show.
  bool nothing_is_missing(const Step& step, std::size_t number, ListSet wanted, bool last,
                          const model::Operation& operation, const model::Verdict& verdict) {
    const ListSet missing = static_cast<ListSet>(wanted & ~seen_);
    if (missing != 0) {
      malformed_ = fmt::format("step {}: no view of list {}", number + 1, std::countr_zero(missing));
      return false;
    }
    if (std::holds_alternative<model::Query>(operation) && step.answer < 0 && model::answers(verdict.rule)) {
      malformed_ = fmt::format("step {}: no answer of the query", number + 1);
      return false;
    }
    if (!last && job_.depth != Depth::deep) return true;
    return objects_are_shown(step, number);
  }

  /// Every link and mortal program that is alive; with counts, the pool and the fillers too, and how often each is
  /// held.
  bool objects_are_shown(const Step& step, std::size_t number) {
    const bool counted = run_.counts && job_.depth == Depth::deep;
    constexpr std::int32_t not_seen = -1;
    std::array<std::int32_t, model::link_count> links;
    std::array<std::int32_t, model::program_count> programs;
    links.fill(not_seen);
    programs.fill(not_seen);
    for (const LinkView& view : std::span(run_.links).subspan(step.first_link, step.links))
      links[view.link] = view.references;
    for (const ProgramView& view : std::span(run_.programs).subspan(step.first_program, step.programs))
      programs[view.program] = view.references;
    const auto is_shown = [&](std::int32_t references, std::string_view kind, unsigned slot) {
      if (references == not_seen)
        malformed_ = fmt::format("step {}: no view of {} {}", number + 1, kind, slot);
      else if (counted && references == unknown_references)
        malformed_ = fmt::format("step {}: the references on {} {} were not counted", number + 1, kind, slot);
      return malformed_.empty();
    };
    for (unsigned link = 0; link < model::link_count; ++link)
      if (world_.link(static_cast<model::LinkIndex>(link)).alive && !is_shown(links[link], "link", link)) return false;
    for (unsigned program = counted ? 0 : model::mortal_program_begin; program < model::program_count; ++program) {
      const bool undeclared = program < model::filler_program_begin && !job_.sequence.declarations.has_program(program);
      if (!undeclared && world_.program(static_cast<model::ProgramIndex>(program)).alive &&
          !is_shown(programs[program], "program", program))
        return false;
    }
    return true;
  }

  const Job& job_;
  const Run& run_;
  World world_;
  std::array<std::uint32_t, model::list_count> compared_ = [] {
    std::array<std::uint32_t, model::list_count> none{};
    none.fill(nowhere);
    return none;
  }();
  ListSet seen_ = 0;
  std::uint32_t judged_ = 0;
  std::string malformed_;
};

template <typename T>
std::span<const T> range(const std::vector<T>& all, std::uint32_t first, std::uint32_t length) {
  return std::span(all).subspan(first, length);
}

void collect_differences(const Evidence& evidence, Divergence& divergence) {
  const auto entries_of = [&](const ListView& view) {
    const auto entries = evidence.entries_of(view);
    return std::vector(entries.begin(), entries.end());
  };
  for (const ListView& view : evidence.lists)
    if (differs(view, evidence.entries_of(view), evidence.after.shown(view.list)))
      divergence.lists.push_back({model::contains(evidence.touched, view.list), evidence.before.shown(view.list),
                                  evidence.after.shown(view.list), view, entries_of(view)});
  for (const LinkView& view : evidence.links)
    if (differs(view, evidence.after.link(view.link)))
      divergence.links.push_back({evidence.after.link(view.link), view});
  for (const ProgramView& view : evidence.programs)
    if (differs(view, evidence.after.program(view.program)))
      divergence.programs.push_back({evidence.after.program(view.program), view});
  if (const auto* packet = std::get_if<model::SendPacket>(&evidence.operation);
      packet != nullptr && evidence.observed.ok() && evidence.verdict.outcome.ok() &&
      passage_differs(*packet, evidence.before, evidence.fate, evidence.ran))
    divergence.passage = PassageDifference{
        model::passage(evidence.before, packet->site), evidence.fate, {evidence.ran.begin(), evidence.ran.end()}};
  if (const auto* next = std::get_if<model::NextId>(&evidence.operation);
      next != nullptr && evidence.observed.ok() && evidence.verdict.outcome.ok() &&
      next_id_differs(*next, evidence.before, evidence.next))
    divergence.next = NextIdDifference{next->kind, *evidence.before.next_id(next->kind, next->id), evidence.next};
  const auto* query = std::get_if<model::Query>(&evidence.operation);
  if (query == nullptr || evidence.answer == nullptr ||
      !answer_differs(*query, evidence.verdict, evidence.before, *evidence.answer,
                      evidence.entries_of(*evidence.answer)))
    return;
  const auto list = evidence.before.list_at(query->site);
  const model::Answer expected = model::answer_to(evidence.before, *query, *list, evidence.before.traits());
  divergence.answer = AnswerDifference{expected.revision,
                                       {expected.entries().begin(), expected.entries().end()},
                                       expected.count,
                                       expected.mode,
                                       breach_of(expected),
                                       *evidence.answer,
                                       entries_of(*evidence.answer)};
}

/// Everything about one step. The model is taken there anew: divergences are rare, copies of the world are not free.
Divergence examine(const Job& job, const Run& run, std::size_t number) {
  Divergence divergence;
  divergence.step = number;
  World before = world_of(job);
  const auto& operations = job.sequence.operations;
  if (number >= operations.size()) return divergence;
  for (std::size_t i = 0; i < number; ++i) before.apply(operations[i]);
  divergence.operation = operations[number];
  divergence.verdict = before.predict(divergence.operation);
  divergence.observed = divergence.verdict.outcome;
  if (number >= run.steps.size()) return divergence;  // the run ended before the step did

  World after = before;
  after.commit(divergence.verdict.edit);
  const Step& step = run.steps[number];
  divergence.observed = step.outcome;
  const Evidence evidence{
      .before = before,
      .operation = divergence.operation,
      .verdict = divergence.verdict,
      .after = after,
      .touched = model::touched_lists(before, divergence.operation),
      .observed = step.outcome,
      .lists = range(run.lists, step.first_list, step.lists),
      .links = range(run.links, step.first_link, step.links),
      .programs = range(run.programs, step.first_program, step.programs),
      .entries = run.entries,
      .answer = step.answer >= 0 ? &run.lists[static_cast<std::uint32_t>(step.answer)] : nullptr,
      .fate = step.fate,
      .ran = range(run.ran, step.first_ran, step.ran),
      .next = step.next,
  };
  divergence.broken = broken_by(evidence);
  collect_differences(evidence, divergence);
  return divergence;
}

/// Without the guess at which run left it: in deep depth there is none.
std::string_view what_was_left(const Run& run) {
  const std::string_view note = run.note;
  return run.unchecked == 0 ? note : note.substr(0, note.find(" (after this sequence or one of"));
}

/// How the run ended, if that is the finding rather than what the step showed.
std::string ending_of(const Run& run, bool step_differs) {
  switch (run.ending) {
    case Run::Ending::complete:
      return {};
    case Run::Ending::unclean:
      if (step_differs) return {};
      return run.note.empty() ? "unclean" : "unclean: " + without_numbers(what_was_left(run));
    case Run::Ending::splat:
      return run.note.empty() ? "splat" : without_numbers(run.note);
    case Run::Ending::hung:
      return "hung";
    case Run::Ending::lost:
      return "lost";
  }
  return {};
}

Fingerprint fingerprint_of(const Divergence& divergence, std::string ending) {
  // At which step a guest dies is known roughly at best, so call and rule are no part of what a crash is.
  if (!ending.empty()) return {divergence.primary, {}, {}, {}, {}, std::move(ending)};
  Fingerprint fingerprint{divergence.primary,      std::string(model::call_name(divergence.operation)),
                          divergence.verdict.rule, divergence.verdict.outcome,
                          divergence.observed,     {}};
  if (divergence.passage) {
    fingerprint.expected_fate = model::fate_of(divergence.passage->expected.rule);
    fingerprint.observed_fate = divergence.passage->fate;
  }
  fingerprint.how = how_it_differs(divergence);
  return fingerprint;
}

}  // namespace

std::string to_string(const Fingerprint& fingerprint) {
  if (!fingerprint.ending.empty()) return fmt::format("{} {}", name_of(fingerprint.property), fingerprint.ending);
  std::string text =
      fmt::format("{} {} {} {} {}", name_of(fingerprint.property), fingerprint.call, model::name_of(fingerprint.rule),
                  model::to_string(fingerprint.expected), model::to_string(fingerprint.observed));
  if (fingerprint.expected_fate != model::Fate::none)
    text += fmt::format(" {} {}", model::name_of(fingerprint.expected_fate), model::name_of(fingerprint.observed_fate));
  if (!fingerprint.how.empty()) text += " " + fingerprint.how;
  return text;
}

Judgement judge(const Job& job, const Run& run, StepVisitor visitor) {
  Judgement judgement;
  Walk walk(job, run);
  const auto difference = walk.first_difference(visitor);
  judgement.judged = walk.judged();
  judgement.unjudged = static_cast<std::uint32_t>(job.sequence.operations.size()) - judgement.judged;
  judgement.malformed = walk.malformed();
  if (!judgement.malformed.empty() || (!difference && run.ending == Run::Ending::complete)) return judgement;

  const auto& operations = job.sequence.operations;
  const bool unclean = run.ending == Run::Ending::unclean;
  const std::size_t last = operations.empty() ? 0 : operations.size() - 1;
  const std::size_t ended_at = unclean ? last : std::min<std::size_t>(run.at, last);
  Divergence divergence = examine(job, run, difference.value_or(ended_at));
  divergence.ending = run.ending;
  divergence.note = run.note;
  if (unclean && !difference) divergence.broken.add(run.miscounted ? Property::refcount : Property::lifecycle);
  if (run.ending != Run::Ending::complete && !unclean) divergence.broken.add(Property::no_splat);
  divergence.primary = divergence.broken.primary();
  divergence.fingerprint = fingerprint_of(divergence, ending_of(run, difference.has_value()));
  judgement.divergence = std::move(divergence);
  return judgement;
}

}  // namespace mprogcheck::properties
