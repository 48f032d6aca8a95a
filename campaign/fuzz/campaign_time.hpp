// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include "base/curfew.hpp"
#include "base/result.hpp"
#include "campaign/fuzz/fuzz.hpp"
#include "campaign/stopwatch.hpp"

namespace mprogcheck {

/// How long a campaign has been at work, earlier starts included, and when it and its guests are to end.
class CampaignTime {
 public:
  /// Shrinking goes on for so long after the time is up.
  static constexpr double shrink_grace = 60;
  /// A guest that has not come to an end of what it was doing so long after that is left alone.
  static constexpr double guest_grace = 10;

  /// To find out which known divergences a kernel has may take so long: some of them kill a guest.
  static constexpr double probing = 120;

  /// `before`: seconds of earlier starts. The guests have booted: that has a deadline of its own.
  CampaignTime(const FuzzOptions& options, double before) : options_(options), before_(before) {
    if (options_.curfew == nullptr || !options_.seconds) return;
    options_.curfew->set(Curfew::Clock::now() + std::chrono::seconds(static_cast<int>(probing)));
  }
  CampaignTime(const CampaignTime&) = delete;
  CampaignTime& operator=(const CampaignTime&) = delete;
  ~CampaignTime() {
    if (options_.curfew != nullptr) options_.curfew->lift();
  }

  /// What was done until now, to find out about the guests, is not of the campaign.
  void begin() {
    clock_ = Stopwatch();
    guests_began_ = Curfew::Clock::now();
    guests_judge();
  }
  [[nodiscard]] double seconds() const { return before_ + clock_.seconds(); }
  [[nodiscard]] bool stopped() const { return options_.stop != nullptr && options_.stop->load(); }
  [[nodiscard]] bool is_up() const { return stopped() || (options_.seconds && seconds() >= *options_.seconds); }
  [[nodiscard]] bool is_up_for_shrinking() const {
    return stopped() || (options_.seconds && seconds() > *options_.seconds + shrink_grace);
  }
  void guests_judge() { set_curfew(0); }
  void guests_shrink() { set_curfew(shrink_grace); }
  /// A guest was at work when its time was over, and came along well: what it was doing does not count, and that is
  /// all.
  [[nodiscard]] bool is_why(const Error& error) const {
    return error.kind == Error::Kind::interrupted && options_.seconds && !stopped();
  }

 private:
  void set_curfew(double grace) {
    if (options_.curfew == nullptr || !options_.seconds) return;
    const std::chrono::duration<double> whole(*options_.seconds - before_ + grace + guest_grace);
    options_.curfew->set(guests_began_ + std::chrono::duration_cast<Curfew::Clock::duration>(whole));
  }

  const FuzzOptions& options_;
  double before_;
  Curfew::Clock::time_point guests_began_ = Curfew::Clock::now();
  Stopwatch clock_;
};

}  // namespace mprogcheck
