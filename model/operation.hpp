// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "model/cgroup.hpp"
#include "model/device.hpp"
#include "model/flag.hpp"
#include "model/hooks/hook.hpp"
#include "model/name.hpp"
#include "model/program_type.hpp"

namespace mprogcheck::model {

/// What a hook belongs to: device dN, the other end of its pair, a literal interface index, or cgroup cN. A device or
/// cgroup that the sequence does not declare, and every literal that is legal, is one that does not exist.
struct Target {
  std::uint32_t value = 0;  ///< device number, or one of the bases and the number behind it

  static constexpr unsigned device_count = Device::count;     ///< d0 to d3
  static constexpr std::uint32_t cgroup_base = 0x2000'0000;   ///< c0 to c7
  static constexpr std::uint32_t peer_base = 0x4000'0000;     ///< peer(d0) to peer(d3)
  static constexpr std::uint32_t literal_base = 0x8000'0000;  ///< literals: 0 and 1000000 upward, below 2^31
  static constexpr Target device(std::uint32_t n) { return {n}; }
  static constexpr Target peer(std::uint32_t n) { return {peer_base + n}; }
  static constexpr Target cgroup(std::uint32_t n) { return {cgroup_base + n}; }
  static constexpr Target literal(std::uint32_t ifindex) { return {literal_base + ifindex}; }
  [[nodiscard]] constexpr bool is_literal() const { return value >= literal_base; }
  [[nodiscard]] constexpr bool is_peer() const { return value >= peer_base && value < literal_base; }
  [[nodiscard]] constexpr std::uint32_t ifindex() const { return value - literal_base; }
  [[nodiscard]] constexpr bool is_cgroup() const { return value >= cgroup_base && value < peer_base; }
  [[nodiscard]] constexpr bool is_device() const { return value < cgroup_base; }
  /// Of a device, of its peer, of a cgroup: its number.
  [[nodiscard]] constexpr std::uint32_t number() const {
    return is_peer() ? value - peer_base : is_cgroup() ? value - cgroup_base : value;
  }
  /// Those that lists can belong to have a number of their own: devices, then cgroups.
  static constexpr unsigned places = device_count + Cgroup::count;
  static constexpr Target at_place(unsigned n) { return n < device_count ? device(n) : cgroup(n - device_count); }
  /// `places` or more: it can have no list.
  [[nodiscard]] constexpr std::uint32_t place() const {
    if (is_cgroup()) return value - cgroup_base + device_count;
    return value < device_count ? value : places;
  }
  friend constexpr auto operator<=>(Target, Target) = default;
};

/// One hook of one target.
struct Site {
  Hook hook{};
  Target target;
  friend constexpr auto operator<=>(Site, Site) = default;
};

/// An argument that the kernel reads as a file descriptor or, where a flag says so, as an id: a name or a literal
/// number. Literals are legal only where they cannot hit a real object by accident: see legal_literal().
struct Argument {
  std::uint32_t value = 0;  ///< the literal, or the slot of the name
  bool named = false;

  static constexpr Argument of(Name name) { return {name.slot, true}; }
  static constexpr Argument literal(std::uint32_t number) { return {number, false}; }
  [[nodiscard]] constexpr Name name() const { return {static_cast<std::uint8_t>(value)}; }
  /// Nothing given: the zero that every field of bpf_attr starts as.
  [[nodiscard]] constexpr bool is_zero() const { return !named && value == 0; }
  friend constexpr auto operator<=>(Argument, Argument) = default;
};

/// fd 0 to 2 are open in the guest and are no BPF object; 900 upward (and so every negative number) is never open.
constexpr bool legal_fd_literal(std::uint32_t number) {
  return number <= 2 || number >= 900;
}
/// An id that no object has yet, `id next`: the one that the kernel will give to the next link where LINK is said, to
/// the next program where it is not. When a link is created, that is the link's own.
inline constexpr std::uint32_t coming_id = (1U << 30) - 1;

/// Id 0 is never given to an object; ids from 2^30 upward are never reached.
constexpr bool legal_id_literal(std::uint32_t number) {
  return number == 0 || number >= coming_id;
}

/// expected_revision, or an offset from the revision that the hook has when the operation runs.
struct Revision {
  std::uint64_t value = 0;  ///< the number itself, or, if relative, a signed offset in two's complement
  bool relative = false;

