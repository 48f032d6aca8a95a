// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/rfc_v2/invariants.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace mprogcheck::properties {

namespace {

using namespace model::rfc_v2;
using Found = std::optional<std::string>;
using List = std::vector<Entry>;

std::string name(const Entry& entry) {
  return "p" + std::to_string(entry.program);
}

bool asks(const RfcV2Step& step, std::uint32_t bits) {
  return (step.operation.flags & bits) != 0;
}
bool is(const RfcV2Step& step, Call call) {
  return step.operation.call == call;
}
bool attaches(const RfcV2Step& step) {
  return is(step, Call::attach) || is(step, Call::link_create);
}
bool overwrites(const RfcV2Step& step) {
  return (attaches(step) && asks(step, flag::replace)) || is(step, Call::link_update);
}

const Entry* entry_of(const State& state, model::ProgramIndex program) {
  const auto at = state.find(program);
  return at ? &state.slots[static_cast<unsigned>(*at)] : nullptr;
}

List list_of(const State& state) {
  return {state.entries().begin(), state.entries().end()};
}

// What every list is.

Found one_first(const RfcV2Step& step) {
  for (unsigned i = 1; i < step.after.count; ++i)
    if (step.after.slots[i].is_first()) return name(step.after.slots[i]) + " holds FIRST and is not the first";
  return std::nullopt;
}

Found one_last(const RfcV2Step& step) {
  for (unsigned i = 0; i + 1 < step.after.count; ++i)
    if (step.after.slots[i].is_last()) return name(step.after.slots[i]) + " holds LAST and is not the last";
  return std::nullopt;
}

Found once(const RfcV2Step& step) {
  for (const Entry& entry : step.after.entries())
    if (std::ranges::count(step.after.entries(), entry.program, &Entry::program) != 1)
      return name(entry) + " is in the list twice";
  return std::nullopt;
}

Found link_has_its_entry(const RfcV2Step& step) {
  for (unsigned n = 0; n < State::most_links; ++n) {
    const Link& link = step.after.links[n];
    const auto owned = std::ranges::count(step.after.entries(), n, &Entry::link);
    if (owned != (link.is == Link::Is::attached ? 1 : 0))
      return "l" + std::to_string(n) + " owns another number of entries";
    if (owned == 0) continue;
    const Entry* entry = entry_of(step.after, link.program);
    if (entry == nullptr || entry->link != n) return "the entry of l" + std::to_string(n) + " has another program";
    if (entry->ends != link.ends) return "l" + std::to_string(n) + " shows other places than its entry holds";
  }
  return std::nullopt;
}

// What a step leaves alone.

Found attach_displaces_nobody(const RfcV2Step& step) {
  if (!attaches(step) || asks(step, flag::replace) || step.before.empty()) return std::nullopt;
  const Entry& first = step.before.entries().front();
  const Entry& last = step.before.entries().back();
  if (first.is_first() && step.after.entries().front() != first) return name(first) + " held FIRST and is displaced";
  if (last.is_last() && step.after.entries().back() != last) return name(last) + " held LAST and is displaced";
  return std::nullopt;
}

Found places_change_by_replace_only(const RfcV2Step& step) {
  const bool replace = is(step, Call::attach) && asks(step, flag::replace);
  for (unsigned i = 0; i < step.before.count; ++i) {
    const Entry& old = step.before.slots[i];
    const Entry* now = entry_of(step.after, old.program);
    if (now == nullptr && is(step, Call::link_update)) now = &step.after.slots[i];
    if (now == nullptr || now->ends == old.ends) continue;
    const bool is_target =
        step.operation.program.kind == Object::Kind::program && now->program == step.operation.program.index;
    if (!replace || !is_target) return name(old) + " holds other places than before";
  }
  return std::nullopt;
}

Found order_is_kept(const RfcV2Step& step) {
  const List before = list_of(step.before);
  const List after = list_of(step.after);
  if (overwrites(step)) {
    unsigned other = before.size() == after.size() ? 0 : 2;
    for (std::size_t i = 0; other < 2 && i < before.size(); ++i) other += before[i] != after[i] ? 1 : 0;
    if (other > 1) return "more than one entry is another than before";
    return std::nullopt;
  }
  // One list is the other less at most one entry.
  const List& longer = before.size() < after.size() ? after : before;
  const List& shorter = before.size() < after.size() ? before : after;
  if (longer.size() > shorter.size() + 1) return "more than one entry came or went";
  const auto part = std::ranges::mismatch(longer, shorter);
  const std::ptrdiff_t skip = longer.size() > shorter.size() ? 1 : 0;
  if (!std::equal(part.in2, shorter.end(), part.in1 == longer.end() ? part.in1 : part.in1 + skip, longer.end()))
    return "the other entries stand in another order";
  return std::nullopt;
}

Found owner_moves_own(const RfcV2Step& step) {
  const bool by_link = is(step, Call::link_update) || is(step, Call::link_detach) || is(step, Call::link_close);
  for (const Entry& old : step.before.entries()) {
    if (std::ranges::find(step.after.entries(), old) != step.after.entries().end()) continue;
    const bool own = old.link == model::no_link ? is(step, Call::attach) || is(step, Call::detach)
                                                : by_link && step.operation.link == Object::link(old.link);
    if (!own) return "the entry of " + name(old) + " was changed by another";
  }
  return std::nullopt;
}

Found success_does_it(const RfcV2Step& step) {
  const int more = step.after.count - step.before.count;
  if (attaches(step) && more != (asks(step, flag::replace) ? 0 : 1)) return "nothing was attached";
  if (is(step, Call::detach) && more != -1) return "nothing was removed";
  const bool releases = is(step, Call::link_detach) || is(step, Call::link_close);
  if (releases && step.operation.link.kind == Object::Kind::link &&
      step.after.links[step.operation.link.index].is == Link::Is::attached)
    return "the link is still attached";
  return std::nullopt;
}

Found refusal_changes_nothing(const RfcV2Step& step) {
  if (step.verdict.edit.changes() || !(step.before == step.after)) return "the state is another";
  return std::nullopt;
}

// The revision.

Found revision_is_not_zero(const RfcV2Step& step) {
  if (step.after.revision == 0) return "the revision is 0";
  return std::nullopt;
}

Found revision_tells_change(const RfcV2Step& step) {
  const bool moved = step.after.revision != step.before.revision;
  const bool changed = !step.after.same_list(step.before);
  if (moved && !changed) return "the revision moved and the list did not change";
  if (changed && !moved) return "the list changed and the revision did not move";
  return std::nullopt;
}

Found revision_goes_forward(const RfcV2Step& step) {
  if (step.after.revision < step.before.revision)
    return "the revision went back from " + std::to_string(step.before.revision) + " to " +
           std::to_string(step.after.revision) + ": the next list has a number that another one had";
  return std::nullopt;
}

Found right_expectation_is_met(const RfcV2Step& step) {
  if (step.operation.expect == Expect::now && step.verdict.outcome() == model::estale)
    return "revision " + std::to_string(step.before.revision) + " was expected, and is what a query shows";
  return std::nullopt;
}

// Capacity.

Found capacity_is_met(const RfcV2Step& step) {
  if (step.verdict.outcome() == model::enospc && step.before.count != step.before.capacity)
    return "no room in a list of " + std::to_string(step.before.count);
  if (step.after.count > step.after.capacity) return "the list holds " + std::to_string(step.after.count);
  return std::nullopt;
}

// What is asked for.

/// The entry that `holds` it and was removed by a detach beside nothing that does not ask for it.
Found removed_holder(const RfcV2Step& step, std::uint32_t holds) {
  const bool beside_nothing = asks(step, flag::neighbour) && step.operation.relative.is_zero() && !asks(step, flag::id);
  if (!is(step, Call::detach) || !beside_nothing || asks(step, flag::ends)) return std::nullopt;
  for (const Entry& old : step.before.entries())
    if ((old.ends & holds) != 0 && entry_of(step.after, old.program) == nullptr)
      return name(old) + " was removed, which holds " + (holds == flag::first ? "FIRST" : "LAST");
  return std::nullopt;
}

Found ordinary_detach_spares_first(const RfcV2Step& step) {
  return removed_holder(step, flag::first);
}
Found ordinary_detach_spares_last(const RfcV2Step& step) {
  return removed_holder(step, flag::last);
}

Found unknown_flag_is_refused(const RfcV2Step& step) {
  if ((step.operation.flags & ~flag::known) != 0) return "a flag that means nothing was accepted";
  return std::nullopt;
}

Found bad_fd_is_refused(const RfcV2Step& step) {
  if (step.operation.program.kind == Object::Kind::negative && step.operation.call <= Call::link_update)
    return "-1 was accepted as a program";
  return std::nullopt;
}

using Of = RfcV2Promise::Of;
constexpr std::array promises{
    RfcV2Promise{"one_first", "at most one entry holds FIRST, and it is the first", Of::successes, one_first},
    RfcV2Promise{"one_last", "at most one entry holds LAST, and it is the last", Of::successes, one_last},
    RfcV2Promise{"once", "a program is in the list at most once", Of::successes, once},
    RfcV2Promise{"link_has_its_entry",
                 "a link that is attached owns one entry, with its program and the places it shows", Of::successes,
                 link_has_its_entry},
    RfcV2Promise{"attach_displaces_nobody",
                 "an attach without REPLACE moves neither the holder of FIRST nor that of LAST", Of::successes,
                 attach_displaces_nobody},
    RfcV2Promise{"places_change_by_replace_only", "FIRST and LAST of an entry are claimed and given up by REPLACE only",
                 Of::successes, places_change_by_replace_only},
    RfcV2Promise{"order_is_kept", "at most one entry comes, goes or is another; the others keep their order",
                 Of::successes, order_is_kept},
    RfcV2Promise{"owner_moves_own",
                 "an entry of a link is changed by its link only, any other by attach and detach only", Of::successes,
                 owner_moves_own},
    RfcV2Promise{"success_does_it", "an attach that succeeds attaches, a detach removes, a released link is detached",
                 Of::successes, success_does_it},
    RfcV2Promise{"refusal_changes_nothing", "an operation that fails changes nothing", Of::refusals,
                 refusal_changes_nothing},
    RfcV2Promise{"capacity_is_met", "-ENOSPC comes from a full list only, and no list is longer", Of::all,
                 capacity_is_met},
    RfcV2Promise{"revision_is_not_zero", "the revision is never 0", Of::successes, revision_is_not_zero},
    RfcV2Promise{"revision_tells_change", "the revision moves if and only if the list does", Of::successes,
                 revision_tells_change},
    RfcV2Promise{"revision_goes_forward", "no two lists of a hook have the same revision", Of::successes,
                 revision_goes_forward},
    RfcV2Promise{"right_expectation_is_met", "the revision that a query shows can be expected", Of::refusals,
                 right_expectation_is_met},
    RfcV2Promise{"ordinary_detach_spares_first", "a detach before or after nothing leaves the holder of FIRST alone",
                 Of::successes, ordinary_detach_spares_first},
    RfcV2Promise{"ordinary_detach_spares_last", "a detach before or after nothing leaves the holder of LAST alone",
                 Of::successes, ordinary_detach_spares_last},
    RfcV2Promise{"unknown_flag_is_refused", "a flag that means nothing is refused", Of::successes,
                 unknown_flag_is_refused},
    RfcV2Promise{"bad_fd_is_refused", "a descriptor that cannot be one is refused", Of::successes, bad_fd_is_refused},
};

}  // namespace

std::span<const RfcV2Promise> rfc_v2_promises() {
  return promises;
}

}  // namespace mprogcheck::properties
