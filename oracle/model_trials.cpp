// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "oracle/model_trials.hpp"

#include <array>
#include <optional>

#include "model/follow.hpp"
#include "oracle/observe.hpp"

namespace mprogcheck {

namespace {

using model::ListIndex;
using model::Operation;
using model::Verdict;
using model::World;

class Tries {
 public:
  Tries(World& world, Misbehaviour* misbehaviour) : world_(world), misbehaviour_(misbehaviour) {
    for (unsigned n = 0; n < model::list_count; ++n) {
      const auto list = static_cast<ListIndex>(n);
      lists_[n] = world_.list(list);
    }
    watched_ = existing();
  }

  /// Its outcome; `changed`, if it did what TriedTrials::changed says.
  model::Outcome try_one(const Operation& operation, bool& changed) {
    const Verdict honest = world_.predict(operation);
    const std::optional<World> before = misbehaviour_ != nullptr ? std::optional(world_) : std::nullopt;
    Verdict verdict = misbehaviour_ != nullptr ? misbehaviour_->decide(world_, operation, honest) : honest;
    const auto list = list_of(operation);
    changed = breaks_its_promise(operation, verdict) || makes_an_object(verdict);
    if (misbehaviour_ == nullptr && verdict.edit.kind == model::Edit::Kind::nothing) return verdict.outcome;
    world_.commit(verdict.edit);
    if (misbehaviour_ != nullptr) {
      misbehaviour_->applied(world_, *before, operation, honest);
      detach_links_without_entry(world_);
    }
    changed = changed || existing() != watched_ || (list ? is_other(*list) : any_is_other());
    return verdict.outcome;
  }

  [[nodiscard]] std::optional<ListIndex> list_of(const Operation& operation) const {
    const auto site = model::site_of(operation);
    return site ? world_.list_at(*site) : std::nullopt;
  }
  [[nodiscard]] bool any_is_other(ListIndex but = model::no_list) const {
    for (unsigned n = 0; n < model::list_count; ++n)
      if (n != but && (watched_ >> n & 1U) != 0 && is_other(static_cast<ListIndex>(n))) return true;
    return false;
  }

 private:
  [[nodiscard]] bool is_other(ListIndex list) const { return !(world_.list(list) == lists_[list]); }

  static bool makes_an_object(const Verdict& verdict) {
    return verdict.edit.kind == model::Edit::Kind::create_link || verdict.edit.kind == model::Edit::Kind::load;
  }

  [[nodiscard]] unsigned existing() const {
    unsigned lists = 0;
    for (unsigned n = 0; n < model::list_count; ++n)
      if (n < world_.sites().size() && world_.has_target(world_.sites().target(static_cast<ListIndex>(n))))
        lists |= 1U << n;
    return lists;
  }

  /// A query and its answer. Its outcome may be another one for the misbehaviour.
  bool breaks_its_promise(const Operation& operation, Verdict& verdict) {
    const auto* const query = std::get_if<model::Query>(&operation);
    if (query == nullptr) return false;
    const auto list = world_.list_at(query->site);
    if (!list || (!verdict.outcome.ok() && verdict.outcome != model::enospc)) return false;
    const model::Answer honest = model::answer_to(world_, *query, *list, world_.traits());
    ListView view = view_of_answer(*list, verdict.outcome, honest);
    entries_.assign(honest.entries().begin(), honest.entries().end());
    if (misbehaviour_ != nullptr) misbehaviour_->answer(world_, *query, view, entries_);
    verdict.outcome = view.outcome;
    return view.breach != 0;
  }

  World& world_;
  Misbehaviour* misbehaviour_;
  unsigned watched_ = 0;
  std::array<model::OrderedList, model::list_count> lists_;  ///< as they were
  std::vector<model::Entry> entries_;
};

}  // namespace

void detach_links_without_entry(World& world) {
  for (unsigned n = 0; n < model::link_count; ++n) {
    model::Link& link = world.mutable_link(static_cast<model::LinkIndex>(n));
    if (link.list != model::no_list && !world.list(link.list).find_link(static_cast<model::LinkIndex>(n)))
      link.list = model::no_list;
  }
}

bool try_in_world(World& world, Misbehaviour* misbehaviour, const Alphabet& alphabet, const Trials& trials, Run& run) {
  TriedTrials tried{.step = trials.step, .first = static_cast<std::uint32_t>(run.trial_errnos.size())};
  Tries tries(world, misbehaviour);
  bool ended = false;
  ListIndex looked_at = model::no_list;
  trial_set::for_each(trials.which, [&](std::uint32_t number) {
    const Operation& operation = alphabet.operations()[number];
    bool changed = false;
    model::Outcome outcome = tries.try_one(operation, changed);
    if (trials.lie == TrialLie::change && trials.lie_at == number) changed = true;
    if (trials.lie == TrialLie::outcome && trials.lie_at == number) outcome.error = lied_errno(outcome.error);
    run.trial_errnos.push_back(recorded_errno(outcome.error));
    if (misbehaviour != nullptr && run.ending == Run::Ending::complete) {
      run.ending = misbehaviour->ending(run.note);
      if (run.ending != Run::Ending::complete) run.at = trials.step;
      ended = run.ending != Run::Ending::complete && run.ending != Run::Ending::unclean;
    }
    if (!changed) return !ended;
    tried.changed = number;
    looked_at = tries.list_of(operation).value_or(model::no_list);
    return false;
  });
  // Of an operation without a list, all were looked at.
  tried.changed_elsewhere =
      (tried.changed == TriedTrials::none || looked_at != model::no_list) && tries.any_is_other(looked_at);
  tried.length = static_cast<std::uint32_t>(run.trial_errnos.size()) - tried.first;
  run.trials.push_back(tried);
  return !ended && tried.changed == TriedTrials::none;
}

}  // namespace mprogcheck
