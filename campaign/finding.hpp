// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "kernel_oracle/oracle.hpp"
#include "properties/judge.hpp"

namespace mprogcheck {

/// How much a finding can be relied on.
enum class Label {
  unconfirmed,     ///< on disk, and not yet run again
  reproducible,    ///< every time it was run again it diverged alike
  flaky,           ///< not every time: k of n says how often
  infrastructure,  ///< the VM or the agent failed, and not the kernel
};
std::string_view name_of(Label label);

/// A divergence that a user is shown: what ran, how it differs, the smallest sequence that does, and how sure that is.
struct Finding {
  model::Sequence found;              ///< the sequence as it was generated, or read from the file
  properties::Divergence divergence;  ///< of `found`, and from shrinking on of `shrunk`
  model::Sequence shrunk;
  model::Quirks quirks;
  bool minimal = false;  ///< no simpler sequence diverges alike
  Label label = Label::unconfirmed;
  unsigned confirmed = 0, runs = 0;    ///< k of n
  std::uint64_t hits = 1;              ///< runs of the campaign that diverged so
  std::string seed;                    ///< of the campaign; empty for a replayed file
  std::uint64_t shard = 0, index = 0;  ///< which of its sequences
  OracleIdentity kernel;
  std::string console;  ///< the kernel's last lines when it was found
  std::filesystem::path folder;
};

/// Puts a finding on disk as a folder of its own below `directory`: sequence.mpc, divergence.json, report.txt,
/// console.log and, once there is one, shrunk.mpc. Each file is complete or not there. Writing the same finding again
/// brings its folder up to date. Sets finding.folder.
Result<void> save(Finding& finding, const std::filesystem::path& directory);

/// A whole file from disk, or an Error of kind usage that says what to do.
Result<std::string> read_file(const std::filesystem::path& path);
/// Writes a file so that at no moment a part of it can be seen, creating the folder it is in.
Result<void> write_file(const std::filesystem::path& path, std::string_view text);

}  // namespace mprogcheck
