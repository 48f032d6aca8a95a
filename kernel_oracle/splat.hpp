// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mprogcheck {

/// The table of kernel_oracle/splat_rules.txt. Both the agent and the host carry it.
class SplatRules {
 public:
  enum class Kind { defect, allow, skip };
  struct Rule {
    Kind kind = Kind::defect;
    bool anchored = false;     ///< the message begins with it
    std::string_view pattern;  ///< points into the table
    std::string_view reason;
  };
  /// The one that was built in.
  static const SplatRules& built_in();
  /// Reads a table. Lines that are none are counted, and left out. The text must outlive the rules.
  explicit SplatRules(std::string_view text);

  /// Does a line of the kernel's log show a defect?
  [[nodiscard]] bool is_defect(std::string_view line) const;
  /// Is a function no more than the way by which a defect was reported?
  [[nodiscard]] bool is_skipped(std::string_view function) const;

  [[nodiscard]] const std::vector<Rule>& rules() const { return rules_; }
  [[nodiscard]] std::size_t bad_lines() const { return bad_lines_; }

 private:
  [[nodiscard]] bool matches(std::string_view line, Kind kind) const;

  std::vector<Rule> rules_;
  std::size_t bad_lines_ = 0;
};

/// Does a line of the kernel's log show a defect? Asked by the agent of /dev/kmsg and by the host of the console.
bool is_splat(std::string_view line);

/// What the kernel itself says in a record of /dev/kmsg, "priority,sequence,time,flags;message": the first line of the
/// message. Empty if the record is another's: everyone may write there (Documentation/ABI/testing/dev-kmsg).
std::string_view kernel_message(std::string_view record);

/// Reads the log message by message, and keeps of its first splat what tells it from others. Takes time linear in what
/// is read; of a line that is longer than the kernel writes any, only the begin counts.
class SplatReader {
 public:
  static constexpr std::size_t max_frames = 3;

  /// `message`: one line, without its time.
  void read(std::string_view message);

  [[nodiscard]] bool found() const { return !title_.empty(); }
  /// The first line that shows a defect; where it names a task of ours, "agent" stands for it. Empty if there is none.
  [[nodiscard]] const std::string& title() const { return title_; }
  /// Where it happened: the innermost functions that did not only report it.
  [[nodiscard]] const std::vector<std::string>& frames() const { return frames_; }
  /// Both in one line. Of the same defect it differs in numbers only. Empty if none was found.
  [[nodiscard]] std::string text() const;

 private:
  std::string title_;
  std::vector<std::string> frames_;
  bool ended_ = false;
};

}  // namespace mprogcheck
