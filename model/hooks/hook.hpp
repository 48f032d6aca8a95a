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
enum class Hook : std::uint8_t {
  tcx_ingress,
  tcx_egress,
  netkit_primary,
  netkit_peer,
  cgroup_ingress,
  cgroup_egress,
  cgroup_device,
  cgroup_sysctl
};
inline constexpr unsigned hooks = 8;

enum class Family : std::uint8_t { tcx, netkit, cgroup };
inline constexpr unsigned families = 3;

/// What a hook belongs to.
enum class TargetKind : std::uint8_t {
  device,  ///< the call says an interface index
  cgroup   ///< the call says an fd
};

struct HookRow {
  Hook hook;
  std::string_view name;      ///< the language's word
  Family family;              ///< whose rules it follows
  std::uint32_t attach_type;  ///< enum bpf_attach_type (uapi/linux/bpf.h)
  ProgramType type;           ///< what it takes (kernel/bpf/syscall.c: attach_type_to_prog_type)
  std::uint32_t attach_mask;  ///< the flags that BPF_PROG_ATTACH knows there
};

inline constexpr std::array<HookRow, hooks> hook_rows{{
    {Hook::tcx_ingress, "tcx_ingress", Family::tcx, 46, ProgramType::sched_cls, flag::mprog_mask},
    {Hook::tcx_egress, "tcx_egress", Family::tcx, 47, ProgramType::sched_cls, flag::mprog_mask},
    {Hook::netkit_primary, "netkit_primary", Family::netkit, 54, ProgramType::sched_cls, flag::mprog_mask},
    {Hook::netkit_peer, "netkit_peer", Family::netkit, 55, ProgramType::sched_cls, flag::mprog_mask},
    {Hook::cgroup_ingress, "cgroup_ingress", Family::cgroup, 0, ProgramType::cgroup_skb, flag::cgroup_mask},
    {Hook::cgroup_egress, "cgroup_egress", Family::cgroup, 1, ProgramType::cgroup_skb, flag::cgroup_mask},
    {Hook::cgroup_device, "cgroup_device", Family::cgroup, 6, ProgramType::cgroup_device, flag::cgroup_mask},
    {Hook::cgroup_sysctl, "cgroup_sysctl", Family::cgroup, 18, ProgramType::cgroup_sysctl, flag::cgroup_mask},
}};

/// What is known of a family before a kernel is asked.
struct FamilyRow {
  Family family;
  std::string_view name;     ///< what `--hook` takes for all of its hooks
  std::string_view feature;  ///< what a kernel has to have
  TargetKind target;         ///< what its hooks belong to
  bool at_peers;             ///< they can be asked for at the other end of a pair, too
  std::uint8_t capacity;     ///< entries of a list
};
inline constexpr std::array<FamilyRow, families> family_rows{{
    {Family::tcx, "tcx", "tcx", TargetKind::device, false, 63},
    {Family::netkit, "netkit", "netkit", TargetKind::device, true, 63},
    {Family::cgroup, "cgroup", "cgroup", TargetKind::cgroup, false, 64},
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
constexpr unsigned capacity_of(Hook hook) {
  return row_of(family_of(hook)).capacity;
}
constexpr TargetKind target_kind(Hook hook) {
  return row_of(family_of(hook)).target;
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
