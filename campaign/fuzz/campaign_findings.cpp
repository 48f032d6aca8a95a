// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/fuzz/campaign_findings.hpp"

#include <algorithm>
#include <utility>

namespace mprogcheck {

namespace fs = std::filesystem;

namespace {

tl::unexpected<Error> elsewhere(Error error) {
  if (error.message.find("another folder") == std::string::npos) error.message += "; choose another folder with --out";
  return tl::unexpected(std::move(error));
}

}  // namespace

Result<void> CampaignFindings::keep_at_once(const Finding& finding) {
  const std::scoped_lock lock(keeping_);
  const std::string fingerprint = fingerprint_of(finding);
  if (kept_.contains(fingerprint) || kept_.size() >= 4 * most_) return {};
  Finding copy = finding;
  copy.number = no_number;
  copy.found_as = fingerprint;
  if (auto saved = save(copy, directory_); !saved) return elsewhere(std::move(saved.error()));
  kept_[fingerprint] = {.folder = copy.folder, .for_good = false};
  return {};
}

void CampaignFindings::forget(const Finding& finding) {
  const std::scoped_lock lock(keeping_);
  const auto kept = kept_.find(fingerprint_of(finding));
  if (kept == kept_.end() || kept->second.for_good) return;
  std::error_code ignored;
  fs::remove_all(kept->second.folder, ignored);
  kept_.erase(kept);
}

Result<void> CampaignFindings::keep(Finding& finding) {
  const std::scoped_lock lock(keeping_);
  const auto kept = kept_.find(fingerprint_of(finding));
  if (kept != kept_.end()) finding.folder = kept->second.folder;
  auto saved = save(finding, directory_);
  kept_[fingerprint_of(finding)] = {.folder = finding.folder, .for_good = true};
  if (!saved) return elsewhere(std::move(saved.error()));
  return {};
}

void CampaignFindings::put(Finding finding, const std::vector<std::string>& fingerprints) {
  for (const std::string& fingerprint : fingerprints) {
    places_.try_emplace(fingerprint, all_.size());
    const std::scoped_lock lock(keeping_);
    kept_[fingerprint] = {.folder = finding.folder, .for_good = true};
  }
  all_.push_back(std::move(finding));
}

void CampaignFindings::go_on_with(LastCampaign last) {
  numbers_ = last.state.numbers;
  for (std::size_t n = 0; n < last.findings.size(); ++n) {
    auto fingerprints = last.state.findings[n].fingerprints;
    // It may have been concluded since the state was written.
    fingerprints.push_back(fingerprint_of(last.findings[n]));
    put(std::move(last.findings[n]), fingerprints);
  }
  for (Finding& finding : last.others)
    if (finding.number == no_number)
      loose_.push_back(std::move(finding));
    else
      take_up(std::move(finding), last.state.numbers);
  for (std::size_t place = 0; place < all_.size(); ++place)
    if (all_[place].label == Label::unconfirmed) suspects_.push_back(place);
}

/// One that has its number, and that no state counts: it was entered after the last one was written.
void CampaignFindings::take_up(Finding finding, std::uint64_t counted) {
  const std::string fingerprint = fingerprint_of(finding);
  finding.hits = 0;  // the sequences that met it are judged again
  numbers_ = std::max(numbers_, finding.number + 1);
  if (finding.found_as.empty()) finding.found_as = fingerprint;
  const auto known = places_.find(places_.contains(finding.found_as) ? finding.found_as : fingerprint);
  if (known == places_.end()) {
    const std::string found_as = finding.found_as;
    put(std::move(finding), {fingerprint, found_as});
    return;
  }
  // One of the two was about to be dropped: what the state does not count, or has become what it was not found as.
  Finding& other = all_[known->second];
  if (other.number == finding.number) return;  // a copy that somebody made
  if (other.number >= counted && finding.found_as == fingerprint) std::swap(other, finding);
  places_.try_emplace(finding.found_as, known->second);
  belongs_to(fingerprint, other);
  drop_later(finding, other);
}

Result<void> CampaignFindings::enter(Finding finding, bool counts) {
  const std::string fingerprint = fingerprint_of(finding);
  if (const auto known = places_.find(fingerprint); known != places_.end()) {
    if (counts) ++all_[known->second].hits;
    belongs_to(fingerprint, all_[known->second]);
    return {};
  }
  finding.number = numbers_++;
  finding.hits = counts ? 1 : 0;
  finding.found_as = fingerprint;
  auto saved = keep(finding);
  reporter_.finding(finding);
  places_[fingerprint] = all_.size();
  suspects_.push_back(all_.size());
  all_.push_back(std::move(finding));
  return saved;
}

Result<void> CampaignFindings::show(Finding finding) {
  if (know(finding) || are_enough()) return {};
  auto kept = keep_at_once(finding);
  finding.number = no_number;
  const std::scoped_lock lock(keeping_);
  if (const auto at = kept_.find(fingerprint_of(finding)); at != kept_.end()) finding.folder = at->second.folder;
  places_[fingerprint_of(finding)] = all_.size();
  all_.push_back(std::move(finding));
  return kept;
}

std::vector<Finding> CampaignFindings::not_met_again() {
  auto left = std::exchange(loose_, {});
  for (const Finding& finding : left)
    if (know(finding)) drop_later(finding, all_[places_.at(fingerprint_of(finding))]);
  std::erase_if(left, [this](const Finding& finding) { return know(finding); });
  return left;
}

std::optional<std::size_t> CampaignFindings::suspect() const {
  return suspects_.empty() ? std::nullopt : std::optional(suspects_.front());
}

void CampaignFindings::conclude(std::size_t place, Finding finding) {
  std::erase(suspects_, place);
  Finding& mine = all_[place];
  const auto [known, is_new] = places_.try_emplace(fingerprint_of(finding), place);
  if (!is_new && known->second != place) {
    all_[known->second].hits += std::exchange(mine.hits, 0);
    for (auto& [fingerprint, of] : places_)
      if (of == place) of = known->second;
    merged_.insert(place);
    drop_later(finding, all_[known->second]);
    belongs_to(finding.found_as, all_[known->second]);
    return;
  }
  finding.hits = mine.hits;
  mine = std::move(finding);
  belongs_to(fingerprint_of(mine), mine);
  reporter_.finding(mine);
}

/// Whoever meets it again needs no folder for it, and one that there is, is of no more use.
void CampaignFindings::belongs_to(const std::string& fingerprint, const Finding& stays) {
  const std::scoped_lock lock(keeping_);
  Kept& kept = kept_[fingerprint];
  if (!kept.folder.empty() && kept.folder != stays.folder) to_drop_.push_back(kept.folder);
  kept = {.folder = stays.folder, .for_good = true};
}

/// The state counts it until the next one is written.
void CampaignFindings::drop_later(const Finding& dropped, const Finding& stays) {
  if (dropped.folder != stays.folder) to_drop_.push_back(dropped.folder);
}

void CampaignFindings::state_is_written() {
  std::error_code ignored;
  for (const fs::path& folder : std::exchange(to_drop_, {})) fs::remove_all(folder, ignored);
}

std::vector<CountedFinding> CampaignFindings::counted() const {
  std::vector<CountedFinding> all;
  for (std::size_t place = 0; place < all_.size(); ++place) {
    const Finding& finding = all_[place];
    if (merged_.contains(place) || finding.number == no_number) continue;
    CountedFinding one{.folder = finding.folder.filename().string(),
                       .number = finding.number,
                       .hits = finding.hits,
                       .fingerprints = {}};
    for (const auto& [fingerprint, of] : places_)
      if (of == place) one.fingerprints.push_back(fingerprint);
    all.push_back(std::move(one));
  }
  return all;
}

std::vector<Finding> CampaignFindings::report() const {
  std::vector<Finding> all;
  for (std::size_t place = 0; place < all_.size(); ++place) {
    if (merged_.contains(place)) continue;
    all.push_back(all_[place]);
    all.back().hits = std::max<std::uint64_t>(all.back().hits, 1);
  }
  return all;
}

}  // namespace mprogcheck