  static constexpr Revision literal(std::uint64_t number) { return {number, false}; }
  static constexpr Revision now(std::int64_t offset = 0) { return {static_cast<std::uint64_t>(offset), true}; }
  [[nodiscard]] constexpr bool is_zero() const { return !relative && value == 0; }
  [[nodiscard]] constexpr std::uint64_t resolve(std::uint64_t current) const {
    return relative ? current + value : value;
  }
  friend constexpr auto operator<=>(Revision, Revision) = default;
};

enum class ObjectKind : std::uint8_t { program, link, other };

/// BPF_PROG_ATTACH.
struct Attach {
  Site site{};
  Argument program{};  ///< attach_bpf_fd
  std::uint32_t flags = 0;
  Argument relative{};  ///< relative_fd or relative_id
  Argument replace{};   ///< replace_bpf_fd
  Revision revision{};  ///< expected_revision
  friend constexpr auto operator<=>(const Attach&, const Attach&) = default;
};

/// BPF_PROG_DETACH. Without a program (attach_bpf_fd 0) the entry is chosen by position.
struct Detach {
  Site site{};
  Argument program{};
  std::uint32_t flags = 0;
  Argument relative{};
  Argument replace{};
  Revision revision{};
  friend constexpr auto operator<=>(const Detach&, const Detach&) = default;
};

/// BPF_LINK_CREATE. On success `name` is bound to the new link; a handle it named before is closed after that (dup2).
struct CreateLink {
  Name name{};
  Site site{};
  Argument program{};
  std::uint32_t flags = 0;
  Argument relative{};
  Revision revision{};
  friend constexpr auto operator<=>(const CreateLink&, const CreateLink&) = default;
};

/// BPF_LINK_UPDATE. The flags' BPF_F_REPLACE says that old_program is to be compared.
struct UpdateLink {
  Argument link{};
  Argument program{};
  std::uint32_t flags = 0;
  Argument old_program{};
  friend constexpr auto operator<=>(const UpdateLink&, const UpdateLink&) = default;
};

/// BPF_LINK_DETACH.
struct DetachLink {
  Argument link{};
  friend constexpr auto operator<=>(const DetachLink&, const DetachLink&) = default;
};

/// close(2).
struct Close {
  Name name{};
  friend constexpr auto operator<=>(const Close&, const Close&) = default;
};

/// dup2(2): `name` becomes another handle of the same open file.
struct Dup {
  Name name{};
  Argument from{};
  friend constexpr auto operator<=>(const Dup&, const Dup&) = default;
};

/// BPF_PROG_GET_FD_BY_ID, BPF_LINK_GET_FD_BY_ID: `name` becomes a handle of a new open file.
struct Open {
  Name name{};
  ObjectKind kind = ObjectKind::program;
  Argument id{};
  friend constexpr auto operator<=>(const Open&, const Open&) = default;
};

/// BPF_PROG_LOAD of a mortal program: one that is gone with its last holder.
struct Load {
  Name name{};
  ProgramType type = ProgramType::sched_cls;
  Returns returns = Returns::next;
  friend constexpr auto operator<=>(const Load&, const Load&) = default;
};

/// BPF_PROG_QUERY with arrays of `count` slots: ids and attach flags, of programs and of links.
struct Query {
  Site site{};
  std::uint32_t query_flags = 0;
  std::uint32_t attach_flags = 0;
  std::uint32_t count = 64;         ///< what is said; the arrays are never shorter than a full list
  std::uint8_t without = 0;         ///< array_…: pointers that are null
  std::uint16_t size = whole_size;  ///< of bpf_attr, bytes, as the kernel is told; what is beyond whole_size is zero
  bool garbage = false;             ///< but for its last byte

