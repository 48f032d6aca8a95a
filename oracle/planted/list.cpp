// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Faults of the ordered list: where an entry goes, which one is taken, how many there may be.
#include <array>

#include "model/follow.hpp"
#include "oracle/planted/kit.hpp"

namespace mprogcheck::planted {
namespace {

namespace flag = model::flag;

bool is_relative(const Operation& operation, std::uint32_t directive) {
  return (flags_of(operation) & directive) != 0 && (flags_of(operation) & flag::replace) == 0 &&
         has_relative(operation);
}
bool is_end(const Operation& operation, std::uint32_t directive) {
  return (flags_of(operation) & directive) != 0 && (flags_of(operation) & flag::replace) == 0 &&
         !has_relative(operation);
}

Verdict inserted_at(Verdict verdict, unsigned position) {
  verdict.edit.position = static_cast<std::uint8_t>(position);
  return verdict;
}

Verdict before_off_by_one(const World&, const Operation& operation, const Verdict& honest) {
  if (!is_insert(honest) || !is_relative(operation, flag::before) || honest.edit.position == 0) return honest;
  return inserted_at(honest, honest.edit.position - 1U);
}

Verdict after_appends(const World& world, const Operation& operation, const Verdict& honest) {
  if (!is_insert(honest) || !is_relative(operation, flag::after)) return honest;
  return inserted_at(honest, world.list(honest.edit.list).count);
}

Verdict before_nothing_appends(const World& world, const Operation& operation, const Verdict& honest) {
  if (!is_insert(honest) || !is_end(operation, flag::before)) return honest;
  return inserted_at(honest, world.list(honest.edit.list).count);
}

Verdict after_nothing_prepends(const World&, const Operation& operation, const Verdict& honest) {
  if (!is_insert(honest) || !is_end(operation, flag::after)) return honest;
  return inserted_at(honest, 0);
}

Verdict both_directives_take_before(const World& world, const Operation& operation, const Verdict& honest) {
  constexpr std::uint32_t both = flag::before | flag::after;
  if (honest.rule != Rule::disagree || (flags_of(operation) & both) != both) return honest;
  return world.predict(changed(operation, [](auto& call) { call.flags &= ~flag::after; }));
}

Verdict unattached_relative_appends(const World& world, const Operation& operation, const Verdict& honest) {
  if (honest.rule != Rule::relative_absent || is<model::Detach>(operation)) return honest;
  if ((flags_of(operation) & flag::replace) != 0) return honest;
  return world.predict(changed(operation, [](auto& call) {
    call.flags = 0;
    call.relative = {};
  }));
}

Verdict exists_not_checked_for_links(const World& world, const Operation& operation, const Verdict& honest) {
  if (honest.rule != Rule::attach_exists || !is<model::CreateLink>(operation)) return honest;
  const auto list = list_named(world, operation);
  if (flags_of(operation) != 0 || has_relative(operation) || world.list(list).full()) return honest;
  const auto program = world.denoted_by_fd(std::get<model::CreateLink>(operation).program);
  return {model::success, Rule::link_done,
          Edit{.kind = Edit::Kind::create_link,
               .list = list,
               .position = world.list(list).count,
               .program = program.object,
               .name = std::get<model::CreateLink>(operation).name}};
}

/// The 64th entry is in no list of the model's: it is remembered here and shown.
struct OneEntryTooMany final : Misbehaviour {
  std::array<model::Entry, model::list_count> extra{};

