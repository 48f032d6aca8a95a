// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "model/operation.hpp"
#include "model/sequence.hpp"

namespace mprogcheck::model {

// The words of the sequence language, in one place for those who print and those who parse.

/// The calls, in the order of the alternatives of Operation.
inline constexpr std::array<std::string_view, std::variant_size_v<AnyCall>> call_names = {
    "attach", "detach", "link", "update", "detach_link", "close", "dup", "open",  "load",    "query", "fill",
    "run",    "remove", "make", "move",   "qdisc",       "pin",   "get", "unpin", "next_id", "rmdir", "mkdir"};
inline constexpr std::array<std::string_view, program_types> program_type_names = {
    "sched_cls", "xdp", "socket_filter", "cgroup_skb", "cgroup_device", "cgroup_sysctl"};
inline constexpr std::array<std::string_view, returns_count> returns_names = {"next", "pass", "drop", "redirect",
                                                                              "unknown"};
inline constexpr std::array<std::string_view, device_kinds> device_kind_names = {"usual", "veth"};
inline constexpr std::array<std::string_view, policies> policy_names = {"pass", "drop"};
inline constexpr std::array<std::string_view, qdiscs> qdisc_names = {"none", "ingress", "clsact"};
inline constexpr std::array<std::string_view, 2> place_names = {"away", "home"};
inline constexpr std::array<std::string_view, 2> object_kind_names = {"prog", "link"};
/// The arrays that a query may do without, by bit.
inline constexpr std::array<std::string_view, 4> query_array_names = {"prog_ids", "link_ids", "prog_flags",
                                                                      "link_flags"};
/// Of declared callers.
inline constexpr std::array<std::string_view, Caller::declarable> caller_names = {"u", "v", "w", "x"};

struct FlagName {
  std::uint32_t bit;
  std::string_view name;
};
/// By ascending bit, which is the order in which they are printed.
inline constexpr std::array<FlagName, 8> flag_names = {{{flag::override_, "override"},
                                                        {flag::multi, "multi"},
                                                        {flag::replace, "replace"},
                                                        {flag::before, "before"},
                                                        {flag::after, "after"},
                                                        {flag::id, "id"},
                                                        {flag::preorder, "preorder"},
                                                        {flag::link, "link"}}};

/// The word of a value; "?" for one that no enumerator has.
template <std::size_t n>
constexpr std::string_view word_of(const std::array<std::string_view, n>& words, std::size_t index) {
  return index < n ? words[index] : "?";
}
constexpr std::string_view name_of(ProgramType type) {
  return word_of(program_type_names, static_cast<std::size_t>(type));
}
constexpr std::string_view name_of(Returns returns) {
  return word_of(returns_names, static_cast<std::size_t>(returns));
}
constexpr std::string_view name_of(DeviceKind kind) {
  return word_of(device_kind_names, static_cast<std::size_t>(kind));
}
constexpr std::string_view name_of(Policy policy) {
  return word_of(policy_names, static_cast<std::size_t>(policy));
}
constexpr std::string_view name_of(Qdisc qdisc) {
  return word_of(qdisc_names, static_cast<std::size_t>(qdisc));
}
constexpr std::string_view name_of(ObjectKind kind) {
  return word_of(object_kind_names, static_cast<std::size_t>(kind));
}

/// Of a declared caller.
constexpr std::string_view name_of(Caller caller) {
  return caller.is_root() ? "root" : word_of(caller_names, caller.number - std::size_t{1});
}

/// The hook called so, if there is one.
std::optional<Hook> hook_named(std::string_view name);

/// What a user is told to write: an error says "expected " and one of these.
namespace expected {
/// "a, b or c"
std::string one_of(std::span<const std::string_view> words);
/// "l0 to l63"
std::string names(char letter);
/// "b0 to b15"
std::string pins();
/// "p0 to p31, q0 to q31, l0 to l63, h0 to h31, f0 to f62, o0 to o17"
std::string any_name();

inline constexpr std::string_view fd_literal =
    "a literal fd that is no BPF object: 0 to 2, 900 to 4294967295, or a negative number";
inline constexpr std::string_view id_literal = "a literal id that no object has: next, 0, or 1073741824 to 4294967295";
inline constexpr std::string_view target =
    "a target: d0 to d3, peer(d0) to peer(d3), or an interface index that no device has: 0, or 1000000 to 2147483647";
inline constexpr std::string_view cgroup_target = "a cgroup: c0 to c7";
inline constexpr std::string_view fill_at_device = "fill at a hook of devices: fillers are programs of type sched_cls";
inline constexpr std::string_view cgroup_returns =
    "next or drop: the verifier lets a program of a cgroup say nothing else";
inline constexpr std::string_view fill_count = "a number of entries: 0 to 63";
inline constexpr std::string_view uid = "the uid of a user without capabilities: 1 to 4294967294";
inline constexpr std::string_view attr_size =
    "the size of an attr that ends with a field: 8, 12, 16, 24, 28, 32, 40, 48, 56, 64, or 72 to 4096 in steps of 8";
inline constexpr std::string_view garbage =
    "garbage where every kernel says the same of it: size 72 to 128, or 1024 to 4096";
}  // namespace expected

/// The most that a sequence may hold, and a query may ask for.
inline constexpr std::size_t max_operations = 100'000;
inline constexpr unsigned max_fill_count = Name::filler_count;

/// An interface index that no device has: 0, or far above what a guest hands out.
constexpr bool legal_ifindex_literal(std::uint64_t ifindex) {
  return ifindex == 0 || (ifindex >= 1'000'000 && ifindex <= 0x7fff'ffff);
}

/// A query's attr ends with a field, so that none is cut in two.
constexpr bool legal_attr_size(std::uint32_t size) {
  if (size == 12 || size == 28) return true;
  return size >= Query::least_size && size <= Query::most_size && size % 8 == 0;
}
/// Behind the last field of the call and within the bpf_attr of every kernel, or behind that of all.
constexpr bool legal_garbage(std::uint32_t size) {
  return (size >= 72 && size <= 128) || size >= Query::foreign_size;
}

/// Not root, and not the uid that stands for none.
constexpr bool legal_uid(std::uint32_t uid) {
  return uid != 0 && uid != 0xffff'ffff;
}

/// The letters of names, in the order of their slots.
struct NameRange {
  char letter;
  unsigned begin;
  unsigned count;
};
inline constexpr std::array<NameRange, 6> name_ranges = {{{'p', 0, Name::pool_count},
                                                          {'q', Name::mortal_begin, Name::mortal_count},
                                                          {'l', Name::link_begin, Name::link_count},
                                                          {'h', Name::any_begin, Name::any_count},
                                                          {'f', Name::filler_begin, Name::filler_count},
                                                          {'o', Name::object_begin, Name::object_count}}};

}  // namespace mprogcheck::model
