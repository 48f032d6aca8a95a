// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/fuzz/history.hpp"

#include <algorithm>

#include "campaign/finding/one_run.hpp"

namespace mprogcheck {

namespace {

/// Keeps the last `longest` of all.
void cut(History::Ranges& ranges) {
  std::uint64_t all = 0;
  for (std::size_t i = ranges.size(); i-- > 0;) {
    auto& [first, count] = ranges[i];
    const std::uint64_t kept = std::min(count, History::longest - all);
    first += count - kept;
    count = kept;
    all += kept;
  }
  std::erase_if(ranges, [](const auto& range) { return range.second == 0; });
}

/// Delta debugging over whole sequences. Each trial costs a new guest.
class CompanySearch {
 public:
  CompanySearch(const Finding& finding, Oracle& oracle, const std::function<bool()>& enough)
      : finding_(finding), oracle_(oracle), enough_(enough) {}

  Result<std::optional<Company>> from(const std::vector<model::Sequence>& before) {
    // What matters is mostly near: a few first, then more.
    std::optional<Company> found;
    for (std::size_t length = 8;; length *= 8) {
      const std::size_t kept = std::min(length, before.size());
      std::vector<model::Sequence> list(before.end() - static_cast<std::ptrdiff_t>(kept), before.end());
      list.push_back(finding_.found);
      auto shown = diverges(std::move(list));
      if (!shown) return tl::unexpected(shown.error());
      found = std::move(*shown);
      if (found || kept == before.size() || exhausted()) break;
    }
    if (!found) return found;
    for (std::size_t chunk = std::max<std::size_t>((found->sequences.size() - 1) / 2, 1);;) {
      auto removed = remove_chunks(*found, chunk);
      if (!removed) return tl::unexpected(removed.error());
      if (exhausted() || (chunk == 1 && !*removed)) return found;
      chunk = std::max<std::size_t>(chunk / 2, 1);
    }
  }

 private:
  static constexpr unsigned most_trials = 200;

  [[nodiscard]] bool exhausted() const { return trials_ >= most_trials || (enough_ && enough_()); }

  /// One pass: whether anything could be left out.
  Result<bool> remove_chunks(Company& company, std::size_t chunk) {
    bool removed = false;
    for (std::size_t begin = 0; begin + 1 < company.sequences.size() && !exhausted();) {
      const std::size_t end = std::min(begin + chunk, company.sequences.size() - 1);
      auto list = company.sequences;
      list.erase(list.begin() + static_cast<std::ptrdiff_t>(begin), list.begin() + static_cast<std::ptrdiff_t>(end));
      auto shown = diverges(std::move(list));
      if (!shown) return tl::unexpected(shown.error());
      if (*shown) {
        company = std::move(**shown);
        removed = true;
      } else {
        begin = end;
      }
    }
    return removed;
  }

  /// The list up to the first sequence that diverges alike.
  Result<std::optional<Company>> diverges(std::vector<model::Sequence> list) {
    ++trials_;
    if (auto renewed = oracle_.renew(Start::quick); !renewed) return tl::unexpected(renewed.error());
    std::vector<Job> jobs;
    for (const auto& sequence : list) jobs.push_back({.sequence = sequence, .traits = finding_.origin.traits});
    auto judgements = run_all(oracle_, jobs);
    if (!judgements) return tl::unexpected(judgements.error());
    for (std::size_t i = 0; i < list.size(); ++i) {
      auto& divergence = (*judgements)[i].divergence;
      if (!divergence || divergence->fingerprint != finding_.divergence.fingerprint) continue;
      list.resize(i + 1);
      return Company{std::move(list), std::move(*divergence)};
    }
    return std::nullopt;
  }

  const Finding& finding_;
  Oracle& oracle_;
  const std::function<bool()>& enough_;
  unsigned trials_ = 0;
};

}  // namespace

void History::add(std::uint64_t guest, std::uint64_t first, std::uint64_t count) {
  if (guest != guest_) ranges_.clear();
  guest_ = guest;
  ranges_.emplace_back(first, count);
  // One batch more than is kept: what comes before an index of the last one is cut again.
  while (ranges_.size() > 1) {
    std::uint64_t later = 0;
    for (std::size_t i = 1; i + 1 < ranges_.size(); ++i) later += ranges_[i].second;
    if (later < longest) break;
    ranges_.erase(ranges_.begin());
  }
}

void History::renewed(std::uint64_t guest) {
  if (guest == guest_ || ranges_.empty()) return;
  guest_ = guest;
  ranges_.erase(ranges_.begin(), ranges_.end() - 1);
}

History::Ranges History::before(std::uint64_t index) const {
  Ranges ranges = ranges_;
  if (!ranges.empty()) ranges.back().second = index - std::min(index, ranges.back().first);
  cut(ranges);
  return ranges;
}

Result<std::optional<Company>> find_company(const Finding& finding, const std::vector<model::Sequence>& before,
                                            Oracle& oracle, const std::function<bool()>& enough) {
  return CompanySearch(finding, oracle, enough).from(before);
}

}  // namespace mprogcheck
