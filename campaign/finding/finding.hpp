// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "campaign/finding/origin.hpp"
#include "oracle/oracle.hpp"
#include "properties/judge/judge.hpp"

namespace mprogcheck {

/// How much a finding can be relied on.
enum class Label {
  unconfirmed,     ///< on disk, and not yet run again
  reproducible,    ///< every time it was run again it diverged alike
  flaky,           ///< not every time: k of n says how often
  infrastructure,  ///< the VM or the agent failed, and not the kernel
};
std::string_view name_of(Label label);

/// Of a finding that has not had its turn in the campaign's order.
inline constexpr std::uint64_t no_number = ~std::uint64_t{0};

/// A divergence that a user is shown: what ran, how it differs, the smallest sequence that does, and how sure that is.
struct Finding {
  model::Sequence found;              ///< the sequence as it was generated, or read from the file
  properties::Divergence divergence;  ///< of `found`, and from shrinking on of `shrunk`
  model::Sequence shrunk;
  /// What must have run in the same guest before `shrunk` for it to diverge; empty if it does so alone.
  std::vector<model::Sequence> before;
  Origin origin;
  Depth depth = Depth::fast;  ///< in which `shrunk` was run, and `before` always fast
  bool minimal = false;       ///< no simpler sequence diverges alike
  bool shortest = false;      ///< nor any shorter one that leads through the model's states
  Label label = Label::unconfirmed;
  unsigned confirmed = 0, runs = 0;  ///< k of n
  std::uint64_t hits = 1;            ///< sequences of the campaign that diverged so
  std::uint64_t unjudged = 0;        ///< operations of `found` after the step: nobody knows what they should do
  std::string found_as;              ///< the fingerprint it was found with: a deep run may have seen more
  std::uint64_t number = 0;          ///< in the campaign's order of findings; no_number if it has none yet
  /// The campaign's sequences that the same guest had run before: (first, count), in order.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> history;
  std::string console;  ///< the kernel's last lines when it was found
  std::filesystem::path folder;
  bool canary = false;     ///< met in a run that lied elsewhere; another run of the same sequence is counted
  bool read_back = false;  ///< from disk: of `divergence` only what the JSON says is there
};

/// Tells campaigns and explorations from each other, those of the same options, too: "fuzz-0123456789abcdef".
std::string start_id(std::string_view verb);

/// Puts a finding on disk as a folder of its own below `directory`: sequence.mpc, divergence.json, report.txt,
/// console.log and, once there is one, shrunk.mpc. Each file is complete or not there, and divergence.json, which comes
/// last, is a journal (campaign/journal.hpp) with everything that load_finding() needs. Writing the same finding again
/// brings its folder up to date. Sets finding.folder, to one that no finding of another start is in.
Result<void> save(Finding& finding, const std::filesystem::path& directory);
/// The folder that save() gives it where nobody else has that.
std::filesystem::path folder_of(const Finding& finding, const std::filesystem::path& directory);
/// A folder in which no finding of another start is, nor one of these.
std::filesystem::path free_folder(const Finding& finding, const std::filesystem::path& directory,
                                  std::span<const Finding> besides = {});
/// Reads a finding back. An Error says in one line what is missing or torn: its folder is one that a crash left behind,
/// or is none.
Result<Finding> load_finding(const std::filesystem::path& folder);
/// Whether sequence.mpc and shrunk.mpc, which are there for people, say what the finding says.
bool shows_its_sequences(const Finding& finding);

}  // namespace mprogcheck
