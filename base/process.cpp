// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "base/process.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <functional>
#include <mutex>
#include <string_view>
#include <thread>

namespace mprogcheck {
namespace {

// PR_SET_PDEATHSIG fires when the *thread* that forked ends, not the process. So that a child started by a worker
// thread outlives that worker, one thread, which lives as long as the process, forks for everybody.
class Forker {
 public:
  static Forker& instance() {
    static std::mutex mutex;
    static Forker* forker = nullptr;  // never deleted: its thread uses it until the process ends
    static pid_t owner = 0;
    const std::lock_guard lock(mutex);
    if (owner != ::getpid()) {  // first use, or we are a fork of the process that had the thread
      forker = new Forker;
      owner = ::getpid();
      std::thread([self = forker] { self->serve(); }).detach();
    }
    return *forker;
  }

  void run(const std::function<void()>& job) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return job_ == nullptr; });
    job_ = &job;
    const auto ticket = ++asked_;
    changed_.notify_all();
    changed_.wait(lock, [this, ticket] { return done_ >= ticket; });
  }

 private:
  void serve() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, nullptr);  // the program's signal handlers run on the program's own threads
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return job_ != nullptr; });
      (*job_)();
      job_ = nullptr;
      ++done_;
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  const std::function<void()>* job_ = nullptr;
  std::uint64_t asked_ = 0;
  std::uint64_t done_ = 0;
};

struct Spawn {
  std::vector<char*> argv;
  std::vector<std::pair<int, int>> inherit;
  int null = -1;
  int output = -1;  // for both stdout and stderr
  int report = -1;  // where the child writes errno if exec fails
  bool unprivileged = false;
  pid_t parent = 0;
};

/// Of root's powers a program keeps to read any file: what it was given may be another user's. By no way it gets others
/// back. Where there is none to give up, that is so already.
void give_privileges_up() {
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> had{};
  if (::syscall(SYS_capget, &header, had.data()) != 0) return;
  std::array<__user_cap_data_struct, 2> kept{};
  kept[0].permitted = kept[0].effective = had[0].permitted & (1U << CAP_DAC_READ_SEARCH);
  ::syscall(SYS_capset, &header, kept.data());
}

// In the child: only async-signal-safe calls, since other threads may have held any lock at the fork.
[[noreturn]] void become(Spawn& spawn) {
  const auto give_up = [&](int report) {
    const int error = errno;
    (void)!::write(report, &error, sizeof error);
    ::_exit(127);
  };
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != spawn.parent) ::_exit(127);  // it died before the line above
  ::setpgid(0, 0);                                // ^C at the terminal is for us: we end our children in our own order
  ::signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);

  // Sources first move out of the way of the numbers asked for, so that no dup2 overwrites one still needed.
  // No higher than that needs: few may be allowed (ulimit -n).
  int high = 3;
  for (const auto& [from, to] : spawn.inherit) high = to >= high ? to + 1 : high;
  const auto move = [&](int fd) {
    const int moved = ::fcntl(fd, F_DUPFD_CLOEXEC, high);
    if (moved < 0) give_up(spawn.report);
    return moved;
  };
  const int report = move(spawn.report);
  const int null = move(spawn.null);
  const int output = move(spawn.output);
  for (auto& [from, to] : spawn.inherit) from = move(from);
  ::syscall(SYS_close_range, 3U, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */);

  ::dup2(null, 0);
  ::dup2(output, 1);
  ::dup2(output, 2);
  for (const auto& [from, to] : spawn.inherit)
    if (::dup2(from, to) < 0) give_up(report);
  if (spawn.unprivileged) give_privileges_up();
  ::execvp(spawn.argv[0], spawn.argv.data());
  give_up(report);
  ::_exit(127);
}

std::string last_line(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ' || text.back() == '\r')) text.remove_suffix(1);
  if (const auto end = text.rfind('\n'); end != text.npos) text.remove_prefix(end + 1);
  return std::string(text);
}

struct Pipe {
  Fd read, write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail("cannot create a pipe: {}", std::strerror(errno));
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

}  // namespace

