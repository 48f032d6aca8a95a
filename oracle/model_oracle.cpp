// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "oracle/model_oracle.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "model/follow.hpp"
#include "oracle/model_at_rest.hpp"
#include "oracle/model_trials.hpp"
#include "oracle/observe.hpp"

namespace mprogcheck {
namespace {

using model::Entry;
using model::ListSet;
using model::Verdict;
using model::World;

/// The slots that the specification gives to the objects of a world that misbehaves. The two drift apart as soon as an
/// object outlives its time; an oracle knows objects by what it was told when they were made, as the guest knows ids.
template <std::size_t size>
class Slots {
 public:
  Slots() {
    to_world_.fill(none);
    to_model_.fill(none);
  }
  void made(std::size_t in_world, std::size_t in_model) {
    if (to_world_[in_model] != none) to_model_[to_world_[in_model]] = none;
    to_world_[in_model] = static_cast<std::uint8_t>(in_world);
    to_model_[in_world] = static_cast<std::uint8_t>(in_model);
  }
  void made_unforeseen(std::size_t in_world) { to_model_[in_world] = none; }
  /// none: was never made
  [[nodiscard]] std::uint8_t in_world(std::size_t in_model) const { return to_world_[in_model]; }
  [[nodiscard]] std::uint8_t in_model(std::size_t in_world) const { return to_model_[in_world]; }
  static constexpr std::uint8_t none = 0xff;

 private:
  std::array<std::uint8_t, size> to_world_{}, to_model_{};
};

/// One sequence on its way through a world.
class Session {
 public:
  Session(const Job& job, Run& run, Misbehaviour* misbehaviour, model::Traits traits)
      : job_(job),
        run_(run),
        misbehaviour_(misbehaviour),
        world_(job.sequence.declarations, traits, sites_of(job)),
        model_(world_) {
    if (const auto about = lie_about(job.sequence, job.lie, job.lie_at, job.traits)) {
      lie_ = job.lie;
      lie_on_ = *about;
    }
    for (unsigned n = 0; n < model::mortal_program_begin; ++n) programs_.made(n, n);
  }

  void run() {
    const auto& operations = job_.sequence.operations;
    auto trials = job_.trials.begin();
    for (std::size_t i = 0; i < operations.size(); ++i) {
      number_ = i;
      last_ = i + 1 == operations.size();
      if (!take(operations[i])) return;
      if (trials == job_.trials.end() || trials->step != i) continue;
      if (try_in_world(world_, misbehaviour_, *job_.alphabet, *trials++, run_)) continue;
      if (run_.ending != Run::Ending::complete && run_.ending != Run::Ending::unclean) return;
      break;
    }
    run_.counted = run_.counts;
    look_at_rest();
    lie_about_the_ending();
  }

 private:
  [[nodiscard]] bool lies(Lie lie) const {
    if (lie_ != lie) return false;
    return is_about_the_end(lie) ? last_ : number_ == job_.lie_at;
  }

  /// False if the run ends here.
  bool take(const model::Operation& operation) {
    const World& reference = misbehaviour_ != nullptr ? model_ : world_;
    const model::Edit edit = reference.predict(operation).edit;
    const ListSet touched = model::visible_lists(reference, operation, edit, false);
    const ListSet observed = observed_lists(job_.depth, last_, reference, operation, edit);

    Step step;
    Verdict verdict = world_.predict(operation);
    if (misbehaviour_ == nullptr) {
      remember_objects(verdict, verdict);
      answer(operation, verdict, step);
      send(operation, verdict, step);
      find_next(operation, verdict, step);
      world_.commit(verdict.edit);
    } else {
      const Verdict honest = verdict;
      const World before = world_;
      verdict = misbehaviour_->decide(world_, operation, honest);
      const Verdict expected = model_.predict(operation);
      remember_objects(verdict, expected);
      answer(operation, verdict, step);
      send(operation, verdict, step);
      find_next(operation, verdict, step);
      world_.commit(verdict.edit);
      misbehaviour_->applied(world_, before, operation, honest);
      detach_links_without_entry(world_);
      model_.commit(expected.edit);
    }
    step.outcome = verdict.outcome;
    if (lies(Lie::permission) && !operation.caller.is_root())
      step.outcome = verdict.outcome == model::eperm ? model::success : model::eperm;
    if (lies(Lie::outcome)) step.outcome = verdict.outcome == model::einval ? model::erange : model::einval;

    if (lies(Lie::capacity) && lie_on_ != 0) step.outcome = model::success;

    const bool changed = verdict.edit.kind != model::Edit::Kind::nothing;
    show_lists(step, observed, touched, changed);
    if (last_ || job_.depth == Depth::deep) show_objects(step);
    if (misbehaviour_ != nullptr) {
      const auto ending = misbehaviour_->ending(run_.note);
      if (ending != Run::Ending::complete) {
        run_.ending = ending;
        run_.at = static_cast<std::uint32_t>(number_);
      }
      if (ending == Run::Ending::hung || ending == Run::Ending::lost) return false;
    }
    run_.steps.push_back(step);
    return run_.ending == Run::Ending::complete || run_.ending == Run::Ending::unclean;
  }

