// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "campaign/explore/space.hpp"
#include "campaign/explore/tour_run.hpp"
#include "campaign/fuzz/reporter.hpp"
#include "campaign/kernel/kernel_identity.hpp"
#include "oracle/feature.hpp"

namespace mprogcheck {

/// Where an exploration stands: what the next start needs to go on, and what merge_shards() puts together. One file,
/// explore.json, in the folder that --out names.
struct ExploreState {
  std::string start;  ///< start_id() of its beginning

  // What it is.
  std::string kernel, bound;  ///< as the user named it
  KernelIdentity identity;
  bool is_old = false;  ///< an earlier mprogcheck wrote it, which kept less: nobody may go on with it
  Shard shard;
  std::uint64_t digest = 0;
  std::uint64_t pairs = 0, own_pairs = 0;
  std::uint64_t avoided = 0;  ///< besides `pairs`

  // How far it has come.
  std::set<std::uint32_t> done;              ///< tours
  std::map<std::uint32_t, TourExtent> cuts;  ///< of those that did not come to their end
  std::set<Pair> strays;                     ///< pairs that led elsewhere
  std::vector<TourSuspect> suspects;         ///< that they met, to be looked into at the end
  PairTable table;                           ///< of `covered` what the tours done saw
  properties::Coverage coverage;             ///< what decided that
  CanaryCount canaries;
  std::set<std::string> unchecked;  ///< features that a kernel lacked, of those that it would have been asked about
  std::uint64_t steps = 0;
  std::uint64_t findings = 0;
  std::uint64_t behind = 0;  ///< when it was finished: ExploreReport::behind
  double seconds = 0;
  bool finished = false;

  /// But for the kernel's identity.
  [[nodiscard]] bool is_same(const ExploreState& other) const {
    return kernel == other.kernel && bound == other.bound && shard == other.shard && digest == other.digest;
  }
  [[nodiscard]] std::string kernel_text() const { return to_string(identity, kernel); }
};

/// Nothing if there is no such file. An Error if it is none of ours, or not as we left it. Of what an earlier
/// mprogcheck left only whether it was finished is read, and that it `is_old`.
Result<std::optional<ExploreState>> read_explore_state(const std::filesystem::path& folder);
/// An Error of kind usage: it is none of ours, or speaks of tours and pairs that there are not.
tl::unexpected<Error> torn_state(const std::filesystem::path& folder);
/// An Error of kind usage: why nobody may go on with an old one, or put it together with others.
tl::unexpected<Error> refuse_old(const std::filesystem::path& folder);
/// What `unchecked` names, in the order of features().
std::vector<const Feature*> features_of(const std::set<std::string>& names);
Result<void> write_explore_state(const ExploreState& state, const std::filesystem::path& folder);

}  // namespace mprogcheck
