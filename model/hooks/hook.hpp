// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "model/flag.hpp"
#include "model/program_type.hpp"

namespace mprogcheck::model {

/// Where programs are attached. All that is known of a hook stands in its row: hook_rows. What a family of hooks
/// decides stands in its rules: model/hooks/family.hpp.
enum class Hook : std::uint8_t { tcx_ingress, tcx_egress, netkit_primary, netkit_peer };
inline constexpr unsigned hooks = 4;

enum class Family : std::uint8_t { tcx, netkit };
inline constexpr unsigned families = 2;

struct HookRow {
  Hook hook;
  std::string_view name;      ///< the language's word
  Family family;              ///< whose rules it follows
  std::uint32_t attach_type;  ///< enum bpf_attach_type (uapi/linux/bpf.h)
  ProgramType type;           ///< what it takes (kernel/bpf/syscall.c: attach_type_to_prog_type)
  std::uint32_t attach_mask;  ///< the flags that BPF_PROG_ATTACH and BPF_PROG_DETACH know there
};

inline constexpr std::array<HookRow, hooks> hook_rows{{
    {Hook::tcx_ingress, "tcx_ingress", Family::tcx, 46, ProgramType::sched_cls, flag::mprog_mask},
    {Hook::tcx_egress, "tcx_egress", Family::tcx, 47, ProgramType::sched_cls, flag::mprog_mask},
    {Hook::netkit_primary, "netkit_primary", Family::netkit, 54, ProgramType::sched_cls, flag::mprog_mask},
    {Hook::netkit_peer, "netkit_peer", Family::netkit, 55, ProgramType::sched_cls, flag::mprog_mask},
}};

/// What is known of a family before a kernel is asked.
struct FamilyRow {
  Family family;
  std::string_view name;     ///< what `--hook` takes for all of its hooks
  std::string_view feature;  ///< what a kernel has to have
  bool at_peers;             ///< its hooks can be asked for at the other end of a pair, too
};
inline constexpr std::array<FamilyRow, families> family_rows{{
    {Family::tcx, "tcx", "tcx", false},
    {Family::netkit, "netkit", "netkit", true},
}};

namespace detail {
constexpr bool rows_are_whole() {
  for (unsigned n = 0; n < hooks; ++n)
    if (hook_rows[n].hook != static_cast<Hook>(n) || hook_rows[n].name.empty()) return false;
  for (unsigned n = 0; n < families; ++n)
    if (family_rows[n].family != static_cast<Family>(n) || family_rows[n].name.empty()) return false;
  return true;
}
}  // namespace detail
static_assert(detail::rows_are_whole(), "each hook and each family has its row, at its own number");

constexpr const HookRow& row_of(Hook hook) {
  return hook_rows[static_cast<unsigned>(hook)];
}
constexpr const FamilyRow& row_of(Family family) {
  return family_rows[static_cast<unsigned>(family)];
}
/// A set of families: bit N is Family N.
using FamilySet = std::uint8_t;
inline constexpr FamilySet all_families = (1U << families) - 1;
constexpr FamilySet only(Family family) {
  return static_cast<FamilySet>(1U << static_cast<unsigned>(family));
}

constexpr Family family_of(Hook hook) {
  return row_of(hook).family;
}
constexpr std::string_view name_of(Hook hook) {
  return static_cast<unsigned>(hook) < hooks ? row_of(hook).name : "?";
}
/// The names of all hooks, in their order.
inline constexpr auto hook_names = [] {
  std::array<std::string_view, hooks> names{};
  std::ranges::transform(hook_rows, names.begin(), &HookRow::name);
  return names;
}();

}  // namespace mprogcheck::model
