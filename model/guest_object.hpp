// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "model/name.hpp"
#include "model/operation.hpp"

namespace mprogcheck::model {

/// What BPF_LINK_UPDATE says of a link, as far as a sequence can come: the operations of its type (struct
/// bpf_link_ops), and in which order they look.
enum class Updating : std::uint8_t {
  in_list,       ///< kernel/bpf/tcx.c: the link of a list
  no_operation,  ///< the type has no update_prog
  refused,       ///< it has one that refuses
  detached,      ///< the link is detached, which is looked at first
  old_and_type,  ///< the old program comes first, then the new one's type, and last that the link is detached
  of_map,        ///< it holds a map and no program, and is updated with one; no sequence can give one that it takes
};

/// What the kernel has beside programs and links of lists, and an fd or id can denote all the same. The guest makes one
/// of each at the start; no sequence makes or changes them. Links that can be detached are detached from the start:
/// they disturb nothing, and detaching them again does nothing.
struct GuestObject {
  std::string_view name;  ///< as a feature of the kernel that can make it
  ObjectKind kind = ObjectKind::other;
  bool pins = true;  ///< the BPF file system takes it
  Updating updating = Updating::in_list;
  bool detaches = false;                          ///< the link's type has BPF_LINK_DETACH
  ProgramType type = ProgramType::of_other_kind;  ///< of the program, or of the link's
  bool has_program = true;                        ///< of a link
  /// Of a link: the number of the program that has the same type and attach type as its own. No other program that a
  /// sequence can name has them, if the link's is of another kind.
  std::uint8_t same_type = none;

  static constexpr std::uint8_t none = 0xff;
};

/// By the number of the name: o0, o1, …
inline constexpr std::array<GuestObject, Name::object_count> guest_objects{{
    {"map", ObjectKind::other},
    {"btf", ObjectKind::other, false},
    {"socket", ObjectKind::other, false},
    {"xdp_link", ObjectKind::link, true, Updating::detached, true},
    {"netns_link", ObjectKind::link, true, Updating::old_and_type, true},
    {"cgroup_link", ObjectKind::link, true, Updating::detached, true},
    {"netkit_link", ObjectKind::link, true, Updating::detached, true, ProgramType::sched_cls},
    {"netfilter_link", ObjectKind::link, true, Updating::refused, true},
    {"sockmap_link", ObjectKind::link, true, Updating::old_and_type, true, ProgramType::of_other_kind, true, 14},
    {"iter_link", ObjectKind::link, true, Updating::old_and_type, false},
    {"raw_tp_link", ObjectKind::link, true, Updating::no_operation, false},
    {"tracing_link", ObjectKind::link, true, Updating::no_operation, false},
    {"perf_event_link", ObjectKind::link, true, Updating::no_operation, false},
    {"kprobe_multi_link", ObjectKind::link, true, Updating::no_operation, false},
    {"sk_skb_prog", ObjectKind::program},
    {"raw_tp_prog", ObjectKind::program},
    {"kprobe_prog", ObjectKind::program},
    {"struct_ops_link", ObjectKind::link, true, Updating::of_map, true, ProgramType::of_other_kind, false},
}};
/// The only map that a sequence can name, and the only link without a program.
inline constexpr unsigned map_object = 0;
inline constexpr unsigned struct_ops_link_object = 17;
static_assert(guest_objects[8].name == "sockmap_link" &&
              guest_objects[guest_objects[8].same_type].name == "sk_skb_prog");
static_assert(guest_objects[map_object].name == "map" && !guest_objects[struct_ops_link_object].has_program);

/// Bit N: oN.
using GuestObjectSet = std::uint32_t;
static_assert(Name::object_count < 32);
inline constexpr GuestObjectSet all_guest_objects = (GuestObjectSet{1} << Name::object_count) - 1;
/// Those that an operation names.
GuestObjectSet guest_objects_of(const Operation& operation);

}  // namespace mprogcheck::model
