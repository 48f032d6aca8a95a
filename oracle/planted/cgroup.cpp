// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What a kernel could get wrong about the hooks of cgroups (kernel/bpf/cgroup.c).
#include <algorithm>
#include <array>

#include "model/hooks/cgroup.hpp"
#include "oracle/planted/kit.hpp"

namespace mprogcheck::planted {

namespace {

using model::ListIndex;
using model::Mode;
using model::OrderedList;
using model::Target;
namespace flag = model::flag;

bool at_cgroup(const World& world, ListIndex list) {
  return list != model::no_list && world.sites().target(list).is_cgroup();
}
/// What the world would say if it were a little different. What comes of it is done in the world as it is.
template <typename Change>
Verdict as_if(const World& world, const Operation& operation, Change change) {
  World other = world;
  change(other);
  return other.predict(operation);
}

void same_update_keeps_revision(World& world, const World& before, const Operation&, const Verdict& honest) {
  if (honest.edit.kind == Edit::Kind::update_link && at_cgroup(world, honest.edit.list) &&
      before.link(honest.edit.link).program == honest.edit.program)
    --world.mutable_list(honest.edit.list).revision;
}

/// The list of an edit has lost its last entry.
bool has_emptied(const World& world, const World& before, const Verdict& honest) {
  const ListIndex list = honest.edit.list;
  return at_cgroup(world, list) && world.list(list).empty() && !before.list(list).empty();
}
void revision_starts_again(World& world, const World& before, const Operation&, const Verdict& honest) {
  if (has_emptied(world, before, honest)) world.mutable_list(honest.edit.list).revision = 1;
}
void mode_stays(World& world, const World& before, const Operation&, const Verdict& honest) {
  if (has_emptied(world, before, honest))
    world.mutable_list(honest.edit.list).mode = before.list(honest.edit.list).mode;
}

Verdict hierarchy_ignored(const World& world, const Operation& operation, const Verdict& honest) {
  if (honest.rule != Rule::cgroup_hierarchy) return honest;
  const ListIndex own = list_named(world, operation);
  return as_if(world, operation, [own](World& other) {
    for (ListIndex list = 0; list < other.sites().size(); ++list)
      if (list != own && at_cgroup(other, list)) other.mutable_list(list) = {};
  });
}

Verdict override_forbids(const World& world, const Operation&, const Verdict& honest) {
  if (!is_insert(honest) || !at_cgroup(world, honest.edit.list)) return honest;
  const model::Site site = world.sites()[honest.edit.list];
  model::Cgroup above = world.parent({static_cast<std::uint8_t>(site.target.number())});
  for (; above.number != model::Cgroup::top; above = world.parent(above)) {
    const OrderedList* const list = world.list_of(site.hook, above);
    if (list == nullptr || list->empty()) continue;
    return list->mode == Mode::override_ ? refuse(model::eperm, Rule::cgroup_hierarchy) : honest;
  }
  return honest;
}

Verdict self_replacement_refused(const World& world, const Operation& operation, const Verdict& honest) {
  const auto* attach = std::get_if<model::Attach>(&operation);
  if (attach == nullptr || honest.rule != Rule::replace_done || !at_cgroup(world, honest.edit.list)) return honest;
  return attach->program == attach->replace ? refuse(model::eexist, Rule::attach_exists) : honest;
}

Verdict exists_as_elsewhere(const World&, const Operation&, const Verdict& honest) {
  return honest.rule == Rule::cgroup_exists ? refuse(model::eexist, Rule::attach_exists) : honest;
}

Verdict counts_programs_of_links(const World& world, const Operation& operation, const Verdict& honest) {
  if (!is_insert(honest) || !at_cgroup(world, honest.edit.list) || !is<model::Attach>(operation)) return honest;
  return world.list(honest.edit.list).find(honest.edit.program) ? refuse(model::einval, Rule::cgroup_exists) : honest;
}

void replacement_keeps_preorder(World& world, const World& before, const Operation&, const Verdict& honest) {
  if (honest.rule != Rule::replace_done || !at_cgroup(world, honest.edit.list)) return;
  world.mutable_list(honest.edit.list).slots[honest.edit.position].preorder =
      before.list(honest.edit.list).slots[honest.edit.position].preorder;
}

/// What is effective, the other way round.
struct EffectiveFromTheTop final : Misbehaviour {
  void answer(const World& world, const model::Query& query, ListView& view,
              std::vector<model::Entry>& entries) override {
    const bool asked = (query.query_flags & model::Query::effective) != 0 && query.size > model::Query::least_size;
    if (asked && at_cgroup(world, view.list)) std::ranges::reverse(entries);
  }
};

void removal_keeps_references(World& world, const World& before, const Operation&, const Verdict& honest) {
  if (honest.rule != Rule::remove_cgroup_done) return;
  for (ListIndex list = 0; list < before.sites().size(); ++list)
    if (before.sites().target(list) == Target::cgroup(honest.edit.cgroup.number))
      for (const model::Entry& entry : before.list(list).entries())
        if (entry.link == model::no_link) leak(world, before, entry.program);
}

Verdict before_is_last(const World& world, const Operation& operation, const Verdict& honest) {
  const bool first = (flags_of(operation) & flag::before) != 0 && !has_relative(operation);
  if (!is_insert(honest) || !first || !at_cgroup(world, honest.edit.list)) return honest;
  Verdict other = honest;
  other.edit.position = world.list(honest.edit.list).count;
  return other;
}

Verdict halves_mix(const World& world, const Operation& operation, const Verdict& honest) {
  if (honest.rule != Rule::cgroup_relative_preorder) return honest;
  Verdict other = world.predict(changed(operation, [](auto& call) { call.flags ^= flag::preorder; }));
  other.edit.preorder = !other.edit.preorder;
  return other;
}

void taking_a_place_keeps_revision(World& world, const World&, const Operation&, const Verdict& honest) {
  if (honest.rule == Rule::cgroup_takes_place) --world.mutable_list(honest.edit.list).revision;
}

void new_cgroup_is_older(World& world, const World&, const Operation&, const Verdict& honest) {
  if (honest.rule != Rule::make_cgroup_done) return;
  for (ListIndex list = 0; list < world.sites().size(); ++list)
    if (world.sites().target(list) == Target::cgroup(honest.edit.cgroup.number)) world.mutable_list(list).revision = 2;
}

void touches_the_parent(World& world, const World&, const Operation&, const Verdict& honest) {
  if (!is_insert(honest) || !at_cgroup(world, honest.edit.list)) return;
  const model::Site site = world.sites()[honest.edit.list];
  const model::Cgroup above = world.parent({static_cast<std::uint8_t>(site.target.number())});
  if (above.number == model::Cgroup::top) return;
  const ListIndex other = world.sites().find(site.hook, Target::cgroup(above.number));
  if (other != model::no_list) ++world.mutable_list(other).revision;
}

void refusal_counts(World& world, const World&, const Operation& operation, const Verdict& honest) {
  if (honest.rule == Rule::cgroup_exists || honest.rule == Rule::cgroup_other_mode)
    ++world.mutable_list(list_named(world, operation)).revision;
}

Verdict anybody_attaches(const World& world, const Operation& operation, const Verdict& honest) {
  if (honest.rule != Rule::cgroup_attach_skb && honest.rule != Rule::cgroup_link_skb) return honest;
  Operation as_root = operation;
  as_root.caller = {};
  return world.predict(as_root);
}

Verdict detach_looks_at_the_program(const World& world, const Operation& operation, const Verdict& honest) {
  const auto* detach = std::get_if<model::Detach>(&operation);
  if (detach == nullptr || honest.rule != Rule::cgroup_detach_any) return honest;
  const model::Denoted denoted = world.denoted_by_fd(detach->program);
  const bool is_its =
      denoted.kind == model::Denoted::Kind::program && denoted.object == world.list(honest.edit.list).slots[0].program;
  return is_its ? honest : refuse(model::enoent, Rule::detach_absent);
}

constexpr std::array<PlantedFault, 19> faults{{
    {"cgroup_same_update_keeps_revision", "an update of a cgroup's link to the program it has moves no revision",
     "revision", make<Leaves<same_update_keeps_revision>>},
    {"cgroup_revision_starts_again", "a cgroup's list that becomes empty starts again at revision 1",
     "revision outcome lifecycle", make<Leaves<revision_starts_again>>},
    {"cgroup_mode_stays", "a cgroup's list keeps its mode when its last entry goes", "query outcome",
     make<Leaves<mode_stays>>},
    {"cgroup_hierarchy_ignored", "a program in mode none forbids nothing in the cgroups below",
     "outcome order ownership", make<Decides<hierarchy_ignored>>},
    {"cgroup_override_forbids", "a program in mode override forbids others in the cgroups below", "outcome permission",
     make<Decides<override_forbids>>},
    {"cgroup_self_replacement_refused", "a cgroup's program cannot be replaced by itself", "outcome",
     make<Decides<self_replacement_refused>>},
    {"cgroup_exists_as_elsewhere", "a program that is attached to the cgroup already gives the errno of tcx", "outcome",
     make<Decides<exists_as_elsewhere>>},
    {"cgroup_counts_programs_of_links", "a program that a link has attached cannot be attached by a call", "outcome",
     make<Decides<counts_programs_of_links>>},
    {"cgroup_replacement_keeps_preorder", "a replacement does not change whether the entry is marked PREORDER",
     "query outcome", make<Leaves<replacement_keeps_preorder>>},
    {"cgroup_effective_from_the_top", "what is effective is told in the order of the opposite", "query",
     make<EffectiveFromTheTop>},
    {"cgroup_removal_keeps_references", "a cgroup that goes forgets to let the programs go", "refcount lifecycle",
     make<Leaves<removal_keeps_references>>},
    {"cgroup_before_is_last", "BEFORE without a relative puts an entry at the end", "first_last order",
     make<Decides<before_is_last>>},
    {"cgroup_halves_mix", "an entry marked PREORDER can stand beside one that is not", "outcome order",
     make<Decides<halves_mix>>},
    {"cgroup_taking_a_place_keeps_revision", "a program that takes the place of the one moves no revision", "revision",
     make<Leaves<taking_a_place_keeps_revision>>},
    {"cgroup_new_is_older", "a cgroup that is made begins at revision 2", "revision lifecycle isolation outcome",
     make<Leaves<new_cgroup_is_older>>},
    {"cgroup_touches_the_parent", "an attach moves the revision of the cgroup above, too", "isolation",
     make<Leaves<touches_the_parent>>},
    {"cgroup_refusal_counts", "a refused attach moves the revision", "atomic revision", make<Leaves<refusal_counts>>},
    {"cgroup_anybody_attaches", "a program of type cgroup_skb is attached for anybody", "permission",
     make<Decides<anybody_attaches>>},
    {"cgroup_detach_looks_at_the_program", "in modes none and override a detach wants the right program", "outcome",
     make<Decides<detach_looks_at_the_program>>},
}};

}  // namespace

std::span<const PlantedFault> cgroup_faults() {
  return faults;
}

}  // namespace mprogcheck::planted
