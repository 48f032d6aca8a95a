// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The golden cases of testing/splats: a console, and above it what is to be found on it.
#include "kernel_oracle/splat.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

#include "kernel_oracle/crash_report.hpp"

namespace mprogcheck {
namespace {

using Kind = SplatRules::Kind;

struct Case {
  std::string name;
  std::map<std::string, std::string> expected;  ///< "none": it must not be found
  std::string console;
};

std::vector<Case> golden() {
  std::vector<Case> cases;
  for (const auto& entry : std::filesystem::directory_iterator(SPLATS)) {
    std::ifstream file(entry.path(), std::ios::binary);
    Case one{.name = entry.path().stem().string(), .expected = {}, .console = {}};
    for (std::string line; std::getline(file, line) && line != "---";) {
      const auto space = line.find(' ');
      one.expected[line.substr(0, space)] = line.substr(space + 1);
    }
    one.console = std::string(std::istreambuf_iterator<char>(file), {});
    cases.push_back(std::move(one));
  }
  EXPECT_GE(cases.size(), 20U);
  return cases;
}

std::map<std::string, std::string> found(const CrashReport& report, const Case& wanted) {
  const auto number = [](std::optional<std::uint32_t> value) { return value ? std::to_string(*value) : "none"; };
  std::map<std::string, std::string> all{{"splat", report.splat.empty() ? "none" : report.splat},
                                         {"job", number(report.job)}};
  if (wanted.expected.contains("step")) all["step"] = number(report.step);
  return all;
}

TEST(Splat, GoldenCases) {
  for (const Case& one : golden()) EXPECT_EQ(found(read_crash(one.console), one), one.expected) << one.name;
}

/// The agent reads the same lines as records, and must say the same.
TEST(Splat, GuestAndHostSayTheSame) {
  for (const Case& one : golden()) {
    SplatReader reader;
    std::istringstream console(one.console);
    for (std::string line; std::getline(console, line);)
      reader.read(kernel_message("4,1,2,-;" + line.substr(line.find("] ") + 2)));
    EXPECT_EQ(reader.found() ? reader.text() : "none", one.expected.at("splat")) << one.name;
  }
}

/// As it comes through a serial line: with carriage returns, escape sequences, callers, NULs, and rubbish around it.
TEST(Splat, TheConsoleMayBeDirty) {
  for (const Case& one : golden()) {
    std::string dirty = "\x1b[2J\x1b[01;01H rubbish \xff\xfe";
    dirty += std::string("\0\0", 2) + "\r\n";
    std::istringstream console(one.console);
    for (std::string line; std::getline(console, line);) {
      const auto end = line.find(']') + 1;
      dirty += "\x1b[0m" + line.substr(0, end) + "[    T1]" + line.substr(end) + "\x1b[0m \r\r\n";
    }
    EXPECT_EQ(found(read_crash(dirty), one), one.expected) << one.name;
  }
}

/// The guest dies while it writes. What is told then is what is told by the whole, or less: never another thing.
RC_GTEST_PROP(Splat, AConsoleThatIsCutOffTellsNothingWrong, ()) {
  static const auto cases = golden();
  const Case& one = *rc::gen::elementOf(cases);
  const auto whole = read_crash(one.console);
  const auto text = std::string_view(one.console).substr(0, *rc::gen::inRange<std::size_t>(0, one.console.size()));
  const auto part = read_crash(text);
  if (part.job && whole.job && std::to_string(*whole.job) != std::to_string(*part.job))
    RC_ASSERT(std::to_string(*whole.job).starts_with(std::to_string(*part.job)));  // Comm: 1|7
  if (!whole.job) RC_ASSERT(!part.job);
  if (part.step) RC_ASSERT(part.step == whole.step);
  // A line that is cut off may lack the words that allow it; whole lines tell what they told.
  if (whole.splat.empty()) RC_ASSERT(read_crash(text.substr(0, text.rfind('\n') + 1)).splat.empty());
}

RC_GTEST_PROP(Splat, AnyBytesDoNoHarm, (const std::string& console)) {
  const auto report = read_crash(console);
  if (report.splat.empty()) RC_ASSERT(!report.job);
  RC_ASSERT(report.splat.find('\n') == std::string::npos);
}

TEST(Splat, OrdinaryLinesAreNone) {
  for (const char* line :
       {"", "device d0 entered promiscuous mode", "Freeing unused kernel image memory", "sysrq: HELP : loglevel(0-9)",
        "debug: ok", "DEBUG: all is well", "x: DEBUG: WARNING_WARNING: no", "NOBUG: at all", "LOOPS: Loops: 0000"})
    EXPECT_FALSE(is_splat(line)) << line;
}

TEST(Splat, DefectsAre) {
  for (const char* line :
       {"WARNING: CPU: 0 PID: 1 at kernel/bpf/mprog.c:10 bpf_mprog_attach+0x1/0x2",
        "BUG: KASAN: slab-use-after-free in x", "kernel BUG at include/net/tcx.h:70!",
        "refcount_t: underflow; use-after-free.", "INFO: task 17:1 blocked for more than 120 seconds.",
        "DEBUG: BUG: one in the other", "<BUG: x", "[1] Oops: 0000 [#1]",
        "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:", "Kernel panic - not syncing: Attempted to kill init!"})
    EXPECT_TRUE(is_splat(line)) << line;
}

/// What a pattern stands for, at its shortest.
std::string example(const SplatRules::Rule& rule) {
  std::string text(rule.pattern);
  for (auto at = text.find('*'); at != std::string::npos; at = text.find('*', at)) text.replace(at, 1, "x");
  return text;
}

TEST(SplatRules, EachRowIsReadAndHasItsUse) {
  const SplatRules& rules = SplatRules::built_in();
  EXPECT_EQ(rules.bad_lines(), 0U);
  std::set<std::string> seen;
  for (const auto& rule : rules.rules()) {
    const auto line = example(rule);
    EXPECT_FALSE(rule.reason.empty()) << line;
    EXPECT_TRUE(seen.insert(line).second) << line << ": twice";
    switch (rule.kind) {
      case Kind::defect:
        EXPECT_TRUE(rules.is_defect(line)) << line;
        EXPECT_EQ(rules.is_defect("note: " + line), !rule.anchored) << line;
        EXPECT_FALSE(rules.is_defect("no" + line)) << line;
        break;
      case Kind::skip:
        EXPECT_TRUE(rules.is_skipped(line)) << line;
        break;
      case Kind::allow: {
        EXPECT_FALSE(rules.is_defect(line)) << line;
        const auto defects = std::any_of(rules.rules().begin(), rules.rules().end(), [&](const auto& other) {
          return other.kind == Kind::defect && line.find(example(other)) != std::string::npos;
        });
        EXPECT_TRUE(defects) << line << ": nothing would forbid it";
        break;
      }
    }
  }
}

TEST(SplatRules, WhatIsNoRowIsCounted) {
  const SplatRules rules(
      "# comment\n\ndefect | A: | there\n defect|B:|no spaces\nallow | C:\nforbid | D: | what\nskip |  | nothing\n"
      "allow | ^E: * F | reason\n");
  EXPECT_EQ(rules.bad_lines(), 4U);
  ASSERT_EQ(rules.rules().size(), 2U);
  EXPECT_TRUE(rules.rules()[1].anchored);
  EXPECT_EQ(rules.rules()[1].pattern, "E: * F");
  EXPECT_TRUE(rules.is_defect("x A: y"));
  EXPECT_TRUE(rules.is_defect("E: A: G"));
  EXPECT_FALSE(rules.is_defect("E: A: F"));
  EXPECT_TRUE(rules.is_defect(" E: A: F"));
}

}  // namespace
}  // namespace mprogcheck