  void remember_objects(const Verdict& taken, const Verdict& expected) {
    using Kind = model::Edit::Kind;
    const World& reference = misbehaviour_ != nullptr ? model_ : world_;
    if (taken.edit.kind == Kind::create_link) {
      if (expected.edit.kind == Kind::create_link)
        links_.made(world_.next_link(), reference.next_link());
      else
        links_.made_unforeseen(world_.next_link());
    }
    if (taken.edit.kind == Kind::load && expected.edit.kind == Kind::load)
      programs_.made(world_.next_mortal(), reference.next_mortal());
  }

  void answer(const model::Operation& operation, Verdict& verdict, Step& step) {
    const auto* query = std::get_if<model::Query>(&operation);
    if (query == nullptr) return;
    const auto index = world_.list_at(query->site);
    const bool writes = verdict.outcome.ok() || verdict.outcome == model::enospc;
    if (!index || !writes) return;
    const model::Answer honest = model::answer_to(world_, *query, *index, world_.traits());
    ListView view = view_of_answer(*index, verdict.outcome, honest);
    entries_.assign(honest.entries().begin(), honest.entries().end());
    if (misbehaviour_ != nullptr) misbehaviour_->answer(world_, *query, view, entries_);
    if (lies(Lie::answer)) ++view.count;
    verdict.outcome = view.outcome;
    step.answer = static_cast<std::int32_t>(run_.lists.size());
    record(view);
  }

  void send(const model::Operation& operation, const Verdict& verdict, Step& step) {
    const auto* packet = std::get_if<model::SendPacket>(&operation);
    if (packet == nullptr) return;
    step.first_ran = static_cast<std::uint32_t>(run_.ran.size());
    if (!verdict.outcome.ok() || !world_.has_way(packet->site)) return;
    const model::Passage passage = model::passage(world_, packet->site);
    way_.assign(passage.ran().begin(), passage.ran().end());
    step.fate = model::fate_of(passage.rule);
    if (misbehaviour_ != nullptr) misbehaviour_->ran(world_, packet->site, way_, step.fate);
    if (misbehaviour_ != nullptr)
      for (model::ProgramIndex& program : way_) program = programs_.in_model(program);
    if (lies(Lie::passage)) lie_about_passage();
    if (lies(Lie::fate)) step.fate = step.fate == model::Fate::passed ? model::Fate::dropped : model::Fate::passed;
    step.ran = static_cast<std::uint32_t>(way_.size());
    run_.ran.insert(run_.ran.end(), way_.begin(), way_.end());
  }

  void find_next(const model::Operation& operation, Verdict& verdict, Step& step) {
    const auto* call = std::get_if<model::NextId>(&operation);
    const bool asks = verdict.rule == model::Rule::next_id_done || verdict.rule == model::Rule::next_id_none;
    if (call == nullptr || !asks) return;
    auto found = world_.next_id(call->kind, call->id);
    if (misbehaviour_ != nullptr) misbehaviour_->next(world_, *call, found);
    verdict.outcome = found ? model::success : model::enoent;
    if (!found) return;
    step.next = *found;
    if (misbehaviour_ == nullptr) return;
    step.next = call->kind == model::ObjectKind::link ? links_.in_model(*found) : programs_.in_model(*found);
    if (step.next == no_object) step.next = foreign_object;
  }

  void lie_about_passage() {
    if (way_.size() >= 2 && way_.front() != way_.back())
      std::swap(way_.front(), way_.back());
    else
      way_.push_back(model::no_program);
  }

