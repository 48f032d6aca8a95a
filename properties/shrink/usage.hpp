// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <array>
#include <variant>

#include "model/sequence.hpp"
#include "model/visit_names.hpp"
#include "properties/shrink/simpler.hpp"

namespace mprogcheck::properties {

/// The device of an operation on devices.
template <typename Visit>
void visit_device(model::Operation& operation, Visit visit) {
  std::visit(
      [&](auto& call) {
        if constexpr (requires { call.device; }) visit(call.device);
      },
      operation);
}

template <typename Visit>
void visit_site(model::Operation& operation, Visit visit) {
  std::visit(
      [&](auto& call) {
        if constexpr (requires { call.site; }) visit(call.site);
      },
      operation);
}

/// What the operations speak of.
struct Usage {
  std::array<bool, model::Name::slots> names{};
  std::array<bool, model::Target::device_count> devices{};
  std::array<bool, model::Cgroup::count> cgroups{};
  std::array<bool, model::Caller::declarable> callers{};
  bool other_hooks = false;  ///< than the first of all
  bool later_hooks = false;  ///< than the first of their family

  explicit Usage(const model::Sequence& sequence) {
    for (model::Operation operation : sequence.operations) {
      if (!operation.caller.is_root()) callers[operation.caller.number - 1U] = true;
      model::visit_names(operation, [this](model::Name name) { names[name.slot] = true; });
      visit_device(operation, [this](model::Device device) { devices[device.number] = true; });
      if (const auto cgroup = model::cgroup_of(operation)) cgroups[cgroup->number] = true;
      visit_site(operation, [this](const model::Site& site) {
        const bool of_cgroup = site.target.is_cgroup();
        if (of_cgroup) cgroups[site.target.number()] = true;
        if (!site.target.is_literal() && !of_cgroup) devices[site.target.number()] = true;
        other_hooks = other_hooks || (!of_cgroup && site.hook != model::Hook{});
        later_hooks = later_hooks || site.hook != first_hook_of(model::family_of(site.hook));
      });
    }
  }
};

}  // namespace mprogcheck::properties
