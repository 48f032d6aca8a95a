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

#include "base/result.hpp"
#include "campaign/finding/finding.hpp"
#include "campaign/folder_lock.hpp"
#include "campaign/fuzz/reporter.hpp"
#include "campaign/kernel/kernel_identity.hpp"

namespace mprogcheck {

/// A finding of a campaign, as its state counts it.
struct CountedFinding {
  std::string folder;                     ///< its name below findings/
  std::uint64_t number = 0;               ///< in the campaign's order
  std::uint64_t hits = 0;                 ///< of the sequences that the state counts
  std::vector<std::string> fingerprints;  ///< all that turned out to be this one
};

/// Where a campaign stands: what the next start needs to go on with it.
struct CampaignState {
  std::string start;  ///< start_id() of its beginning: the findings that have it are its own

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
  std::vector<CountedFinding> findings;  ///< by number
  std::uint64_t numbers = 0;             ///< given to findings, those that turned out to be others included
  std::map<std::string, std::uint64_t> known_hits;
  std::map<std::string, std::uint64_t> calls;  ///< that were made and judged, by name
  bool knows_calls = true;                     ///< false: a start that did not keep them has been
  bool finished = false;                       ///< it ended of its own accord: the next start is a new campaign

  /// But for the kernel's identity.
  [[nodiscard]] bool is_same_campaign(const CampaignState& other) const;
};

/// A campaign that has not come to its end, and all that it found.
struct LastCampaign {
  CampaignState state;
  std::vector<Finding> findings;  ///< that the state counts, in its order
  std::vector<Finding> others;    ///< of the same start: they were met later, and will be again
};

/// The folder that --out names. It belongs to one campaign at a time, and keeps what the next start needs if this one
/// is killed.
class CampaignFolder {
 public:
  /// Makes it where it is missing. An Error of kind usage if another process is at work in it.
  static Result<CampaignFolder> open(const std::filesystem::path& path);

  [[nodiscard]] std::filesystem::path findings() const { return path_ / "findings"; }

  using Note = std::function<void(std::string_view)>;

  /// The campaign on that kernel that the next start goes on with. Nothing if there is none, or if anything of it is
  /// not as it was left: `note` is told what. It is also told of folders that are torn, and nobody's.
  [[nodiscard]] std::optional<LastCampaign> last(const std::string& kernel, const Note& note) const;
  /// At no moment is there half a state.
  Result<void> write(const CampaignState& state) const;

  /// Folders below earlier/.
  static constexpr std::size_t most_earlier = 16;

  /// Before a new campaign or exploration on that kernel begins: what earlier ones found there, and what is torn, goes
  /// below earlier/, where the last so many are kept, and `note` is told where, and what went. `verb`: that of
  /// start_id().
  Result<void> set_aside(std::string_view verb, const std::string& kernel, const Note& note) const;

 private:
  CampaignFolder(std::filesystem::path path, FolderLock lock) : path_(std::move(path)), lock_(std::move(lock)) {}
  [[nodiscard]] std::filesystem::path state_file(const std::string& kernel) const;
  [[nodiscard]] std::vector<std::filesystem::path> finding_folders() const;
  [[nodiscard]] Result<LastCampaign> with_findings(CampaignState state, const Note& note) const;

  std::filesystem::path path_;
  FolderLock lock_;
};

}  // namespace mprogcheck
