// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "cli/limits.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>
#include <string_view>
#include <system_error>

#include "cli/exit_code.hpp"

namespace mprogcheck::cli {

namespace {

/// Nothing is allocated, and no lock waited for: there may be no memory, and other threads go on.
[[noreturn]] void end_with(std::string_view why) {
  static std::atomic_flag ending = ATOMIC_FLAG_INIT;
  while (ending.test_and_set()) ::pause();  // one line, whoever else meets the limit now
  if (::ftrylockfile(stdout) == 0) ::fflush_unlocked(stdout);
  for (const std::string_view part : {std::string_view("mprogcheck: "), why, std::string_view("\n")})
    (void)!::write(STDERR_FILENO, part.data(), part.size());
  ::_exit(static_cast<int>(ExitCode::infrastructure));
}

[[noreturn]] void end_without_memory() {
  end_with("out of memory; allow more (ulimit -v), or ask for less: fewer --jobs, smaller files");
}

/// What nobody catches: the house throws nothing, the libraries do.
[[noreturn]] void end_by_exception() {
  try {
    if (const auto exception = std::current_exception()) std::rethrow_exception(exception);
  } catch (const std::bad_alloc&) {
    end_without_memory();
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::resource_unavailable_try_again)
      end_with("cannot start a thread: allow more memory or processes (ulimit -v, ulimit -u), or give fewer --jobs");
    end_with(error.what());
  } catch (const std::exception& exception) {
    end_with(exception.what());
  } catch (...) {
  }
  end_with("ended by an error that nobody expected");
}

}  // namespace

void open_standard_streams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    // The wrong way round: what is read from it or written to it fails as it does on a closed one.
    (void)::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

void survive_limits() {
  std::signal(SIGXFSZ, SIG_IGN);  // EFBIG tells as much, and whoever writes has a line for it
  std::set_new_handler(end_without_memory);
  std::set_terminate(end_by_exception);
}

}  // namespace mprogcheck::cli
