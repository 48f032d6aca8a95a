// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// The first signal ends the command, whatever a guest or a reader does.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/testing/scratch.hpp"
#include "vm/testing/bzimage.hpp"

namespace mprogcheck::cli {
namespace {

using mprogcheck::testing::Environment;
using mprogcheck::testing::Scratch;
using ::testing::HasSubstr;

constexpr const char* release = "6.99.0-fake";

class StrangerAndSignal : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(write_file(scratch_.file("bzImage"), vm::testing_images::make_bzimage(release)));
  }
  /// The command, with a guest that does this. It is known by its name.
  pid_t start(const std::string& name, const std::string& deed, std::vector<std::string> words, int output) const {
    const Environment fake("MPROGCHECK_FAKE_DEED", deed);
    const std::string log = scratch_.file(name + ".err");
    words.insert(words.begin(), MPROGCHECK_COMMAND);
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const pid_t child = ::fork();
    if (child != 0) return child;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int error = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (::chdir(scratch_.path().c_str()) != 0 || ::dup2(output, 1) < 0 || ::dup2(error, 2) < 0) ::_exit(126);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  [[nodiscard]] static std::vector<std::string> on_the_stranger(const std::string& name,
                                                                std::vector<std::string> words) {
    for (const auto* word : {"--kernel", "bzImage", "--accel", "tcg", "--out"}) words.emplace_back(word);
    words.push_back(name);
    return words;
  }
  /// Somebody is at the line: its console has begun.
  [[nodiscard]] bool has_begun(const std::string& out) const {
    const auto text = read_file(scratch_.file(out + "/vm-0/vm0/console.log"));
    return text && text->find("stranger") != std::string::npos;
  }
  [[nodiscard]] bool has_finished(const std::string& out) const {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(scratch_.file(out), error))
      if (entry.path().filename().string().starts_with("state-"))
        if (const auto text = read_file(entry.path().string())) {
          const auto state = nlohmann::json::parse(*text, nullptr, false);
          return state.is_object() && state.value("finished", false);
        }
    return false;
  }
  /// Looks until it is so; false after a long time.
  static bool becomes_true(const std::function<bool()>& condition) {
    for (unsigned n = 0; n < 30'000; ++n, std::this_thread::sleep_for(std::chrono::milliseconds(10)))
      if (condition()) return true;
    return false;
  }

  Scratch scratch_;
  Environment path_{"PATH", FAKE_QEMU};
  Environment release_{"MPROGCHECK_FAKE_RELEASE", release};
  Environment cache_{"MPROGCHECK_CACHE", scratch_.file("cache")};
};

/// All at once, for each takes the grace that a signal leaves.
TEST_F(StrangerAndSignal, TheFirstOneEndsItAll) {
  const Fd nowhere(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const Fd unread(ends[0]), full(ends[1]);
  // A pipe of one page, full: the first word that is printed waits.
  ASSERT_GT(::fcntl(full.get(), F_SETPIPE_SZ, 4096), 0);
  const std::string filler(4096, ' ');
  ASSERT_EQ(::write(full.get(), filler.data(), filler.size()), 4096);

  ASSERT_TRUE(
      write_file(scratch_.file("one.mpc"), "mprogcheck 1\nnetdev d0\nprog p0 sched_cls\nattach tcx_ingress@d0 p0\n"));
  // All of its work is done when the pipe is to take the report.
  std::vector<std::pair<std::string, pid_t>> commands{
      {"full_pipe", start("full_pipe", "never", {"fuzz", "--kernel", "model", "--sequences", "10"}, full.get())}};
  ASSERT_TRUE(becomes_true([&] { return has_finished("mprogcheck.out"); }));
  const auto begin = [&](const std::string& name, const std::string& deed, std::vector<std::string> words) {
    commands.emplace_back(name, start(name, deed, on_the_stranger(name, std::move(words)), nowhere.get()));
    EXPECT_TRUE(becomes_true([&] { return has_begun(name); })) << read_file(scratch_.file(name + ".err")).value_or("");
  };
  for (const auto* deed : {"never", "incomplete", "log_for_ever"})
    begin(deed, deed, {"fuzz", "--sequences", "1000000"});
  begin("replay", "log_for_ever", {"replay", "one.mpc"});
  begin("shrink", "log_for_ever", {"shrink", "one.mpc"});
  begin("bench", "log_for_ever", {"bench"});
  for (const auto& [name, child] : commands) ASSERT_EQ(::kill(child, SIGTERM), 0) << name;
  // One that is silent at its work is taken for hung after a while: it is ended before.
  const auto silent = [&](const std::string& name, const std::string& deed, std::vector<std::string> words) {
    begin(name, deed, std::move(words));
    ASSERT_EQ(::kill(commands.back().second, SIGTERM), 0) << name;
  };
  for (const auto* deed : {"silent_job", "trickle"}) silent(deed, deed, {"fuzz", "--sequences", "1000000"});
  silent("explore", "silent_job", {"explore", "--progs", "1"});
  for (const auto& [deed, child] : commands) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    const auto said = read_file(scratch_.file(deed + ".err")).value_or("");
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 3) << deed << " " << status << " " << said;
    EXPECT_THAT(said, HasSubstr("mprogcheck: ")) << deed;
  }
}

}  // namespace
}  // namespace mprogcheck::cli