  void show_lists(Step& step, ListSet observed, ListSet touched, bool changed) {
    const bool lying = lies(Lie::isolation) || lies_about_the_list();
    // As the wire does: what was seen before and did not change is not said again.
    if (misbehaviour_ == nullptr && !lying && !changed && observed == shown_ && observed != 0) {
      step.first_list = shown_first_;
      step.lists = static_cast<std::uint32_t>(std::popcount(observed));
      return;
    }
    step.first_list = static_cast<std::uint32_t>(run_.lists.size());
    step.lists = static_cast<std::uint32_t>(std::popcount(observed));
    const auto lowest = [](ListSet set) { return static_cast<model::ListIndex>(std::countr_zero(set)); };
    const model::ListIndex own = touched != 0 ? lowest(touched) : model::no_list;
    const auto untouched = static_cast<ListSet>(observed & ~touched);
    const model::ListIndex other = untouched != 0 ? lowest(untouched) : model::no_list;
    for (ListSet rest = observed; rest != 0; rest = static_cast<ListSet>(rest & (rest - 1))) {
      const model::ListIndex index = lowest(rest);
      const model::OrderedList list = world_.shown(index);
      ListView view{.list = index, .outcome = {}, .revision = list.revision, .count = list.count, .mode = list.mode};
      entries_.assign(list.entries().begin(), list.entries().end());
      if (misbehaviour_ != nullptr) misbehaviour_->show(world_, view, entries_);
      if (lies(Lie::isolation) && index == other) ++view.revision;
      if (index == own) lie_about_list(view);
      record(view);
    }
    shown_ = lying ? ListSet{0} : observed;
    shown_first_ = step.first_list;
  }

  [[nodiscard]] bool lies_about_the_list() const {
    return lies(Lie::revision) || lies(Lie::order) || lies(Lie::ownership) || lies(Lie::capacity) ||
           lies(Lie::atomic) || lies(Lie::first_last);
  }

  void lie_about_list(ListView& view) {
    if (lies(Lie::revision)) ++view.revision;
    if (lies(Lie::order)) {
      if (entries_.size() >= 2 && entries_.front() != entries_.back())
        std::swap(entries_.front(), entries_.back());
      else
        entries_.push_back({});  // an entry of nobody's
    }
    if (lies(Lie::ownership))
      for (Entry& entry : entries_)
        if (entry.link == lie_on_) entry.link = model::no_link;
    if (lies(Lie::capacity) && lie_on_ == 0) entries_.resize(model::OrderedList::capacity + 1);
    if (lies(Lie::atomic)) {
      if (entries_.empty())
        entries_.push_back({});
      else
        entries_.pop_back();
    }
    // A world that misbehaves may have fewer than the lie is about.
    if (lies(Lie::first_last) && entries_.size() >= 2) {
      if (lie_on_ == 0)
        std::swap(entries_[0], entries_[1]);
      else
        std::swap(entries_.back(), entries_[entries_.size() - 2]);
    }
    if (lies_about_the_list()) view.count = static_cast<std::uint32_t>(entries_.size());
  }

  /// Without a misbehaviour nothing is left, by construction.
  void look_at_rest() {
    if (misbehaviour_ == nullptr || run_.ending != Run::Ending::complete) return;
    auto left = left_at_rest(world_, job_.sequence.declarations, run_.counts);
    if (!left) return;
    run_.ending = Run::Ending::unclean;
    run_.at = static_cast<std::uint32_t>(number_);
    run_.note = std::move(left->note);
    run_.miscounted = left->miscounted;
  }

  void lie_about_the_ending() {
    if ((!lies(Lie::no_splat) && !lies(Lie::leak)) || run_.ending != Run::Ending::complete) return;
    run_.ending = lies(Lie::no_splat) ? Run::Ending::splat : Run::Ending::unclean;
    run_.at = static_cast<std::uint32_t>(number_);
    run_.miscounted = lies(Lie::leak);
    run_.note = lies(Lie::no_splat) ? std::string(lied_splat) : "references: one too many " + std::string(lie_mark);
  }

  /// The view with entries_ in the model's terms.
  void record(ListView view) {
    if (misbehaviour_ != nullptr)
      for (Entry& entry : entries_) {
        if (entry.program != model::no_program) entry.program = programs_.in_model(entry.program);
        if (entry.link == model::no_link) continue;
        const auto slot = links_.in_model(entry.link);
        entry.link = slot != links_.none ? slot : foreign_link;
      }
    view.first = static_cast<std::uint32_t>(run_.entries.size());
    view.length = static_cast<std::uint32_t>(entries_.size());
    run_.entries.insert(run_.entries.end(), entries_.begin(), entries_.end());
    run_.lists.push_back(view);
  }

