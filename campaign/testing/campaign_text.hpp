// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "campaign/fuzz/fuzz.hpp"
#include "model/language/print.hpp"

namespace mprogcheck::testing {

/// For tests: hears what a user would be told.
class Listener final : public Reporter {
 public:
  void note(std::string_view line) override { notes += std::string(line) + "\n"; }
  std::string notes;
};

inline std::string text_of(const Finding& finding) {
  return fmt::format("{} {} {}/{}{} {} hits\n{}\n{}\n", properties::to_string(finding.divergence.fingerprint),
                     name_of(finding.label), finding.confirmed, finding.runs, finding.minimal ? " minimal" : "",
                     finding.hits, model::print(finding.found), model::print(finding.shrunk));
}

/// All that must not depend on how often a campaign was interrupted.
inline std::string text_of(const FuzzReport& report) {
  std::string text = fmt::format("{} sequences, {} operations, {} unjudged\n", report.progress.sequences,
                                 report.progress.operations, report.progress.unjudged);
  for (const Finding& finding : report.findings) text += text_of(finding);
  return text;
}

}  // namespace mprogcheck::testing
