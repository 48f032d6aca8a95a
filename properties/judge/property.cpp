// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/judge/property.hpp"

#include <algorithm>

#include "model/follow.hpp"
#include "model/permission.hpp"

namespace mprogcheck::properties {
namespace {

using model::Entry;
using model::LinkIndex;
using model::OrderedList;
using model::Rule;

constexpr std::array<PropertyText, property_count> texts{{
    {"no_splat", "the kernel log shows no oops, WARN, BUG, KASAN, lockdep or hung task, and the guest stays alive"},
    {"permission", "a caller without the capability is refused, and nothing changes"},
    {"ownership", "what a link holds only its link moves; what a program call attached no link takes"},
    {"capacity", "the limit of 63 entries is met exactly"},
    {"isolation", "an operation on one hook or target changes no other"},
    {"atomic", "a failed operation leaves every observation as it was"},
    {"lifecycle",
     "the last holder of a link detaches it, a detached link stays defunct, a gone object's id is gone; hooks go and "
     "move with their device, and stay with a qdisc"},
    {"first_last", "an attach before nothing is first, after nothing is last"},
    {"revision", "the revision moves as the hook's rules say, on success only; a stale expectation changes nothing"},
    {"refcount", "the count of every program and link is what its holders add up to"},
    {"order",
     "the list query is the model's list; packets meet its programs in that order, up to the one that decides"},
    {"query", "a query writes exactly what it promises"},
    {"outcome", "success or exactly the predicted errno"},
}};

template <typename Call>
const Call* is(const Evidence& evidence) {
  return std::get_if<Call>(&evidence.operation);
}

bool present(std::span<const Entry> entries, const Entry& entry) {
  return std::ranges::find(entries, entry) != entries.end();
}

bool entries_differ(const ListView& view, std::span<const Entry> seen, const OrderedList& list) {
  return view.outcome.ok() && !std::ranges::equal(seen, list.entries());
}

bool revision_differs(const ListView& view, const OrderedList& list) {
  return view.outcome.ok() && view.revision != list.revision;
}

/// Some list that the operation touches satisfies the predicate.
template <typename Predicate>
bool any_touched(const Evidence& evidence, Predicate predicate) {
  return std::ranges::any_of(evidence.lists, [&](const ListView& view) {
    return model::contains(evidence.touched, view.list) && predicate(view, evidence.entries_of(view));
  });
}

/// Whether the operation may take the link from its list: it updates or detaches the link, or it closes a name of it.
bool is_of_link(const Evidence& evidence, LinkIndex link) {
  const auto closes = [&](model::Name name) {
    const auto file = evidence.before.handle(name).file;
    return file != model::no_file && evidence.before.file(file).kind == model::ObjectKind::link &&
           evidence.before.file(file).object == link;
  };
  const auto denotes = [&](const model::Argument& fd) {
    const auto denoted = evidence.before.denoted_by_fd(fd);
    return denoted.kind == model::Denoted::Kind::link && denoted.object == link;
  };
  if (const auto* update = is<model::UpdateLink>(evidence)) return denotes(update->link);
  if (const auto* detach = is<model::DetachLink>(evidence)) return denotes(detach->link);
  if (const auto* close = is<model::Close>(evidence)) return closes(close->name);
  if (const auto* create = is<model::CreateLink>(evidence)) return closes(create->name);
  if (const auto* dup = is<model::Dup>(evidence)) return closes(dup->name);
  if (const auto* open = is<model::Open>(evidence)) return closes(open->name);
  if (const auto* load = is<model::Load>(evidence)) return closes(load->name);
  if (const auto* get = is<model::Get>(evidence)) return closes(get->name);
  if (const auto* unpin = is<model::Unpin>(evidence)) {
    const model::PinnedObject& pinned = evidence.before.pinned(unpin->pin);
    return pinned.held && pinned.kind == model::ObjectKind::link && pinned.object == link;
  }
  return false;
}

bool is_program_call(const Evidence& evidence) {
  return is<model::Attach>(evidence) || is<model::Detach>(evidence) || is<model::Fill>(evidence) ||
         is<model::Query>(evidence);
}

/// An entry that the operation had no business with is gone, or holds something else.
bool takes_anothers_entry(const Evidence& evidence) {
  if (model::device_of(evidence.operation) || model::cgroup_of(evidence.operation))
    return false;  // what becomes of its entries is a matter of life
  return any_touched(evidence, [&](const ListView& view, std::span<const Entry> seen) {
    const OrderedList after = evidence.after.shown(view.list);
    const auto expected = after.entries();
    return view.outcome.ok() &&
           std::ranges::any_of(evidence.before.shown(view.list).entries(), [&](const Entry& entry) {
             if (!present(expected, entry) || present(seen, entry)) return false;
             return entry.link != model::no_link ? !is_of_link(evidence, entry.link) : !is_program_call(evidence);
           });
  });
}

bool breaks_ownership(const Evidence& evidence) {
  const Rule rule = evidence.verdict.rule;
  if (evidence.unforeseen() && (rule == Rule::replace_owner || rule == Rule::detach_owner)) return true;
  return takes_anothers_entry(evidence);
}

/// ERANGE for a success that the model predicts can only be the limit: directives that agree leave no other reason.
bool refused_below_limit(const Evidence& evidence) {
  const model::Edit& edit = evidence.verdict.edit;
  if (edit.list == model::no_list || !evidence.verdict.outcome.ok()) return false;
  const model::Hook hook = evidence.before.sites().hook(edit.list);
  if (evidence.observed != (target_kind(hook) == model::TargetKind::cgroup ? model::e2big : model::erange))
    return false;
  switch (edit.kind) {
    case model::Edit::Kind::insert:
    case model::Edit::Kind::create_link:
    case model::Edit::Kind::fill:
      return true;
    case model::Edit::Kind::overwrite:
    case model::Edit::Kind::remove:
    case model::Edit::Kind::update_link:
      return evidence.before.list(edit.list).count >= model::capacity_of(hook);
    default:
      return false;
  }
}

bool breaks_capacity(const Evidence& evidence) {
  if ((evidence.verdict.rule == Rule::attach_full || evidence.verdict.rule == Rule::cgroup_full) &&
      evidence.observed.ok())
    return true;
  if (refused_below_limit(evidence)) return true;
  return any_touched(evidence, [&](const ListView& view, auto) {
    return view.count > model::capacity_of(evidence.after.sites().hook(view.list));
  });
}

bool breaks_isolation(const Evidence& evidence) {
  return std::ranges::any_of(evidence.lists, [&](const ListView& view) {
    return !model::contains(evidence.touched, view.list) &&
           differs(view, evidence.entries_of(view), evidence.before.shown(view.list));
  });
}

bool objects_differ(const Evidence& evidence, const model::World& world) {
  return std::ranges::any_of(evidence.links,
                             [&](const LinkView& view) { return differs(view, world.link(view.link)); }) ||
         std::ranges::any_of(evidence.programs,
                             [&](const ProgramView& view) { return differs(view, world.program(view.program)); });
}

bool breaks_atomic(const Evidence& evidence) {
  if (evidence.observed.ok() || evidence.unforeseen()) return false;
  return objects_differ(evidence, evidence.before) ||
         any_touched(evidence, [&](const ListView& view, std::span<const Entry> seen) {
           return differs(view, seen, evidence.before.shown(view.list));
         });
}

/// A caller was let through to what needs a capability that it does not have, or refused what needs none; or it was
/// refused, and something changed.
bool breaks_permission(const Evidence& evidence) {
  if (model::is_of_permission(evidence.verdict.rule))
    return evidence.observed != evidence.verdict.outcome || breaks_atomic(evidence);
  // -EPERM is also what an update says to an old program that is not the link's, and an attach to another mode.
  return evidence.observed == model::eperm && evidence.verdict.outcome != model::eperm &&
         !evidence.operation.caller.is_root() && !is<model::UpdateLink>(evidence);
}

/// The outcome says that an object lives, or is attached, that should not be; or the other way round.
bool outcome_contradicts_life(const Evidence& evidence) {
  switch (evidence.verdict.rule) {
    case Rule::open_gone:
    case Rule::next_id_none:
    case Rule::update_detached:
    case Rule::get_absent:
    case Rule::remove_no_device:
    case Rule::make_exists:
    case Rule::move_no_device:
    case Rule::cgroup_removed:
    case Rule::remove_cgroup_absent:
    case Rule::make_cgroup_exists:
      return evidence.observed.ok();
    case Rule::open_done:
    case Rule::next_id_done:
    case Rule::get_done:
    case Rule::unpin_done:
    case Rule::remove_cgroup_done:
      return evidence.observed == model::enoent;
    case Rule::remove_done:
    case Rule::move_done:
      return evidence.observed == model::enodev;
    case Rule::make_done:
    case Rule::make_cgroup_done:
    case Rule::pin_done:
      return evidence.observed == model::eexist;
    case Rule::update_done:
    case Rule::update_same:
    case Rule::cgroup_update_beside_preorder:
      return evidence.observed == model::enolink;
    default:
      return false;
  }
}

/// The entry of the link that the operation detaches or closes is still there, or is gone too early.
bool entry_contradicts_life(const Evidence& evidence) {
  if (is<model::UpdateLink>(evidence)) return false;
  return any_touched(evidence, [&](const ListView& view, std::span<const Entry> seen) {
    const OrderedList reference = evidence.reference().shown(view.list);
    const auto expected = reference.entries();
    return view.outcome.ok() &&
           std::ranges::any_of(evidence.before.shown(view.list).entries(), [&](const Entry& entry) {
             return entry.link != model::no_link && is_of_link(evidence, entry.link) &&
                    present(expected, entry) != present(seen, entry);
           });
  });
}

/// How many more holders a program has than in the model, as far as lists and links were seen: a wrong entry is a
/// matter of order, and that it holds its program is right.
int holders_beyond_model(const Evidence& evidence, model::ProgramIndex program) {
  const auto holds = [program](const Entry& entry) { return entry.program == program && entry.link == model::no_link; };
  std::ptrdiff_t more = 0;
  for (const ListView& view : evidence.lists)
    if (view.outcome.ok())
      more += std::ranges::count_if(evidence.entries_of(view), holds) -
              std::ranges::count_if(evidence.reference().shown(view.list).entries(), holds);
  for (const LinkView& view : evidence.links) {
    const model::Link& link = evidence.reference().link(view.link);
    more += static_cast<int>(view.alive && view.program == program) -
            static_cast<int>(link.alive && link.program == program);
  }
  return static_cast<int>(more);
}

/// A program lives as long as it has a holder; what holds it wrongly is a matter of order.
bool lives_against_its_holders(const Evidence& evidence, const ProgramView& view) {
  const model::Program& program = evidence.reference().program(view.program);
  return view.alive != program.alive &&
         view.alive != (program.references + holders_beyond_model(evidence, view.program) > 0);
}

/// What a device carries goes with it and only with it; a hook that a qdisc keeps, or kept, is where it was, or anew.
bool hook_contradicts_life(const Evidence& evidence) {
  const bool of_target =
      model::device_of(evidence.operation).has_value() || model::cgroup_of(evidence.operation).has_value();
  return any_touched(evidence, [&](const ListView& view, std::span<const Entry> seen) {
    const OrderedList expected = evidence.reference().shown(view.list);
    if (!view.outcome.ok()) return of_target;
    if (of_target) return differs(view, seen, expected);
    return expected.empty() && seen.empty() && evidence.reference().keeps(view.list) &&
           revision_differs(view, expected);
  });
}

bool breaks_lifecycle(const Evidence& evidence) {
  if (outcome_contradicts_life(evidence)) return true;
  if (evidence.unforeseen()) return false;
  if (const auto* next = is<model::NextId>(evidence))
    if (evidence.observed.ok() && next_id_differs(*next, evidence.before, evidence.next)) return true;
  if (entry_contradicts_life(evidence) || hook_contradicts_life(evidence)) return true;
  return std::ranges::any_of(evidence.links,
                             [&](const LinkView& view) {
                               const model::Link& link = evidence.reference().link(view.link);
                               return view.alive != link.alive ||
                                      (view.alive && (view.program != link.program || view.list != link.list));
                             }) ||
         std::ranges::any_of(evidence.programs,
                             [&](const ProgramView& view) { return lives_against_its_holders(evidence, view); });
}

/// An insertion with one directive and no relative, which shall stand at an end of the list.
template <typename Call>
bool misses_its_end(const Evidence& evidence, const Call& call) {
  if ((call.flags & model::flag::replace) != 0 || !call.relative.is_zero()) return false;
  const bool first = (call.flags & model::flag::before) != 0;
  const bool last = (call.flags & model::flag::after) != 0;
  if (!first && !last) return false;
  return any_touched(evidence, [&](const ListView& view, std::span<const Entry> seen) {
    const model::Edit& edit = evidence.verdict.edit;
    if (!view.outcome.ok() || view.list != edit.list) return false;
    return seen.empty() || (first ? seen.front() : seen.back()).program != edit.program;
  });
}

bool breaks_first_last(const Evidence& evidence) {
  if (!evidence.observed.ok() || !evidence.verdict.outcome.ok()) return false;
  if (const auto* attach = is<model::Attach>(evidence)) return misses_its_end(evidence, *attach);
  if (const auto* create = is<model::CreateLink>(evidence)) return misses_its_end(evidence, *create);
  return false;
}

bool breaks_revision(const Evidence& evidence) {
  if (evidence.unforeseen()) return evidence.verdict.rule == Rule::stale;
  if (evidence.observed == model::estale && evidence.verdict.outcome.ok()) return true;
  return any_touched(evidence, [&](const ListView& view, auto) {
    return revision_differs(view, evidence.reference().shown(view.list));
  });
}

bool breaks_refcount(const Evidence& evidence) {
  if (evidence.unforeseen()) return false;
  const auto known = [](const auto& view, const auto& object) {
    return view.alive && object.alive && view.references != unknown_references;
  };
  return std::ranges::any_of(evidence.links,
                             [&](const LinkView& view) {
                               const model::Link& link = evidence.reference().link(view.link);
                               return known(view, link) && view.references != link.references;
                             }) ||
         std::ranges::any_of(evidence.programs, [&](const ProgramView& view) {
           const model::Program& program = evidence.reference().program(view.program);
           return known(view, program) && view.references != program.references &&
                  view.references != program.references + holders_beyond_model(evidence, view.program);
         });
}

bool breaks_order(const Evidence& evidence) {
  if (const auto* packet = is<model::SendPacket>(evidence))
    if (evidence.observed.ok() && evidence.verdict.outcome.ok() &&
        passage_differs(*packet, evidence.before, evidence.fate, evidence.ran))
      return true;
  return any_touched(evidence, [&](const ListView& view, std::span<const Entry> seen) {
    return entries_differ(view, seen, evidence.reference().shown(view.list));
  });
}

/// A `query` that is wrong, or the query that an observation is made of: it fails, or counts what it does not list.
bool breaks_query(const Evidence& evidence) {
  if (const auto* query = is<model::Query>(evidence)) {
    if (evidence.observed != evidence.verdict.outcome) return true;
    if (evidence.answer && answer_differs(*query, evidence.verdict, evidence.before, *evidence.answer,
                                          evidence.entries_of(*evidence.answer)))
      return true;
  }
  return any_touched(evidence, [&](const ListView& view, auto) {
    return !view.outcome.ok() || view.count != view.length ||
           (!evidence.unforeseen() && view.mode != evidence.reference().shown(view.list).mode);
  });
}

}  // namespace

const PropertyText& text_of(Property property) {
  return texts[static_cast<unsigned>(property)];
}

std::optional<Property> property_named(std::string_view name) {
  for (unsigned i = 0; i < property_count; ++i)
    if (texts[i].name == name) return static_cast<Property>(i);
  return std::nullopt;
}

std::string to_string(PropertySet set) {
  std::string text;
  for (unsigned i = 0; i < property_count; ++i)
    if (set.contains(static_cast<Property>(i))) text.append(text.empty() ? "" : ", ").append(texts[i].name);
  return text;
}

bool differs(const ListView& view, std::span<const Entry> entries, const OrderedList& list) {
  return !view.outcome.ok() || view.revision != list.revision || view.count != list.count || view.mode != list.mode ||
         !std::ranges::equal(entries, list.entries());
}

bool differs(const LinkView& view, const model::Link& link) {
  if (view.alive != link.alive) return true;
  if (!view.alive) return false;
  return !view.outcome.ok() || view.program != link.program || view.list != link.list ||
         (view.references != unknown_references && view.references != link.references);
}

bool differs(const ProgramView& view, const model::Program& program) {
  return view.alive != program.alive ||
         (view.alive && view.references != unknown_references && view.references != program.references);
}

std::uint8_t breach_of(const model::Answer& answer) {
  return answer.beyond_attr ? static_cast<std::uint8_t>(Breach::beyond_attr) : std::uint8_t{0};
}

bool answer_differs(const model::Query& query, const model::Verdict& verdict, const model::World& world,
                    const ListView& answer, std::span<const Entry> entries) {
  if (!model::answers(verdict.rule)) return false;
  const auto index = world.list_at(query.site);
  if (!index) return false;
  const model::Answer expected = model::answer_to(world, query, *index, world.traits());
  return answer.revision != expected.revision || answer.count != expected.count || answer.mode != expected.mode ||
         !std::ranges::equal(entries, expected.entries()) || answer.breach != breach_of(expected);
}

bool next_id_differs(const model::NextId& call, const model::World& world, std::uint8_t found) {
  return found != world.next_id(call.kind, call.id).value_or(no_object);
}

bool passage_differs(const model::SendPacket& packet, const model::World& world, model::Fate fate,
                     std::span<const model::ProgramIndex> ran) {
  if (!world.has_way(packet.site)) return false;
  const model::Passage expected = model::passage(world, packet.site);
  return fate != model::fate_of(expected.rule) || !std::ranges::equal(ran, expected.ran());
}

bool breaks(Property property, const Evidence& evidence) {
  switch (property) {
    case Property::no_splat:  // told by how the run ended, not by a step: judge()
      return false;
    case Property::permission:
      return breaks_permission(evidence);
    case Property::ownership:
      return breaks_ownership(evidence);
    case Property::capacity:
      return breaks_capacity(evidence);
    case Property::isolation:
      return breaks_isolation(evidence);
    case Property::atomic:
      return breaks_atomic(evidence);
    case Property::lifecycle:
      return breaks_lifecycle(evidence);
    case Property::first_last:
      return breaks_first_last(evidence);
    case Property::revision:
      return breaks_revision(evidence);
    case Property::refcount:
      return breaks_refcount(evidence);
    case Property::order:
      return breaks_order(evidence);
    case Property::query:
      return breaks_query(evidence);
    case Property::outcome:
      return evidence.observed != evidence.verdict.outcome;
  }
  return false;
}

PropertySet broken_by(const Evidence& evidence) {
  PropertySet broken;
  for (unsigned i = 0; i < property_count; ++i)
    if (breaks(static_cast<Property>(i), evidence)) broken.add(static_cast<Property>(i));
  return broken;
}

}  // namespace mprogcheck::properties