  void show_objects(Step& step) {
    step.first_link = static_cast<std::uint32_t>(run_.links.size());
    for (unsigned n = 0; n < model::link_count; ++n)
      if (const auto slot = links_.in_world(n); slot != links_.none) run_.links.push_back(view_of_link(n, slot));
    step.links = static_cast<std::uint32_t>(run_.links.size()) - step.first_link;
    step.first_program = static_cast<std::uint32_t>(run_.programs.size());
    for (unsigned n = 0; n < model::program_count; ++n) {
      const auto slot = programs_.in_world(n);
      if (slot == programs_.none || (!run_.counts && n < model::mortal_program_begin)) continue;
      if (n < Name::pool_count && !job_.sequence.declarations.has_program(n)) continue;
      const model::Program& program = world_.program(slot);
      run_.programs.push_back({static_cast<model::ProgramIndex>(n), program.alive, counted(program.references)});
    }
    step.programs = static_cast<std::uint32_t>(run_.programs.size()) - step.first_program;
    if (lies(Lie::references) && run_.counts) lie_about_references(step);
    if (!lies(Lie::lifecycle)) return;
    if (step.links != 0)
      run_.links[step.first_link].alive = !run_.links[step.first_link].alive;
    else
      for (auto i = step.first_program; i < run_.programs.size(); ++i)
        if (run_.programs[i].program >= model::mortal_program_begin) {
          run_.programs[i].alive = !run_.programs[i].alive;
          break;
        }
  }

  void lie_about_references(const Step& step) {
    for (auto i = step.first_link; i < run_.links.size(); ++i)
      if (run_.links[i].alive) {
        ++run_.links[i].references;
        return;
      }
    for (auto i = step.first_program; i < run_.programs.size(); ++i) {
      ProgramView& view = run_.programs[i];
      const bool filler = view.program >= model::filler_program_begin && view.program < model::mortal_program_begin;
      if (!view.alive || filler) continue;
      ++view.references;
      return;
    }
  }

  [[nodiscard]] std::uint16_t counted(std::uint16_t references) const {
    return run_.counts ? references : unknown_references;
  }

  [[nodiscard]] LinkView view_of_link(unsigned in_model, unsigned in_world) const {
    const model::Link& link = world_.link(static_cast<model::LinkIndex>(in_world));
    LinkView view{.link = static_cast<model::LinkIndex>(in_model), .alive = link.alive};
    if (!link.alive) return view;
    view.program = misbehaviour_ != nullptr ? programs_.in_model(link.program) : link.program;
    view.list = link.list;
    view.references = counted(link.references);
    return view;
  }

  using Name = model::Name;
  const Job& job_;
  Run& run_;
  Misbehaviour* misbehaviour_;
  World world_;  ///< what happens
  World model_;  ///< what should; kept only beside a misbehaviour
  Slots<model::link_count> links_;
  Slots<model::program_count> programs_;
  std::vector<Entry> entries_;
  std::vector<model::ProgramIndex> way_;  ///< of a packet
  Lie lie_ = Lie::none;                   ///< none, if the one that was asked for cannot be told
  std::uint8_t lie_on_ = 0;
  std::size_t number_ = 0;
  bool last_ = false;
  ListSet shown_ = 0;
  std::uint32_t shown_first_ = 0;
};

}  // namespace

ModelOracle::ModelOracle(model::Traits traits) : ModelOracle("model", nullptr, traits) {}

ModelOracle::ModelOracle(std::string source, std::unique_ptr<Misbehaviour> misbehaviour, model::Traits traits)
    : identity_{.source = std::move(source),
                .release = {},
                .accelerator = "none",
                .features = {std::string(feature_refcnt), std::string(feature_run), std::string(feature_device),
                             std::string(feature_qdisc), std::string(feature_pin), std::string(feature_next_id)}},
      misbehaviour_(std::move(misbehaviour)),
      traits_(traits) {
  identity_.features.emplace_back(feature_veth);
  for (const model::FamilyRow& row : model::family_rows) identity_.features.emplace_back(row.feature);
  for (unsigned n = 0; n < model::extension_count; ++n)
    if (const auto part = static_cast<model::Extension>(n); !traits.lacks(part))
      identity_.features.emplace_back(model::name_of(part));
  for (const model::GuestObject& object : model::guest_objects) identity_.features.emplace_back(object.name);
}

void ModelOracle::stop_counting() {
  counts_ = false;
  std::erase(identity_.features, feature_refcnt);
}

Result<void> ModelOracle::run(std::span<const Job> jobs, RunSink& sink) {
  if (auto able = trial_needs_.can_try(identity_, jobs); !able) return able;
  Run run;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    run.clear();
    run.counts = counts_;
    run.steps.reserve(jobs[i].sequence.operations.size());
    if (misbehaviour_) misbehaviour_->begin();
    Session(jobs[i], run, misbehaviour_.get(), traits_).run();
    sink.take(i, run);
  }
  return {};
}

}  // namespace mprogcheck
