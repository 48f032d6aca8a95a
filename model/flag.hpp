// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>

/// The attachment flags of uapi/linux/bpf.h, by value.
namespace mprogcheck::model::flag {

inline constexpr std::uint32_t override_ = 1U << 0;  ///< BPF_F_ALLOW_OVERRIDE
inline constexpr std::uint32_t multi = 1U << 1;      ///< BPF_F_ALLOW_MULTI
inline constexpr std::uint32_t replace = 1U << 2;    ///< BPF_F_REPLACE
inline constexpr std::uint32_t before = 1U << 3;     ///< BPF_F_BEFORE
inline constexpr std::uint32_t after = 1U << 4;      ///< BPF_F_AFTER
inline constexpr std::uint32_t id = 1U << 5;         ///< BPF_F_ID: the relative is an id, not an fd
inline constexpr std::uint32_t preorder = 1U << 6;   ///< BPF_F_PREORDER
inline constexpr std::uint32_t link = 1U << 13;      ///< BPF_F_LINK: the relative is a link, not a program
/// What BPF_PROG_ATTACH and BPF_PROG_DETACH know of hooks with an ordered list (BPF_F_ATTACH_MASK_MPROG).
inline constexpr std::uint32_t mprog_mask = replace | before | after | id | link;
/// What BPF_PROG_ATTACH knows of cgroups' hooks (BPF_F_ATTACH_MASK_BASE, and the above).
inline constexpr std::uint32_t cgroup_mask = mprog_mask | override_ | multi | preorder;
/// What BPF_LINK_CREATE knows of them (BPF_F_LINK_ATTACH_MASK): MULTI is meant.
inline constexpr std::uint32_t cgroup_link_mask = before | after | id | link | preorder;
/// Those that say how a list of a cgroup is shared: its mode.
inline constexpr std::uint32_t mode = override_ | multi;

}  // namespace mprogcheck::model::flag