Result<Process> Process::start(const Options& options) {
  if (options.command.empty()) return fail("no command to run");
  Spawn spawn;
  for (const auto& word : options.command) spawn.argv.push_back(const_cast<char*>(word.c_str()));
  spawn.argv.push_back(nullptr);
  spawn.inherit = options.inherit;
  spawn.unprivileged = options.unprivileged;
  spawn.parent = ::getpid();

  const Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) return fail("cannot open /dev/null: {}", std::strerror(errno));
  Fd output;
  if (!options.output.empty()) {
    output = Fd(::open(options.output.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!output) return fail("cannot write {}: {}", options.output, std::strerror(errno));
  }
  auto report = make_pipe();
  if (!report) return tl::unexpected(report.error());
  spawn.null = null.get();
  spawn.output = output ? output.get() : null.get();
  spawn.report = report->write.get();

  pid_t pid = -1;
  int error = 0;
  Forker::instance().run([&] {
    pid = ::fork();
    if (pid == 0) become(spawn);
    error = errno;
  });
  if (pid < 0) return fail("cannot start {}: {}", options.command[0], std::strerror(error));
  Process process(pid, Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))));
  if (!process.pidfd_) return fail("pidfd_open: {} (Linux 5.3 or newer is needed)", std::strerror(errno));

  report->write.reset();
  ssize_t got = 0;
  do got = ::read(report->read.get(), &error, sizeof error);
  while (got < 0 && errno == EINTR);
  if (got == sizeof error) return fail("cannot run {}: {}", options.command[0], std::strerror(error));
  return process;
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), pidfd_(std::move(other.pidfd_)), status_(other.status_) {}

Process& Process::operator=(Process&& other) noexcept {
  if (this != &other) {
    kill();
    pid_ = std::exchange(other.pid_, -1);
    pidfd_ = std::move(other.pidfd_);
    status_ = other.status_;
  }
  return *this;
}

Process::~Process() {
  kill();
}

std::optional<ExitStatus> Process::wait(std::chrono::milliseconds timeout) {
  if (status_ || pid_ < 0) return status_;
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    int raw = 0;
    const pid_t ended = ::waitpid(pid_, &raw, WNOHANG);
    if (ended == pid_) {
      status_ = ExitStatus{WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw)};
      return status_;
    }
    if (ended < 0 && errno != EINTR) {  // somebody else reaped it: all that is known is that it is gone
      status_ = ExitStatus{128};
      return status_;
    }
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return std::nullopt;
    pollfd poll{pidfd_.get(), POLLIN, 0};
    ::poll(&poll, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 1'000'000)));
  }
}

void Process::kill() {
  if (pid_ < 0 || status_) return;
  ::kill(-pid_, SIGKILL);  // its process group: what it started goes with it
  ::kill(pid_, SIGKILL);   // in case it has not reached setpgid yet
  while (!wait(std::chrono::hours(1))) {
  }
}

Result<std::string> run_command(const std::vector<std::string>& command) {
  auto out = make_pipe();
  if (!out) return tl::unexpected(out.error());
  auto err = make_pipe();
  if (!err) return tl::unexpected(err.error());
  Process::Options options;
  options.command = command;
  options.inherit = {{out->write.get(), 1}, {err->write.get(), 2}};
  auto process = Process::start(options);
  if (!process) return tl::unexpected(process.error());
  out->write.reset();
  err->write.reset();

  std::array<std::string, 2> texts;
  std::array<pollfd, 2> polls{pollfd{out->read.get(), POLLIN, 0}, pollfd{err->read.get(), POLLIN, 0}};
  while (polls[0].fd >= 0 || polls[1].fd >= 0) {
    if (::poll(polls.data(), polls.size(), -1) < 0 && errno != EINTR) break;
    for (std::size_t i = 0; i < polls.size(); ++i) {
      if (polls[i].fd < 0 || polls[i].revents == 0) continue;
      std::array<char, 65536> buffer;
      const auto got = ::read(polls[i].fd, buffer.data(), buffer.size());
      if (got > 0) {
        texts[i].append(buffer.data(), static_cast<std::size_t>(got));
      } else if (got == 0 || errno != EINTR) {
        polls[i].fd = -1;
      }
    }
  }
  std::optional<ExitStatus> status;
  while (!(status = process->wait(std::chrono::hours(1)))) {
  }
  if (!status->ok()) {
    const auto why = last_line(texts[1]);
    return fail("{} failed: {}", command[0], why.empty() ? fmt::format("exit code {}", status->code) : why);
  }
  return std::move(texts[0]);
}

}  // namespace mprogcheck
