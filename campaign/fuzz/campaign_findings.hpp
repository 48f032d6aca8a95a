// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "campaign/finding/finding.hpp"
#include "campaign/fuzz/campaign_folder.hpp"
#include "campaign/fuzz/reporter.hpp"

namespace mprogcheck {

/// The findings of a campaign: which divergence is which of them, how often each was met, and their folders. Only with
/// a number is one counted by the campaign's state; without, it is on disk, and may be met again by the next start.
class CampaignFindings {
 public:
  /// `most`: so many different ones are enough.
  CampaignFindings(std::filesystem::path directory, std::size_t most, Reporter& reporter)
      : directory_(std::move(directory)), most_(most), reporter_(reporter) {}

  // Any thread.

  /// A worker has met it, and it may be long until it is its turn: what happens until then must not lose it.
  Result<void> keep_at_once(const Finding& finding);
  /// It turned out to be none.
  void forget(const Finding& finding);

  // The thread of the campaign.

  /// What earlier starts left. Those that are not finished come first.
  void go_on_with(LastCampaign last);
  [[nodiscard]] bool know(const Finding& finding) const { return places_.contains(fingerprint_of(finding)); }
  [[nodiscard]] bool are_enough() const { return size() >= most_; }
  /// A divergence was met: by a sequence that is judged, if it `counts`. One that nobody knew is told, numbered and put
  /// on disk; if that is impossible, it is here all the same.
  Result<void> enter(Finding finding, bool counts);
  /// One that the next start will meet in its turn, for the report of this one.
  Result<void> show(Finding finding);
  /// Those of earlier starts that were without a number, and nobody has met again.
  std::vector<Finding> not_met_again();

  /// The next one that nobody has looked into; nothing if there is none.
  [[nodiscard]] std::optional<std::size_t> suspect() const;
  [[nodiscard]] const Finding& at(std::size_t place) const { return all_[place]; }
  /// What became of the suspect. If it has turned out to be one that is here already, that one takes its hits.
  void conclude(std::size_t place, Finding finding);

  [[nodiscard]] std::size_t size() const { return all_.size() - merged_.size(); }
  [[nodiscard]] std::size_t suspects() const { return suspects_.size(); }
  /// For the state.
  [[nodiscard]] std::vector<CountedFinding> counted() const;
  [[nodiscard]] std::uint64_t numbers() const { return numbers_; }
  /// The state on disk counts as counted() says: folders of those that turned out to be others are of no more use.
  void state_is_written();

  /// For the report. Each was met once at least.
  [[nodiscard]] std::vector<Finding> report() const;

 private:
  struct Kept {
    std::filesystem::path folder;
    bool for_good = false;  ///< it is more than a worker's suspect
  };

  static std::string fingerprint_of(const Finding& finding) {
    return properties::to_string(finding.divergence.fingerprint);
  }
  Result<void> keep(Finding& finding);
  void put(Finding finding, const std::vector<std::string>& fingerprints);
  void take_up(Finding finding, std::uint64_t counted);
  void belongs_to(const std::string& fingerprint, const Finding& stays);
  void drop_later(const Finding& dropped, const Finding& stays);

  std::filesystem::path directory_;
  std::size_t most_;
  Reporter& reporter_;
  std::vector<Finding> all_;
  std::set<std::size_t> merged_;               ///< places whose findings are others
  std::map<std::string, std::size_t> places_;  ///< by fingerprint: which of `all_` it is
  std::deque<std::size_t> suspects_;           ///< that nobody has looked into yet
  std::vector<Finding> loose_;                 ///< of earlier starts, without a number
  std::vector<std::filesystem::path> to_drop_;
  std::uint64_t numbers_ = 0;
  std::mutex keeping_;                ///< of kept_ and what is on disk, while workers work
  std::map<std::string, Kept> kept_;  ///< by fingerprint
};

}  // namespace mprogcheck
