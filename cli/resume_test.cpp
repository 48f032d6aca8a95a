// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// A real campaign is killed: nothing runs on, and the next start goes on.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "vm/testing/stock_kernel.hpp"

namespace mprogcheck::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string content(const fs::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Looks until it is so; false after a long time.
bool becomes_true(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(5);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

/// Processes whose parent is `parent`, by their status in /proc.
std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> children;
  for (const auto& task : fs::directory_iterator("/proc/" + std::to_string(parent) + "/task")) {
    std::istringstream list(content(task.path() / "children"));
    for (pid_t child = 0; list >> child;) children.push_back(child);
  }
  return children;
}

/// A process that has ended may wait for somebody to ask how.
bool is_gone(pid_t pid) {
  const std::string stat = content("/proc/" + std::to_string(pid) + "/stat");
  const auto end = stat.rfind(')');
  return end == std::string::npos || stat.substr(end).starts_with(") Z");
}

class killed_campaign : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "mprogcheck-killed-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override { fs::remove_all(directory_); }

  int run(const std::string& arguments) const {
    const std::string line =
        "cd '" + directory_.string() + "' && '" MPROGCHECK_COMMAND "' " + arguments + " >out.txt 2>err.txt </dev/null";
    const int status = std::system(line.c_str());  // NOLINT(cert-env33-c): the shell is what scripts have
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  pid_t start(const std::vector<std::string>& arguments) const {
    const pid_t child = ::fork();
    if (child != 0) return child;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a campaign of an hour must not outlive a test that failed
    std::vector<std::string> words{MPROGCHECK_COMMAND};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    if (::chdir(directory_.c_str()) != 0 || std::freopen("started.txt", "w", stdout) == nullptr) ::_exit(126);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  static void kill_and_reap(pid_t child) {
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
  }
  /// How far the campaign in `out` has come; 0 if nobody knows.
  std::uint64_t position() const {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(directory_ / "out", error))
      if (entry.path().filename().string().starts_with("state-") && entry.path().extension() == ".json") {
        const auto state = nlohmann::json::parse(content(entry.path()), nullptr, false);
        return state.is_object() ? state.value("next", std::uint64_t{0}) : 0;
      }
    return 0;
  }

  fs::path directory_;
};

TEST_F(killed_campaign, a_verb_that_would_not_end_early_is_ended_by_a_signal) {
  const std::string pipe = directory_ / "sequence.mpc";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const pid_t child = start({"replay", "--kernel", "model", "sequence.mpc"});
  int end = -1;
  ASSERT_TRUE(becomes_true([&] { return (end = ::open(pipe.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC)) >= 0; }));
  ASSERT_EQ(::kill(child, SIGTERM), 0);
  ::close(end);  // whoever survived that finds an empty file, which is no sequence
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status)) << status;
}

TEST_F(killed_campaign, goes_on_with_the_same_options_and_no_others) {
  const pid_t child = start({"fuzz", "--kernel", "model", "--seed", "7", "--seconds", "3600", "--out", "out"});
  ASSERT_TRUE(becomes_true([this] { return position() > 0; }));
  EXPECT_EQ(run("fuzz --kernel model --seed 7 --sequences 1 --out out"), 2);
  EXPECT_THAT(content(directory_ / "err.txt"), HasSubstr("another mprogcheck"));
  ASSERT_NO_FATAL_FAILURE(kill_and_reap(child));

  EXPECT_EQ(run("fuzz --kernel model --seed 8 --sequences 100 --out out"), 2);
  EXPECT_THAT(content(directory_ / "err.txt"), HasSubstr("seed 7"));
  const std::uint64_t reached = position();
  EXPECT_EQ(run("fuzz --kernel model --sequences " + std::to_string(reached + 300) + " --out out --json r.json"), 0);
  const auto report = nlohmann::json::parse(content(directory_ / "r.json"));
  EXPECT_EQ(report["seed"], "7");
  EXPECT_EQ(report["carried_on"], reached);
  EXPECT_EQ(report["coverage"]["since"], "this start");
  EXPECT_THAT(content(directory_ / "out.txt"), HasSubstr("coverage  since this start"));
  EXPECT_EQ(report["sequences"], reached + 300);
}

TEST_F(killed_campaign, leaves_no_machine_behind) {
  if (const auto kernel = mprogcheck::testing::find_stock_kernel(); !kernel) GTEST_SKIP() << kernel.error().message;
  const std::string kernel = mprogcheck::testing::stock_kernel();
  const pid_t child =
      start({"fuzz", "--kernel", kernel, "--seconds", "3600", "--jobs", "2", "--seed", "7", "--out", "out"});
  ASSERT_TRUE(becomes_true([&] { return position() > 0 || is_gone(child); }));
  const auto machines = children_of(child);
  EXPECT_GE(machines.size(), 2U);
  ASSERT_NO_FATAL_FAILURE(kill_and_reap(child));
  for (const pid_t machine : machines) EXPECT_TRUE(becomes_true([machine] { return is_gone(machine); })) << machine;

  const std::uint64_t reached = position();
  EXPECT_EQ(run("fuzz --kernel '" + kernel + "' --jobs 1 --sequences " + std::to_string(reached + 100) +
                " --out out --json r.json"),
            0)
      << content(directory_ / "err.txt");
  EXPECT_EQ(nlohmann::json::parse(content(directory_ / "r.json"))["sequences"], reached + 100);
}