  static constexpr std::uint32_t effective = 1U << 0;  ///< BPF_F_QUERY_EFFECTIVE
  static constexpr std::uint8_t array_prog_ids = 1, array_link_ids = 2, array_prog_flags = 4, array_link_flags = 8;
  static constexpr std::uint16_t whole_size = 64;      ///< up to the end of the last field, the revision
  static constexpr std::uint16_t least_size = 8;       ///< the site is always said
  static constexpr std::uint16_t most_size = 4096;     ///< a page: more is refused unseen
  static constexpr std::uint16_t foreign_size = 1024;  ///< from here on, further than any kernel's bpf_attr
  friend constexpr auto operator<=>(const Query&, const Query&) = default;
};

/// Appends fillers that are not in the list yet, in order of their number, until the list has `count` entries. One
/// operation for the shrinker and the reader, many calls for the kernel.
struct Fill {
  Site site{};
  std::uint8_t count = 0;  ///< at most 63, so that every attach in it succeeds if the first does
  friend constexpr auto operator<=>(const Fill&, const Fill&) = default;
};

/// One packet through the hook, ingress or egress: every program that it meets says so, and what became of it is
/// watched. See model/passage.hpp.
struct SendPacket {
  Site site{};
  friend constexpr auto operator<=>(const SendPacket&, const SendPacket&) = default;
};

/// BPF_OBJ_PIN: the object gets a name in the BPF file system, which holds it.
struct Pin {
  PinName pin{};
  Argument from{};  ///< bpf_fd
  friend constexpr auto operator<=>(const Pin&, const Pin&) = default;
};

/// BPF_OBJ_GET: `name` becomes a handle of a new open file.
struct Get {
  Name name{};
  PinName pin{};
  friend constexpr auto operator<=>(const Get&, const Get&) = default;
};

/// unlink(2) of the pin.
struct Unpin {
  PinName pin{};
  friend constexpr auto operator<=>(const Unpin&, const Unpin&) = default;
};

/// BPF_PROG_GET_NEXT_ID, BPF_LINK_GET_NEXT_ID: asks on from the id until it comes to an object that the sequence has
/// made or to the end. One operation for the reader, as many calls for the kernel as there are objects of others
/// between.
struct NextId {
  ObjectKind kind = ObjectKind::program;
  Argument id{};  ///< start_id
  friend constexpr auto operator<=>(const NextId&, const NextId&) = default;
};

using AnyCall =
    std::variant<Attach, Detach, CreateLink, UpdateLink, DetachLink, Close, Dup, Open, Load, Query, Fill, SendPacket,
                 RemoveDevice, MakeDevice, MoveDevice, SetQdisc, Pin, Get, Unpin, NextId, RemoveCgroup, MakeCgroup>;

/// Who makes a call: root, or a caller that the sequence declares. All share one table of file descriptors: a caller
/// without a capability is one who was handed the fds.
struct Caller {
  std::uint8_t number = 0;  ///< 0: root, with every capability; else a declared caller: u is 1, v is 2, …

  static constexpr unsigned declarable = 4;  ///< u, v, w, x
  static constexpr Caller declared(unsigned n) { return {static_cast<std::uint8_t>(n + 1)}; }
  [[nodiscard]] constexpr bool is_root() const { return number == 0; }
  friend constexpr auto operator<=>(Caller, Caller) = default;  // NOLINT(modernize-use-nullptr): there is no pointer
};

/// One call, and who makes it.
struct Operation : AnyCall {
  using AnyCall::AnyCall;
  Caller caller{};
  friend constexpr auto operator<=>(const Operation&, const Operation&) = default;
};

/// The keyword of the call in the sequence language: "attach", "link", "update", …
std::string_view call_name(const Operation& operation);
/// The device that an operation on devices names; none of the others.
std::optional<Device> device_of(const Operation& operation);
/// The cgroup that an operation on cgroups names; none of the others.
std::optional<Cgroup> cgroup_of(const Operation& operation);
/// Does it speak of the id that comes next?
bool names_coming_id(const Operation& operation);
/// The hook an operation names, if it names one.
std::optional<Site> site_of(const Operation& operation);

}  // namespace mprogcheck::model
