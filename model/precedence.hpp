// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "model/hooks/hook.hpp"
#include "model/rule.hpp"
#include "model/world.hpp"

/// The order of checks: which of two refusals a caller is told where both are due. Half of the interface, and nowhere
/// written down but here. docs/hooks/order_of_checks.md has it as tables.
namespace mprogcheck::model {

/// One check of a call. Of the rules by which it refuses at most one is due at a time.
struct Check {
  std::string_view looks_at;
  FamilySet at = all_families;  ///< the hooks that it is made at
  std::array<Rule, 7> rules{};
  std::uint8_t count = 0;

  consteval Check(std::string_view looked_at, std::initializer_list<Rule> refusals, FamilySet hooks_of = all_families)
      : looks_at(looked_at), at(hooks_of), count(static_cast<std::uint8_t>(refusals.size())) {
    std::copy(refusals.begin(), refusals.end(), rules.begin());
  }
  [[nodiscard]] constexpr std::span<const Rule> refusals() const { return {rules.data(), count}; }
  [[nodiscard]] constexpr bool refuses_by(Rule rule) const { return std::ranges::count(refusals(), rule) != 0; }
};

/// What has an order of its own: a call, or a call upon one of several things.
enum class Order : std::uint8_t {
  attach,
  detach,
  detach_by_position,
  link,
  update,
  update_of_type,  ///< a link whose type compares programs: Updating::old_and_type
  update_never,    ///< a link whose type, or state, never lets it
  update_of_map,
  detach_link,
  query,
  fill,
  run,
  close,
  dup,
  open,
  load,
  remove,
  make,
  move,
  qdisc,
  pin,
  get,
  unpin,
  next_id,
  cgroup_attach,
  cgroup_detach,
  cgroup_link,
  remove_cgroup,
  make_cgroup,
};
inline constexpr unsigned order_count = 29;

namespace checks {

using enum Rule;
inline constexpr FamilySet at_netkit = only(Family::netkit), at_tcx = only(Family::tcx),
                           at_cgroup = only(Family::cgroup);
inline constexpr FamilySet at_devices = at_netkit | at_tcx;

inline constexpr Check netkit_kind{"the device's kind", {netkit_not_a_netkit}, at_netkit};
inline constexpr Check netkit_end{"which end of the pair it is", {netkit_peer_index}, at_netkit};
inline constexpr Check revision{"the revision expected", {stale}};
inline constexpr Check relative{
    "the relative: whether it is there, and of the right kind and type",
    {relative_id_gone, relative_closed, relative_kind, relative_link_zero, relative_type, relative_no_program}};
inline constexpr Check relative_place{"where the relative stands", {relative_absent}};
inline constexpr Check directives{"what the directives say together", {disagree, no_directive}};

/// kernel/bpf/syscall.c: bpf_prog_attach; kernel/bpf/mprog.c: bpf_mprog_attach.
inline constexpr Check attach[] = {
    {"the flags", {attach_unknown_flag}},
    {"the program", {attach_program_closed, attach_not_a_program}},
    {"the device", {attach_no_device}},
    netkit_kind,
    netkit_end,
    {"the program to replace", {attach_replace_closed, attach_replace_type}},
    revision,
    {"whether the program is in the list", {attach_exists}},
    relative,
    {"the place: room, or the entry to replace", {attach_full, replace_absent, replace_owner}},
    relative_place,
    directives,
};

/// kernel/bpf/syscall.c: bpf_prog_detach; kernel/bpf/mprog.c: bpf_mprog_detach.
inline constexpr Check detach[] = {
    {"the flags", {detach_unknown_flag}},
    {"the program", {detach_program_closed, detach_not_a_program}},
    {"the device", {detach_no_device}},
    netkit_kind,
    netkit_end,
    {"whether the hook is there", {detach_no_entry}},
    {"the flag REPLACE", {detach_replace}},
    revision,
    {"whether there is an entry", {detach_empty}, at_tcx},
    relative,
    {"where the program stands", {detach_absent, detach_owner}},
    relative_place,
    {"what the directives say together", {disagree}},
};

/// The same functions. Whose the entry is comes last: only then is it known which one it is.
inline constexpr Check detach_by_position[] = {
    {"the flags", {detach_unknown_flag}},
    {"the caller", {detach_permission}},
    {"the device", {detach_no_device}},
    netkit_kind,
    netkit_end,
    {"whether the hook is there", {detach_no_entry}},
    {"the flag REPLACE", {detach_replace}},
    revision,
    {"whether there is an entry", {detach_empty}, at_tcx},
    {"the relative: whether it is there, of the right kind, and in the list",
     {relative_id_gone, relative_closed, relative_kind, relative_link_zero, relative_never_in_list, relative_absent}},
    directives,
    {"whose the entry is", {detach_owner}},
};

/// kernel/bpf/syscall.c: link_create; kernel/bpf/mprog.c: bpf_mprog_attach.
inline constexpr Check link[] = {
    {"the program", {link_program_closed, link_not_a_program}},
    {"the device", {link_no_device}},
    netkit_kind,
    netkit_end,
    revision,
    {"whether the program is in the list", {attach_exists}},
    {"the relative: whether it is there, and of the right kind and type",
     {relative_id_gone, relative_not_settled, relative_closed, relative_kind, relative_link_zero, relative_type,
      relative_no_program}},
    {"the place: room, or the entry to replace", {attach_full, replace_absent}},
    relative_place,
    directives,
};

inline constexpr Check update_flags{"the flags", {update_unknown_flag}};
inline constexpr Check updated_link{"the link", {update_link_closed, update_not_a_link}};
inline constexpr Check new_program{"the new program", {update_program_closed, update_not_a_program}};
inline constexpr Check old_program{"the old program",
                                   {update_old_closed, update_old_not_a_program, update_old_without_flag}};
inline constexpr Check old_match{"whether the old program is the link's", {update_old_mismatch}};

/// kernel/bpf/syscall.c: link_update; kernel/bpf/tcx.c: tcx_link_update; drivers/net/netkit.c: netkit_link_update. No
/// list holds a program of another type, so that of the last two at most one is due.
inline constexpr Check update[] = {
    update_flags,
    updated_link,
    new_program,
    old_program,
    {"whether the link is in a list", {update_detached}},
    old_match,
    {"whether the list takes the new program", {update_exists, update_type}},
};

inline constexpr Check cgroup{"the cgroup", {cgroup_never, cgroup_removed}};
inline constexpr Check cgroup_above{"the cgroups above", {cgroup_hierarchy}};
inline constexpr Check cgroup_mode{"the list's mode", {cgroup_other_mode}};
inline constexpr Check cgroup_room{"room in the list", {cgroup_full}};
inline constexpr Check cgroup_directives{"what is said of the place", {cgroup_both_ends, cgroup_relative_alone}};
inline constexpr Check cgroup_owner{"whether a link stands beside a link", {cgroup_relative_owner}};
inline constexpr Check cgroup_relative_place{"the relative's entry", {relative_absent, cgroup_relative_preorder}};
/// kernel/bpf/syscall.c: bpf_prog_attach; kernel/bpf/cgroup.c: __cgroup_bpf_attach, get_prog_list.
inline constexpr Check cgroup_attach[] = {
    {"the flags", {cgroup_attach_flags, cgroup_preorder_unknown, cgroup_order_unknown}},
    {"the program", {attach_program_closed, attach_not_a_program}},
    {"the caller, of a program of type cgroup_skb", {cgroup_attach_skb}},
    cgroup,
    {"the program to replace", {attach_replace_closed, attach_replace_type}},
    {"the modes that are said", {cgroup_modes}},
    {"REPLACE beside BEFORE and AFTER", {cgroup_replace_beside}},
    revision,
    cgroup_above,
    cgroup_mode,
    cgroup_room,
    {"whether the program is in the list", {cgroup_exists}},
    {"the entry to replace", {replace_absent}},
    cgroup_directives,
    cgroup_owner,
    {"the relative: whether it is there, and of the right kind", {relative_id_gone, relative_closed, relative_kind}},
    cgroup_relative_place,
};
/// kernel/bpf/syscall.c: link_create; kernel/bpf/cgroup.c: cgroup_bpf_link_attach.
inline constexpr Check cgroup_link[] = {
    {"the program's fd", {link_program_closed}},
    {"the caller, of a program of type cgroup_skb", {cgroup_link_skb}},
    {"the program", {link_not_a_program}},
    {"the flags", {cgroup_link_flags, cgroup_link_order_unknown}},
    cgroup,
    revision,
    cgroup_above,
    cgroup_mode,
    cgroup_room,
    cgroup_directives,
    cgroup_owner,
    {"the relative: whether it is there, and of the right kind",
     {relative_id_gone, relative_not_settled, relative_closed, relative_kind, relative_link_zero}},
    cgroup_relative_place,
};
/// kernel/bpf/syscall.c: bpf_prog_detach; kernel/bpf/cgroup.c: __cgroup_bpf_detach.
inline constexpr Check cgroup_detach[] = {
    {"the flags and the relative", {cgroup_detach_flags, cgroup_detach_order_unknown}},
    cgroup,
    revision,
    {"whether there is an entry", {cgroup_detach_empty}},
    {"the program", {cgroup_detach_no_program}},
    {"where the program stands", {detach_absent}},
};
/// net/core/sock_map.c: sock_map_link_update_prog, and its like.
inline constexpr Check update_of_type[] = {
    update_flags,
    updated_link,
    new_program,
    old_program,
    old_match,
    {"the new program's type", {update_type}},
    {"whether the link is attached", {update_detached}},
};
inline constexpr Check update_never[] = {
    update_flags,
    updated_link,
    new_program,
    old_program,
    {"the link's type, or its state", {update_no_operation, update_refused, update_detached}},
};
/// kernel/bpf/syscall.c: link_update_map.
inline constexpr Check update_of_map[] = {
    update_flags,
    updated_link,
    {"the new map", {update_map_closed, update_not_a_map}},
    {"the old map", {update_old_map_closed, update_old_not_a_map, update_old_without_flag}},
    {"the new map's type", {update_other_map}},
};
/// kernel/bpf/syscall.c: link_detach.
inline constexpr Check detach_link[] = {
    {"the link", {detach_link_closed, detach_link_not_a_link}},
    {"the link's type", {detach_link_no_operation}},
};

/// kernel/bpf/syscall.c: __sys_bpf, bpf_prog_query; kernel/bpf/mprog.c: bpf_mprog_query.
inline constexpr Check query[] = {
    {"the attr, as far as the kernel knows it", {query_beyond_known}},
    {"the caller", {query_permission}},
    {"the attr, behind the call's fields", {query_beyond_fields}},
    {"the query flags, by the call", {query_unknown_flag}},
    {"the device", {query_no_device}, at_devices},
    netkit_kind,
    netkit_end,
    {"the cgroup", {cgroup_never, cgroup_removed}, at_cgroup},
    {"both flags, by the list", {query_flags}, at_devices},
    {"whether the flags of what is effective are asked for", {cgroup_query_flags}, at_cgroup},
    {"the room in the array", {query_short}},
};
inline constexpr Check fill[] = {{"the device", {fill_no_device}}, netkit_kind, netkit_end};
inline constexpr Check run[] = {{"the device", {run_no_device}}};

inline constexpr Check close[] = {{"the fd", {close_closed}}};
inline constexpr Check dup[] = {{"the fd", {dup_closed}}};
/// kernel/bpf/syscall.c: bpf_prog_get_fd_by_id, bpf_link_get_fd_by_id.
inline constexpr Check open[] = {{"the caller", {open_permission}}, {"the id", {open_gone}}};
inline constexpr Check load[] = {{"the caller", {load_permission}}};

inline constexpr Check device_caller{"the caller", {device_permission}};
inline constexpr Check remove[] = {device_caller, {"the device", {remove_no_device}}};
inline constexpr Check make[] = {device_caller, {"the device", {make_exists}}};
inline constexpr Check move[] = {device_caller, {"the device", {move_no_device}}};
/// net/sched/sch_api.c: tc_modify_qdisc, tc_get_qdisc.
inline constexpr Check qdisc[] = {
    device_caller, {"the device", {qdisc_no_device}}, {"the qdisc to delete", {qdisc_absent}}};

inline constexpr Check pin_directory{"the directory", {pin_permission}};
/// kernel/bpf/inode.c: bpf_obj_pin_user.
inline constexpr Check pin[] = {{"the fd", {pin_no_object}}, pin_directory, {"the name", {pin_exists}}};
inline constexpr Check get[] = {pin_directory, {"the name", {get_absent}}};
inline constexpr Check unpin[] = {pin_directory, {"the name", {unpin_absent}}};

/// kernel/bpf/syscall.c: bpf_obj_get_next_id.
inline constexpr Check next_id[] = {
    {"the id to begin after", {next_id_start}}, {"the caller", {next_id_permission}}, {"the id", {next_id_none}}};

inline constexpr Check cgroup_caller{"the caller", {cgroup_permission}};
/// kernel/cgroup/cgroup.c: cgroup_rmdir, cgroup_mkdir.
inline constexpr Check remove_cgroup[] = {
    {"the cgroup", {remove_cgroup_absent}}, cgroup_caller, {"the cgroups below", {remove_cgroup_busy}}};
inline constexpr Check make_cgroup[] = {
    {"the cgroup above", {make_cgroup_no_parent}}, {"the cgroup", {make_cgroup_exists}}, cgroup_caller};

}  // namespace checks

struct OrderRow {
  Order order;
  std::string_view call;  ///< as the language says it, and upon what
  std::span<const Check> checks;
};
inline constexpr std::array<OrderRow, order_count> order_rows{{
    {Order::attach, "attach", checks::attach},
    {Order::detach, "detach, of a program", checks::detach},
    {Order::detach_by_position, "detach, by position", checks::detach_by_position},
    {Order::link, "link", checks::link},
    {Order::update, "update, of a link of these hooks", checks::update},
    {Order::update_of_type, "update, of a link of type sockmap, netns or iter", checks::update_of_type},
    {Order::update_never, "update, of a link of any other type", checks::update_never},
    {Order::update_of_map, "update, of a link that holds a map", checks::update_of_map},
    {Order::detach_link, "detach_link", checks::detach_link},
    {Order::query, "query", checks::query},
    {Order::fill, "fill", checks::fill},
    {Order::run, "run", checks::run},
    {Order::close, "close", checks::close},
    {Order::dup, "dup", checks::dup},
    {Order::open, "open", checks::open},
    {Order::load, "load", checks::load},
    {Order::remove, "remove", checks::remove},
    {Order::make, "make", checks::make},
    {Order::move, "move", checks::move},
    {Order::qdisc, "qdisc", checks::qdisc},
    {Order::pin, "pin", checks::pin},
    {Order::get, "get", checks::get},
    {Order::unpin, "unpin", checks::unpin},
    {Order::next_id, "next_id", checks::next_id},
    {Order::cgroup_attach, "attach, at a cgroup", checks::cgroup_attach},
    {Order::cgroup_detach, "detach, at a cgroup", checks::cgroup_detach},
    {Order::cgroup_link, "link, at a cgroup", checks::cgroup_link},
    {Order::remove_cgroup, "rmdir", checks::remove_cgroup},
    {Order::make_cgroup, "mkdir", checks::make_cgroup},
}};

namespace detail {
constexpr bool orders_are_whole() {
  for (unsigned n = 0; n < order_count; ++n)
    if (order_rows[n].order != static_cast<Order>(n) || order_rows[n].checks.empty()) return false;
  return true;
}
/// No rule stands in an order twice: its place is the check's.
constexpr bool places_are_unique() {
  for (const OrderRow& row : order_rows)
    for (const Check& check : row.checks)
      for (const Rule rule : check.refusals())
        if (std::ranges::count_if(row.checks, [rule](const Check& other) { return other.refuses_by(rule); }) != 1)
          return false;
  return true;
}
}  // namespace detail
static_assert(detail::orders_are_whole(), "each order has its row, at its own number");
static_assert(detail::places_are_unique(), "a rule has one place in an order");

constexpr std::span<const Check> checks_of(Order order) {
  return order_rows[static_cast<unsigned>(order)].checks;
}
/// Which check of the order refuses by this rule, from 0; none, if none does.
constexpr std::optional<unsigned> place_of(Order order, Rule rule) {
  const auto checks = checks_of(order);
  const auto at = std::ranges::find_if(checks, [rule](const Check& check) { return check.refuses_by(rule); });
  if (at == checks.end()) return std::nullopt;
  return static_cast<unsigned>(at - checks.begin());
}
/// The order in which the checks of an operation are made. Of an update the link decides; what is no link has the same
/// checks up to that one in all.
Order order_of(const World& world, const Operation& operation);

/// docs/hooks/order_of_checks.md.
std::string order_of_checks_page();

}  // namespace mprogcheck::model