TEST_F(killed_campaign, known_divergences_of_ones_own_are_shown_with_their_hits) {
  const auto entry = [&](const std::string& name, const std::string& operation, const std::string& last) {
    fs::create_directories(directory_ / "known" / name);
    std::ofstream(directory_ / "known" / name / "known.json")
        << R"({"reason": "r", "action": "stop", "operation": ")" + operation + R"(", "rule": "*"})";
    std::ofstream(directory_ / "known" / name / "sequence.mpc")
        << "mprogcheck 1\nnetdev d0\nprog p0, p1 sched_cls\nattach tcx_ingress@d0 p0\n" + last + "\n";
  };
  entry("before", "attach * before*", "attach tcx_ingress@d0 p1 before");
  entry("link", "link * before*", "link l0 tcx_ingress@d0 p1 before");
  const std::string kernel = " --kernel model:before_nothing_appends --known known";
  EXPECT_EQ(run("fuzz --hook tcx --sequences 100 --seed 1 --out out --json r.json" + kernel), 0);
  const auto known = nlohmann::json::parse(content(directory_ / "r.json"))["known"][0];
  EXPECT_EQ(known["name"], "before");
  EXPECT_EQ(known["action"], "stop");
  EXPECT_EQ(known["stale"], false);
  EXPECT_GT(known["hits"], 0);
  EXPECT_THAT(content(directory_ / "out.txt"), HasSubstr("known     before: present, met "));
  EXPECT_EQ(run("replay known/before/sequence.mpc --json r.json" + kernel), 0);
  EXPECT_EQ(nlohmann::json::parse(content(directory_ / "r.json"))["replays"][0]["verdict"], "known");
  EXPECT_EQ(run("fuzz --kernel model --known nowhere"), 2);
}

/// As some who start others leave it: standard output that does not block, and whoever reads it is slow.
TEST(output_that_does_not_block, is_waited_for) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  ASSERT_EQ(::fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
  std::size_t ahead = 0;
  for (const std::size_t size : {std::size_t{4096}, std::size_t{1}})
    for (const std::string filler(size, ' '); ::write(ends[1], filler.data(), size) > 0;) ahead += size;
  const pid_t child = ::fork();
  if (child == 0) {
    if (::dup2(ends[1], STDOUT_FILENO) < 0) ::_exit(126);
    ::execl(MPROGCHECK_COMMAND, "mprogcheck", "faults", nullptr);
    ::_exit(127);
  }
  ::close(ends[1]);
  // Asleep is whoever waits for us; one that does not has ended by then.
  EXPECT_TRUE(becomes_true([child] {
    const std::string stat = content("/proc/" + std::to_string(child) + "/stat");
    return is_gone(child) || stat.find("(mprogcheck) S") != std::string::npos;
  }));
  std::string out;
  char bytes[4096];
  for (ssize_t got = 0; (got = ::read(ends[0], bytes, sizeof bytes)) > 0;)
    out.append(bytes, static_cast<std::size_t>(got));
  ::close(ends[0]);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_GT(out.size(), ahead);
}

/// An exploration of a model that would take minutes is asked to end.
class interrupted_exploration : public killed_campaign, public ::testing::WithParamInterface<const char*> {
 protected:
  /// A process that does not catch it yet would die of it.
  static bool catches(pid_t pid, int signal) {
    const std::string status = content("/proc/" + std::to_string(pid) + "/status");
    const auto at = status.find("SigCgt:");
    return at != std::string::npos && (std::stoull(status.substr(at + 7), nullptr, 16) >> (signal - 1) & 1U) != 0;
  }
};
INSTANTIATE_TEST_SUITE_P(Dialects, interrupted_exploration, ::testing::Values("released", "rfc_v2"));

TEST_P(interrupted_exploration, prints_what_there_is) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const pid_t child = start({"explore", "--model-only", "--dialect", GetParam(), "--progs", "8", "--links", "4",
                               "--labelled", "--json", "r.json"});
    ASSERT_GT(child, 0);
    EXPECT_TRUE(becomes_true([&] { return catches(child, signal) || is_gone(child); }));
    EXPECT_EQ(::kill(child, signal), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status)) << "it died of the signal";
    const auto report = nlohmann::json::parse(content(directory_ / "r.json"));
    EXPECT_EQ(WEXITSTATUS(status), report["findings"].empty() ? 3 : 1);
    EXPECT_EQ(report["complete"], false);
    EXPECT_EQ(report["ended_early"], true);
    EXPECT_THAT(content(directory_ / "started.txt"),
                ::testing::AllOf(HasSubstr("explored  "), HasSubstr("ended early")));
  }
}

}  // namespace
}  // namespace mprogcheck::cli
