// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "campaign/finding.hpp"
#include "campaign/kernel_identity.hpp"
#include "campaign/reporter.hpp"

namespace mprogcheck {

/// Where a campaign stands: what the next start needs to go on with it.
struct CampaignState {
  // What it is. With another of these it would be another campaign.
  std::string kernel;  ///< as the user named it
  std::string seed;
  std::uint64_t shard = 0;
  std::vector<std::string> hooks;
  std::uint64_t generator = 0;  ///< a digest of what the generator makes of all this
  KernelIdentity identity;      ///< of the kernel: known when it has booted

  // How far it has come.
  std::uint64_t next = 0;  ///< sequences below this have been judged, and what they found is on disk
  Progress progress;
  std::uint64_t findings = 0;  ///< numbers given to findings
  std::map<std::string, std::uint64_t> known_hits;
  bool finished = false;  ///< it ended of its own accord: the next start is a new campaign

  /// But for the kernel's identity.
  [[nodiscard]] bool is_same_campaign(const CampaignState& other) const;
};

/// The folder that --out names. It belongs to one campaign at a time, and keeps what the next start needs if this one
/// is killed.
class CampaignFolder {
 public:
  /// Makes it where it is missing. An Error of kind usage if another process is at work in it.
  static Result<CampaignFolder> open(const std::filesystem::path& path);

  [[nodiscard]] std::filesystem::path findings() const { return path_ / "findings"; }

  /// The state of the last campaign on that kernel; nothing if there is none, or none that can be read: `note` is told.
  [[nodiscard]] std::optional<CampaignState> state(const std::string& kernel,
                                                   const std::function<void(std::string_view)>& note) const;
  /// At no moment is there half a state.
  Result<void> write(const CampaignState& state) const;

  /// The findings of that campaign, in its order. `note` is told of folders that are torn, which stay as they are.
  [[nodiscard]] std::vector<Finding> findings_of(const CampaignState& state,
                                                 const std::function<void(std::string_view)>& note) const;

 private:
  CampaignFolder(std::filesystem::path path, Fd lock) : path_(std::move(path)), lock_(std::move(lock)) {}
  [[nodiscard]] std::filesystem::path state_file(const std::string& kernel) const;

  std::filesystem::path path_;
  Fd lock_;
};

}  // namespace mprogcheck
