// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/hooks/mprog.hpp"

#include "model/flag.hpp"

namespace mprogcheck::model::mprog {

namespace {

/// A slot, or why there is none.
struct Slot {
  int at = 0;
  std::optional<Rule> refused;
};

/// mprog.c: bpf_mprog_pos_exact. The program's slot, if the same owner put it there.
Slot slot_of(const OrderedList& list, Entry entry, Rule absent, Rule other_owner) {
  const auto at = list.find(entry.program);
  if (!at) return {0, absent};
  if (list.slots[static_cast<unsigned>(*at)].link != entry.link) return {0, other_owner};
  return {*at, std::nullopt};
}

/// Where the relative stands. A program matches whoever attached it; a link matches only its own entry.
std::optional<int> find(const OrderedList& list, const Relative& relative) {
  const auto at = list.find(relative.program);
  if (at && relative.link != no_link && list.slots[static_cast<unsigned>(*at)].link != relative.link)
    return std::nullopt;
  return at;
}

/// mprog.c: bpf_mprog_pos_before.
Slot slot_before(const OrderedList& list, const Relative& relative) {
  if (!relative.given()) return {-1, std::nullopt};
  const auto at = find(list, relative);
  if (!at) return {0, Rule::relative_absent};
  return {*at - 1, std::nullopt};
}

/// mprog.c: bpf_mprog_pos_after.
Slot slot_after(const OrderedList& list, const Relative& relative) {
  if (!relative.given()) return {list.count, std::nullopt};
  const auto at = find(list, relative);
  if (!at) return {0, Rule::relative_absent};
  return {*at + 1, std::nullopt};
}

/// What the directives seen so far agree on. The first that fails, or disagrees, decides.
class Agreement {
 public:
  void add(const Slot& slot) {
    if (refused_) return;
    if (slot.refused)
      refused_ = slot.refused;
    else if (at_ && *at_ != slot.at)
      refused_ = Rule::disagree;
    else
      at_ = slot.at;
  }
  [[nodiscard]] std::optional<Rule> refused() const { return refused_; }
  [[nodiscard]] std::optional<int> at() const { return at_; }

 private:
  std::optional<int> at_;
  std::optional<Rule> refused_;
};

bool stale(const OrderedList& list, const Request& request) {
  return request.expected_revision != 0 && request.expected_revision != list.current();
}

void add_neighbours(Agreement& agreement, const OrderedList& list, const Request& request) {
  if ((request.flags & flag::before) != 0) agreement.add(slot_before(list, request.relative));
  if ((request.flags & flag::after) != 0) agreement.add(slot_after(list, request.relative));
}

/// Nothing named a slot, and yet something was said: a flag or a relative without a directive.
bool pointless(const Request& request) {
  return request.flags != 0 || request.relative.given();
}

}  // namespace

Decision attach(const OrderedList& list, const Request& request) {
  const bool replace = (request.flags & flag::replace) != 0;

  if (stale(list, request)) return {Rule::stale};
  if (list.find(request.entry.program)) return {Rule::attach_exists};
  if (request.relative.refused) return {*request.relative.refused};
  if (!replace && list.full()) {
    return {Rule::attach_full};
  }

  Agreement agreement;
  if (replace)
    agreement.add(slot_of(list, {request.old_program, request.entry.link}, Rule::replace_absent, Rule::replace_owner));
  add_neighbours(agreement, list, request);
  if (agreement.refused()) return {*agreement.refused()};

  if (!agreement.at()) {
    if (pointless(request)) return {Rule::no_directive};
    return {Rule::attach_done, list.count};
  }
  const int slot = *agreement.at();
  if (replace) return {Rule::replace_done, slot};
  return {Rule::attach_done, (request.flags & flag::before) != 0 ? slot + 1 : slot};
}

Decision detach(const OrderedList& list, const Request& request) {
  if ((request.flags & flag::replace) != 0) return {Rule::detach_replace};
  if (stale(list, request)) return {Rule::stale};
  if (list.empty()) return {Rule::detach_empty};
  if (request.relative.refused) return {*request.relative.refused};

  Agreement agreement;
  if (request.entry.program != no_program)
    agreement.add(slot_of(list, request.entry, Rule::detach_absent, Rule::detach_owner));
  add_neighbours(agreement, list, request);
  if (agreement.refused()) return {*agreement.refused()};
  if (!agreement.at() && pointless(request)) return {Rule::no_directive};

  int slot = agreement.at().value_or(list.count);
  if (slot == -1) slot = 0;
  if (slot == list.count) slot = list.count - 1;
  if (list.slots[static_cast<unsigned>(slot)].link != request.entry.link) return {Rule::detach_owner};
  return {Rule::detach_done, slot};
}

/// kernel/bpf/tcx.c: tcx_link_update; drivers/net/netkit.c: netkit_link_update.
Rule update(const OrderedList& list, const UpdateRequest& request) {
  if (request.mismatch) return Rule::update_old_mismatch;
  if (request.program == request.held) return Rule::update_same;
  if (list.find(request.program)) return Rule::update_exists;
  if (request.other_type) return Rule::update_type;
  return Rule::update_done;
}

}  // namespace mprogcheck::model::mprog
