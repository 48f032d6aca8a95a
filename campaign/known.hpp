// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "campaign/known_pattern.hpp"
#include "model/quirk.hpp"
#include "model/rule.hpp"
#include "oracle/oracle.hpp"
#include "properties/coverage.hpp"
#include "properties/judge/judge.hpp"

namespace mprogcheck {

/// What a campaign does about a known divergence.
enum class KnownAction {
  follow,  ///< the model takes the kernel's transition (a quirk), and judging goes on
  stop,    ///< it is counted as known, and the rest of its sequence is not judged
  avoid,   ///< it kills the guest: no sequence that is run has an operation that matches
};
std::string_view name_of(KnownAction action);

/// A wrong behaviour of released kernels that is understood and described: campaign/known/NAME/, or a folder of the
/// user's. Its own sequence says whether the kernel at hand has it.
struct KnownDivergence {
  std::string name;
  std::string reason;  ///< one line
  KnownAction action = KnownAction::stop;
  std::optional<model::Quirk> quirk;  ///< to follow
  std::optional<model::Rule> rule;    ///< to follow: what decides when the model follows it
  KnownPattern pattern;
  model::Sequence sequence;
};

/// Those that are built in. An Error is a malformed file in the project.
Result<std::vector<KnownDivergence>> known_divergences();
/// Those of a folder that has one folder for each, with known.json and sequence.mpc. An Error is of kind usage and
/// names the file.
Result<std::vector<KnownDivergence>> read_known(const std::filesystem::path& directory);

/// What became of one of them on this kernel.
struct KnownState {
  std::string name;
  std::string reason;
  KnownAction action = KnownAction::follow;
  std::optional<model::Rule> rule;
  KnownPattern pattern;
  /// How often the model followed it, a divergence turned out to be it, or an operation was left out.
  std::uint64_t hits = 0;
  bool stale = false;  ///< its sequence no longer diverges: this kernel behaves
};

/// All of them, on the kernel at hand.
struct Known {
  model::Traits traits;
  std::vector<KnownState> states;
  /// Sequences of entries that diverge, and not in the way that is known: findings.
  std::vector<std::pair<model::Sequence, properties::Divergence>> unexplained;

  /// That which was to be avoided, by its place in `states`, is.
  [[nodiscard]] bool is_avoided(std::size_t place) const { return states[place].action == KnownAction::avoid; }
  /// The one to be stopped at, or avoided, that this divergence is: its place in `states`.
  [[nodiscard]] std::optional<std::size_t> that_is(const model::Sequence& sequence,
                                                   const properties::Divergence& divergence) const;
  /// Whether anything is to be avoided. If not, the two below need not be asked.
  [[nodiscard]] bool avoids() const;
  /// The entry for which the operation is to be avoided where that rule decides it, by its place in `states`: the
  /// first that says so.
  [[nodiscard]] std::optional<std::size_t> avoided_for(const model::Operation& operation, model::Rule rule) const;
  /// Whether there is one.
  [[nodiscard]] bool avoids(const model::Operation& operation, model::Rule rule) const;
  /// Whether an entry that is to be stopped at is for the operation where that rule decides it.
  [[nodiscard]] bool stops_at(const model::Operation& operation, model::Rule rule) const;
  /// Whether the sequence has an operation that is to be avoided.
  [[nodiscard]] bool forbids(const model::Sequence& sequence) const;
  /// Takes the operations out that are to be avoided, and adds how many that were to `hits`, by place in `states`.
  void leave_out(model::Sequence& sequence, std::vector<std::uint64_t>& hits) const;
};

/// Runs the sequence of each entry on the oracle; those to be avoided come last, and each has its guest to itself. One
/// that is followed is present if it diverges without its quirk and holds with it. One whose sequence the kernel lacks
/// something for is stale; and where the guest is no guest to throw away, what is to be avoided is not tried, and
/// avoided.
Result<Known> probe_known(Oracle& oracle, const std::vector<KnownDivergence>& entries);
/// Rules that never decided, though they could have on this kernel: without those that are avoided.
std::vector<model::Rule> unseen_rules(const properties::Coverage& coverage, const Known& known);
/// Counts the hits of those that are followed, from what a campaign has covered.
void count_hits(Known& known, const properties::Coverage& coverage);

}  // namespace mprogcheck
