// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "oracle/planted/planted_fault.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "oracle/planted/kit.hpp"

namespace mprogcheck {

std::span<const PlantedFault> planted_faults() {
  static const std::vector<PlantedFault> all = [] {
    std::vector<PlantedFault> faults;
    for (const auto part :
         {planted::list_faults(), planted::revision_faults(), planted::link_faults(), planted::errno_faults(),
          planted::permission_faults(), planted::run_faults(), planted::lifetime_faults(), planted::leak_faults(),
          planted::netkit_faults(), planted::next_id_faults(), planted::cgroup_faults()})
      faults.insert(faults.end(), part.begin(), part.end());
    std::ranges::sort(faults, {}, &PlantedFault::name);
    return faults;
  }();
  return all;
}

const PlantedFault* planted_fault(std::string_view name) {
  const auto all = planted_faults();
  const auto found = std::ranges::find(all, name, &PlantedFault::name);
  return found == all.end() ? nullptr : &*found;
}

Result<std::unique_ptr<Oracle>> make_faulty_oracle(std::string_view name, bool counts) {
  if (const PlantedFault* fault = planted_fault(name); fault != nullptr) {
    auto oracle = std::make_unique<ModelOracle>("model:" + std::string(name), fault->make());
    if (!counts) oracle->stop_counting();
    return oracle;
  }
  std::string names;
  for (const PlantedFault& each : planted_faults()) names.append(names.empty() ? "" : ", ").append(each.name);
  return fail(Error::Kind::usage, "no planted fault is called {}: expected one of {}", name, names);
}

}  // namespace mprogcheck