  void begin() override { extra.fill({}); }
  Verdict decide(const World& world, const Operation& operation, const Verdict& honest) override {
    const auto* attach = std::get_if<model::Attach>(&operation);
    if (honest.rule != Rule::attach_full || attach == nullptr) return honest;
    const auto list = list_named(world, operation);
    if (extra[list].program != model::no_program) return honest;
    extra[list].program = world.denoted_by_fd(attach->program).object;
    return {model::success, Rule::attach_done, {}};
  }
  void show(const World&, ListView& view, std::vector<model::Entry>& entries) override {
    if (extra[view.list].program == model::no_program || entries.size() != model::OrderedList::mprog_capacity) return;
    entries.push_back(extra[view.list]);
    ++view.count;
    ++view.revision;
  }
};

constexpr unsigned short_capacity = model::OrderedList::mprog_capacity - 1;

Verdict capacity_one_short(const World& world, const Operation&, const Verdict& honest) {
  if (is_insert(honest) && world.list(honest.edit.list).count == short_capacity)
    return refuse(model::erange, Rule::attach_full);
  if (honest.edit.kind != Edit::Kind::fill || honest.edit.position <= short_capacity ||
      world.list(honest.edit.list).full())
    return honest;
  Verdict verdict = inserted_at(honest, short_capacity);
  verdict.outcome = model::erange;
  return verdict;
}

/// A bug that kernels have, of the entries that no link owns.
Verdict full_list_keeps_tail(const World& world, const Operation& operation, const Verdict& honest) {
  if (honest.rule != Rule::detach_done) return honest;
  return model::follow(model::Quirk::full_list_keeps_tail, world, operation, honest);
}

void replace_moves_to_end(World& world, const World&, const Operation&, const Verdict& honest) {
  if (honest.rule != Rule::replace_done) return;
  auto& list = world.mutable_list(honest.edit.list);
  const auto entry = list.slots[honest.edit.position];
  list.remove(honest.edit.position);
  list.insert(list.count, entry);
}

Verdict detach_before_first_removes_nothing(const World&, const Operation& operation, const Verdict& honest) {
  const auto* detach = std::get_if<model::Detach>(&operation);
  const bool first = detach != nullptr && honest.rule == Rule::detach_done && honest.edit.position == 0 &&
                     detach->program.is_zero() && is_relative(operation, flag::before);
  return first ? refuse(model::enoent, Rule::detach_absent) : honest;
}

Verdict detach_last_removes_first(const World& world, const Operation& operation, const Verdict& honest) {
  const auto* detach = std::get_if<model::Detach>(&operation);
  if (detach == nullptr || honest.rule != Rule::detach_done || !detach->program.is_zero() || detach->flags != 0 ||
      world.list(honest.edit.list).slots[0].link != model::no_link)
    return honest;
  return inserted_at(honest, 0);
}

constexpr std::array<PlantedFault, 14> faults{{
    {"before_off_by_one", "an attach before a relative goes one entry too far", "order",
     make<Decides<before_off_by_one>>},
    {"after_appends", "an attach after a relative goes to the end", "order", make<Decides<after_appends>>},
    {"before_nothing_appends", "an attach before nothing goes to the end", "first_last",
     make<Decides<before_nothing_appends>>},
    {"after_nothing_prepends", "an attach after nothing goes to the start", "first_last",
     make<Decides<after_nothing_prepends>>},
    {"both_directives_take_before", "BEFORE and AFTER together are taken for BEFORE", "order outcome ownership",
     make<Decides<both_directives_take_before>>},
    {"unattached_relative_appends", "a relative that is not in the list is ignored", "order",
     make<Decides<unattached_relative_appends>>},
    {"exists_not_checked_for_links", "a link attaches a program that is in the list already", "order",
     make<Decides<exists_not_checked_for_links>>},
    {"one_entry_too_many", "a 64th program is let in", "capacity", make<OneEntryTooMany>},
    {"capacity_one_short", "the 63rd program is refused", "capacity", make<Decides<capacity_one_short>>},
    {"full_list_keeps_tail", "the last of 63 entries cannot be detached by position", "capacity",
     make<Decides<full_list_keeps_tail>>},
    {"replace_moves_to_end", "a replaced entry goes to the end", "order", make<Leaves<replace_moves_to_end>>},
    {"detach_before_first_removes_nothing", "a detach before the first entry finds nothing instead of the first",
     "outcome", make<Decides<detach_before_first_removes_nothing>>},
    {"detach_last_removes_first", "a detach without program and flags takes the first entry", "order",
     make<Decides<detach_last_removes_first>>},
    {"replace_needs_room", "a full list refuses a replace", "capacity",
     make<Decides<[](const World& world, const Operation&, const Verdict& honest) {
       return honest.rule == Rule::replace_done && world.list(honest.edit.list).full()
                  ? refuse(model::erange, Rule::attach_full)
                  : honest;
     }>>},
}};

}  // namespace

std::span<const PlantedFault> list_faults() {
  return faults;
}

}  // namespace mprogcheck::planted
