// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <memory>
#include <span>
#include <variant>

#include "oracle/planted/planted_fault.hpp"

/// What the planted faults are made of. A fault is a function; these turn one into a Misbehaviour.
namespace mprogcheck::planted {

using model::Edit;
using model::Operation;
using model::Rule;
using model::Verdict;
using model::World;

template <typename T>
std::unique_ptr<Misbehaviour> make() {
  return std::make_unique<T>();
}

/// A fault that decides otherwise.
template <Verdict (*decision)(const World&, const Operation&, const Verdict& honest)>
struct Decides final : Misbehaviour {
  Verdict decide(const World& world, const Operation& operation, const Verdict& honest) override {
    return decision(world, operation, honest);
  }
};

/// A fault that leaves something else behind.
template <void (*leave)(World&, const World& before, const Operation&, const Verdict& honest)>
struct Leaves final : Misbehaviour {
  void applied(World& world, const World& before, const Operation& operation, const Verdict& honest) override {
    leave(world, before, operation, honest);
  }
};

/// The operation after a change to those of its fields that attach, detach and link have in common.
template <typename Change>
Operation changed(const Operation& operation, Change change) {
  Operation copy = operation;
  std::visit(
      [&](auto& call) {
        if constexpr (requires { call.relative; }) change(call);
      },
      copy);
  return copy;
}

/// What `get` reads from such an operation; `otherwise` of another one.
template <typename Get, typename Value>
Value read(const Operation& operation, Get get, Value otherwise) {
  return std::visit(
      [&](const auto& call) -> Value {
        if constexpr (requires { call.relative; })
          return get(call);
        else
          return otherwise;
      },
      operation);
}
inline std::uint32_t flags_of(const Operation& operation) {
  return read(
      operation, [](const auto& call) { return call.flags; }, std::uint32_t{0});
}
inline bool has_relative(const Operation& operation) {
  return read(
      operation, [](const auto& call) { return !call.relative.is_zero(); }, false);
}
inline bool has_revision(const Operation& operation) {
  return read(
      operation, [](const auto& call) { return !call.revision.is_zero(); }, false);
}

/// One reference on the program is forgotten: if it was the last, the program lives on, and nobody knows it.
void leak(World& world, const World& before, model::ProgramIndex program);

template <typename Call>
bool is(const Operation& operation) {
  return std::holds_alternative<Call>(operation);
}
inline bool is_insert(const Verdict& verdict) {
  return verdict.edit.kind == Edit::Kind::insert || verdict.edit.kind == Edit::Kind::create_link;
}
inline Verdict refuse(model::Outcome outcome, Rule rule) {
  return {outcome, rule, {}};
}
/// The list that the operation names; no_list if there is none.
inline model::ListIndex list_named(const World& world, const Operation& operation) {
  const auto site = model::site_of(operation);
  const auto list = site ? world.list_at(*site) : std::nullopt;
  return list ? *list : model::no_list;
}

std::span<const PlantedFault> list_faults();
std::span<const PlantedFault> revision_faults();
std::span<const PlantedFault> link_faults();
std::span<const PlantedFault> errno_faults();
std::span<const PlantedFault> permission_faults();
std::span<const PlantedFault> run_faults();
std::span<const PlantedFault> lifetime_faults();
std::span<const PlantedFault> leak_faults();
std::span<const PlantedFault> netkit_faults();
std::span<const PlantedFault> next_id_faults();
std::span<const PlantedFault> cgroup_faults();

}  // namespace mprogcheck::planted
