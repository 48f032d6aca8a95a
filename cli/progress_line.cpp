// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "cli/progress_line.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "properties/judge/describe.hpp"

namespace mprogcheck::cli {

namespace {
constexpr double seconds_between_log_lines = 10;
}

std::string short_number(double number) {
  if (number >= 1e6) return fmt::format("{:.1f} M", number / 1e6);
  if (number >= 1e4) return fmt::format("{:.1f} k", number / 1e3);
  return fmt::format("{:.0f}", number);
}

std::string how_sure_of(const Finding& finding) {
  if (finding.label == Label::reproducible)
    return fmt::format("reproducible ({} of {})", finding.confirmed, finding.runs);
  const bool unseen = finding.label == Label::flaky && finding.confirmed == 0;
  return fmt::format("{} {}/{}", unseen ? "not seen again," : name_of(finding.label), finding.confirmed, finding.runs);
}

ProgressLine::ProgressLine() : terminal_(::isatty(STDOUT_FILENO) == 1) {}

void ProgressLine::clear() {
  if (shown_) fmt::print("\r\033[K");
  shown_ = false;
  std::fflush(stdout);
}

void ProgressLine::note(std::string_view line) {
  clear();
  fmt::print("{}\n", line);
  std::fflush(stdout);
}

void ProgressLine::progress(const Progress& progress) {
  if (!terminal_ && progress.seconds < next_line_) return;
  next_line_ = progress.seconds + seconds_between_log_lines;
  const auto operations = static_cast<double>(progress.operations);
  const std::string line =
      fmt::format("{:5.0f} s  {} sequences  {} operations  {}/s  {} findings  canaries {}/{}", progress.seconds,
                  short_number(static_cast<double>(progress.sequences)), short_number(operations),
                  short_number(progress.seconds > 0 ? operations / progress.seconds : 0), progress.findings,
                  progress.canaries.caught, progress.canaries.planted);
  if (terminal_) {
    fmt::print("\r\033[K{}", line);
    shown_ = true;
  } else {
    fmt::print("{}\n", line);
  }
  std::fflush(stdout);
}

void ProgressLine::finding(const Finding& finding) {
  clear();
  if (finding.label == Label::unconfirmed) {
    fmt::print("found: {}\n       saved in {}; shrinking\n", properties::summary(finding.divergence),
               finding.folder.string());
  } else {
    const std::string how_sure = how_sure_of(finding);
    const std::string company =
        finding.before.empty() ? "" : fmt::format(", after {} other sequences", finding.before.size());
    fmt::print("\n{}\n{}, {} operations{}{}: {}/shrunk.mpc\n\n",
               finding.read_back ? properties::to_string(finding.divergence.fingerprint) + "\n"
                                 : properties::describe(finding.shrunk, finding.divergence, finding.origin.traits),
               how_sure, finding.shrunk.operations.size(),
               finding.shortest  ? ", none is shorter"
               : finding.minimal ? ", minimal"
                                 : "",
               company, finding.folder.string());
  }
  std::fflush(stdout);
}

}  // namespace mprogcheck::cli
