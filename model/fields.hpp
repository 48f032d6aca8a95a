// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <variant>

#include "model/operation.hpp"

namespace mprogcheck::model {

/// What a field is to its call. A visitor says what it does for a role, or for all that derive from one; the nearest
/// is taken. Where what may stand in a field depends on another, which comes before it, the role says so.
namespace role {

struct Any {};

struct Caller : Any {};
struct Site : Any {};
struct PacketSite : Site {};  ///< packets go through devices, not through their peers
struct FilledSite : Site {};  ///< fillers are for hooks of devices
struct Name : Any {};         ///< closed: of any letter
struct BoundName : Name {     ///< names of one letter are bound by each call
  char letter;
  constexpr explicit BoundName(char only) : letter(only) {}
};

struct Fd : Any {};
struct Program : Fd {};
struct Replace : Fd {};
struct Link : Fd {};
struct OldProgram : Fd {};
struct Pinned : Fd {};
struct Copied : Fd {};  ///< as a literal never one that is open: it would be a handle of what is no BPF object

struct Id : Any {
  model::ObjectKind kind;
  constexpr explicit Id(model::ObjectKind of) : kind(of) {}
};
/// An fd or an id, of a program or of a link, as the flags say.
struct Relative : Any {
  std::uint32_t flags;
  constexpr explicit Relative(std::uint32_t said) : flags(said) {}
  [[nodiscard]] constexpr bool is_id() const { return (flags & flag::id) != 0; }
  [[nodiscard]] constexpr model::ObjectKind kind() const {
    return (flags & flag::link) != 0 ? model::ObjectKind::link : model::ObjectKind::program;
  }
};

struct Flags : Any {};
struct QueryFlags : Flags {};        ///< of a query, which has other ones
struct QueryAttachFlags : Flags {};  ///< said in a query, though they are for the kernel to answer
struct Revision : Any {};

struct Count : Any {};     ///< of the slots of a query
struct Arrays : Any {};    ///< the set of those that a query does without
struct AttrSize : Any {};  ///< bytes
struct Garbage : Any {     ///< in an attr of that size
  std::uint16_t size;
  constexpr explicit Garbage(std::uint16_t bytes) : size(bytes) {}
};
struct Entries : Any {};  ///< how many a list is to have

struct ObjectKind : Any {};
struct ProgramType : Any {};
struct Returns : Any {  ///< a program of that type
  model::ProgramType type;
  constexpr explicit Returns(model::ProgramType of) : type(of) {}
};
struct Device : Any {};
struct Cgroup : Any {};
struct Home : Any {};
struct Qdisc : Any {};
struct Pin : Any {};
struct RemovedPin : Pin {};

}  // namespace role

template <typename Given, typename Wanted>
concept either = std::is_same_v<std::remove_const_t<Given>, Wanted>;  ///< const or not

// fields(call, visit) calls visit(role, field) for each field of the call, in the order of its declaration. All that
// goes through calls field by field is made of this: who adds a call, or a field to one, adds it here.

template <typename Call>
requires either<Call, Attach> || either<Call, Detach>
constexpr void fields(Call& call, auto&& visit) {
  visit(role::Site(), call.site);
  visit(role::Program(), call.program);
  visit(role::Flags(), call.flags);
  visit(role::Relative(call.flags), call.relative);
  visit(role::Replace(), call.replace);
  visit(role::Revision(), call.revision);
}
constexpr void fields(either<CreateLink> auto& call, auto&& visit) {
  visit(role::BoundName('l'), call.name);
  visit(role::Site(), call.site);
  visit(role::Program(), call.program);
  visit(role::Flags(), call.flags);
  visit(role::Relative(call.flags), call.relative);
  visit(role::Revision(), call.revision);
}
constexpr void fields(either<UpdateLink> auto& call, auto&& visit) {
  visit(role::Link(), call.link);
  visit(role::Program(), call.program);
  visit(role::Flags(), call.flags);
  visit(role::OldProgram(), call.old_program);
}
constexpr void fields(either<DetachLink> auto& call, auto&& visit) {
  visit(role::Link(), call.link);
}
constexpr void fields(either<Close> auto& call, auto&& visit) {
  visit(role::Name(), call.name);
}
constexpr void fields(either<Dup> auto& call, auto&& visit) {
  visit(role::BoundName('h'), call.name);
  visit(role::Copied(), call.from);
}
constexpr void fields(either<Open> auto& call, auto&& visit) {
  visit(role::BoundName('h'), call.name);
  visit(role::ObjectKind(), call.kind);
  visit(role::Id(call.kind), call.id);
}
constexpr void fields(either<Load> auto& call, auto&& visit) {
  visit(role::BoundName('q'), call.name);
  visit(role::ProgramType(), call.type);
  visit(role::Returns(call.type), call.returns);
}
constexpr void fields(either<Query> auto& call, auto&& visit) {
  visit(role::Site(), call.site);
  visit(role::QueryFlags(), call.query_flags);
  visit(role::QueryAttachFlags(), call.attach_flags);
  visit(role::Count(), call.count);
  visit(role::Arrays(), call.without);
  visit(role::AttrSize(), call.size);
  visit(role::Garbage(call.size), call.garbage);
}
constexpr void fields(either<Fill> auto& call, auto&& visit) {
  visit(role::FilledSite(), call.site);
  visit(role::Entries(), call.count);
}
constexpr void fields(either<SendPacket> auto& call, auto&& visit) {
  visit(role::PacketSite(), call.site);
}
template <typename Call>
requires either<Call, RemoveDevice> || either<Call, MakeDevice>
constexpr void fields(Call& call, auto&& visit) {
  visit(role::Device(), call.device);
}
constexpr void fields(either<MoveDevice> auto& call, auto&& visit) {
  visit(role::Device(), call.device);
  visit(role::Home(), call.home);
}
constexpr void fields(either<SetQdisc> auto& call, auto&& visit) {
  visit(role::Device(), call.device);
  visit(role::Qdisc(), call.qdisc);
}
constexpr void fields(either<Pin> auto& call, auto&& visit) {
  visit(role::Pin(), call.pin);
  visit(role::Pinned(), call.from);
}
constexpr void fields(either<Get> auto& call, auto&& visit) {
  visit(role::BoundName('h'), call.name);
  visit(role::Pin(), call.pin);
}
constexpr void fields(either<Unpin> auto& call, auto&& visit) {
  visit(role::RemovedPin(), call.pin);
}
constexpr void fields(either<NextId> auto& call, auto&& visit) {
  visit(role::ObjectKind(), call.kind);
  visit(role::Id(call.kind), call.id);
}

template <typename Call>
requires either<Call, RemoveCgroup> || either<Call, MakeCgroup>
constexpr void fields(Call& call, auto&& visit) {
  visit(role::Cgroup(), call.cgroup);
}

/// The same for an operation: who makes the call comes first.
constexpr void fields(either<Operation> auto& operation, auto&& visit) {
  visit(role::Caller(), operation.caller);
  std::visit([&visit](auto& call) { fields(call, visit); }, operation);
}

namespace detail {

/// Stands for the initializer of any field.
struct Anything {
  template <typename Field>
  operator Field() const;  // NOLINT(google-explicit-constructor): it is to be taken for one
};
template <typename Call, std::size_t... n>
constexpr bool can_be_made_of(std::index_sequence<n...> /*fields*/) {
  return requires {
    Call{(static_cast<void>(n), Anything())...};
  };
}
constexpr std::size_t most_fields = 12;
/// As many as its initializer list takes.
template <typename Call, std::size_t n = most_fields>
constexpr std::size_t field_count() {
  if constexpr (can_be_made_of<Call>(std::make_index_sequence<n>()))
    return n;
  else
    return field_count<Call, n - 1>();
}

/// The fields that were visited, each once.
struct Visited {
  std::array<const void*, most_fields + 1> fields{};
  std::size_t count = 0;
  constexpr void operator()(role::Any /*role*/, const auto& field) {
    for (std::size_t n = 0; n < count; ++n)
      if (fields[n] == static_cast<const void*>(&field)) return;
    fields[count++] = &field;
  }
};
template <typename Call>
constexpr bool is_described() {
  const Call call{};
  Visited visited;
  fields(call, visited);
  return visited.count == field_count<Call>();
}
template <typename... Calls>
constexpr bool all_described(const std::variant<Calls...>* /*of*/) {
  return (is_described<Calls>() && ...);
}
static_assert(field_count<Attach>() == 6 && field_count<Close>() == 1 && field_count<Query>() == 7);
static_assert(all_described(static_cast<const AnyCall*>(nullptr)), "a field of a call is left out above");

}  // namespace detail
}  // namespace mprogcheck::model
