// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <string>

#include "campaign/fuzz/reporter.hpp"

namespace mprogcheck::cli {

/// Tells a campaign as it goes: one line that renews itself on a terminal, a plain line now and then in a log.
class ProgressLine final : public Reporter {
 public:
  ProgressLine();
  ~ProgressLine() override { clear(); }
  void note(std::string_view line) override;
  void progress(const Progress& progress) override;
  void finding(const Finding& finding) override;

  /// Takes the line away, before something else is printed.
  void clear();

 private:
  bool terminal_;
  bool shown_ = false;
  double next_line_ = 0;  ///< in a log: seconds into the campaign
};

/// "reproducible (4 of 4)", "flaky 1/4", "not seen again, 0/4": for people.
std::string how_sure_of(const Finding& finding);

/// "12 sequences", "1.5 M", "93.4 k": for people.
std::string short_number(double number);

}  // namespace mprogcheck::cli
