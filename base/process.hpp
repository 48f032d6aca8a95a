// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace mprogcheck {

/// How a child process ended.
struct ExitStatus {
  int code = 0;  ///< exit code; 128 + signal if it was killed
  bool ok() const { return code == 0; }
};

/// A child process. It dies with us (PR_SET_PDEATHSIG), and is killed and reaped when it goes out of scope.
class Process {
 public:
  struct Options {
    std::vector<std::string> command;          ///< argv; the program is looked up in PATH
    std::string output;                        ///< stdout and stderr go to this file; empty: /dev/null
    std::vector<std::pair<int, int>> inherit;  ///< (our fd, its number in the child)
    bool unprivileged = false;                 ///< without what root may do beyond its files, and no way to get it back
  };
  static Result<Process> start(const Options& options);

  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Readable as soon as the child has ended: for poll().
  [[nodiscard]] int pidfd() const { return pidfd_.get(); }
  /// The status if it has ended within the time given, else nothing.
  std::optional<ExitStatus> wait(std::chrono::milliseconds timeout);
  /// SIGKILL, and reaped.
  void kill();

 private:
  Process(pid_t pid, Fd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
  pid_t pid_ = -1;
  Fd pidfd_;
  std::optional<ExitStatus> status_;
};

/// Runs a command to its end and returns what it wrote to stdout. A non-zero exit is an Error with the last line of its
/// stderr.
Result<std::string> run_command(const std::vector<std::string>& command);

}  // namespace mprogcheck
