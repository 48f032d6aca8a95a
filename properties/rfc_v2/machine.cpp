// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/rfc_v2/machine.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace mprogcheck::properties {

namespace {

using namespace model::rfc_v2;
using Kind = Object::Kind;

constexpr std::uint32_t unknown_flag = 1U << 20;

/// A number for the field relative_fd or relative_id, and ID where it is read as an id.
struct Number {
  Object object;
  std::uint32_t id;
};

std::vector<Object> with_names(const RfcV2Bound& bound, std::initializer_list<Kind> others) {
  std::vector<Object> all;
  for (unsigned n = 0; n < bound.programs; ++n) all.push_back(Object::program(static_cast<model::ProgramIndex>(n)));
  for (const Kind kind : others) all.push_back(Object::of(kind));
  return all;
}

std::vector<Number> numbers(const RfcV2Bound& bound) {
  std::vector<Number> all;
  const auto add = [&](std::uint32_t id, std::vector<Object> objects) {
    for (unsigned n = 0; n < bound.links; ++n) objects.push_back(Object::link(static_cast<model::LinkIndex>(n)));
    for (const Object object : objects) all.push_back({object, id});
  };
  add(0, with_names(bound, {Kind::zero, Kind::negative, Kind::closed, Kind::other_program, Kind::other_link,
                            Kind::other_kind}));
  // What has no id, and what is never allocated, are one number.
  add(flag::id, with_names(bound, {Kind::zero, Kind::closed, Kind::other_program, Kind::other_link}));
  return all;
}

/// Every set of the flags of attach, detach and link_create, but for ID, which goes with the number.
std::vector<std::uint32_t> flag_sets() {
  constexpr std::array bits{flag::replace, flag::before, flag::after, flag::first,
                            flag::last,    flag::link,   unknown_flag};
  std::vector<std::uint32_t> all;
  for (unsigned set = 0; set < 1U << bits.size(); ++set) {
    std::uint32_t flags = 0;
    for (std::size_t i = 0; i < bits.size(); ++i)
      if ((set >> i & 1U) != 0) flags |= bits[i];
    all.push_back(flags);
  }
  return all;
}

void add_list_calls(const RfcV2Bound& bound, std::vector<Operation>& all) {
  const auto programs = with_names(
      bound, {Kind::zero, Kind::negative, Kind::closed, Kind::other_program, Kind::other_link, Kind::other_kind});
  for (const Call call : {Call::attach, Call::detach, Call::link_create})
    for (const Object program : programs) {
      for (const std::uint32_t flags : flag_sets())
        for (const Number& number : numbers(bound))
          for (const Expect expect : {Expect::none, Expect::now, Expect::stale})
            all.push_back({.call = call,
                           .expect = expect,
                           .program = program,
                           .relative = number.object,
                           .flags = flags | number.id});
      all.push_back({.call = call, .device = false, .program = program});
    }
}

void add_link_calls(const RfcV2Bound& bound, std::vector<Operation>& all) {
  std::vector<Object> links{Object::zero(), Object::of(Kind::closed), Object::of(Kind::other_link), Object::program(0)};
  for (unsigned n = 0; n < bound.links; ++n) links.push_back(Object::link(static_cast<model::LinkIndex>(n)));
  const auto programs =
      with_names(bound, {Kind::zero, Kind::closed, Kind::other_program, Kind::other_link, Kind::other_kind});

  for (const Object link : links) {
    all.push_back({.call = Call::link_detach, .link = link});
    all.push_back({.call = Call::link_close, .link = link});
    for (const Object program : programs)
      for (const Object old : programs)
        for (const std::uint32_t flags : {0U, flag::replace, flag::first, flag::replace | flag::first, unknown_flag})
          all.push_back({.call = Call::link_update, .link = link, .program = program, .old = old, .flags = flags});
  }
}

void append_key(std::string& key, unsigned value) {
  key.push_back(static_cast<char>(value));
}

/// Numbers for names in the order in which they are met.
class Renumbering {
 public:
  explicit Renumbering(bool wanted) : wanted_(wanted) { numbers_.fill(none); }
  unsigned of(unsigned name) {
    if (!wanted_) return name;
    if (numbers_[name] == none) numbers_[name] = next_++;
    return numbers_[name];
  }

 private:
  static constexpr std::uint8_t none = 0xff;
  bool wanted_;
  std::uint8_t next_ = 0;
  std::array<std::uint8_t, 256> numbers_{};
};

}  // namespace

unsigned weight(const Operation& operation) {
  const bool no_program = operation.program.kind != Kind::program && operation.call < Call::link_detach &&
                          !(operation.call == Call::detach && operation.program.is_zero());
  return 2 * static_cast<unsigned>(std::popcount(operation.flags)) + (operation.relative.is_zero() ? 0 : 1) +
         (operation.old.is_zero() ? 0 : 1) + static_cast<unsigned>(operation.expect) + (no_program ? 3 : 0) +
         (operation.device ? 0 : 3);
}

RfcV2Machine::RfcV2Machine(const RfcV2Bound& bound) : bound_(bound) {
  add_list_calls(bound, operations_);
  add_link_calls(bound, operations_);
  std::ranges::stable_sort(operations_, {}, weight);
}

RfcV2Machine::State RfcV2Machine::initial() const {
  return {.revision = bound_.revision,
          .capacity = static_cast<std::uint8_t>(bound_.capacity),
          .link_names = static_cast<std::uint8_t>(bound_.links),
          .kept = bound_.kept};
}

std::string RfcV2Machine::key(const State& state) const {
  Renumbering programs(bound_.symmetric);
  std::string key;
  append_key(key, state.revision >> 31);
  for (const Entry& entry : state.entries()) {
    append_key(key, programs.of(entry.program));
    append_key(key, entry.link == model::no_link ? entry.link : bound_.symmetric ? 0U : entry.link);
    append_key(key, entry.ends);
  }
  append_key(key, model::no_program);
  // Links that are attached are told by their entries; which name a defunct one has does not matter.
  if (!bound_.symmetric)
    for (const Link& link : state.links) append_key(key, static_cast<unsigned>(link.is));
  else
    append_key(key, static_cast<unsigned>(std::ranges::count(state.links, Link::Is::defunct, &Link::is)));
  return key;
}

}  // namespace mprogcheck::properties
