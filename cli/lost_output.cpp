// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "cli/lost_output.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <cstdio>

#include "cli/verb.hpp"

namespace mprogcheck::cli {

namespace {

struct Sink {
  int fd;
  int error = 0;  ///< of the first write that failed
};
Sink standard_output{STDOUT_FILENO}, standard_error{STDERR_FILENO};

/// Until the file takes something, however long: slow is not gone. But not after a signal. False: it is to be lost.
bool is_writable(int fd) {
  static const Curfew patience(&interrupted);
  for (;;) {
    pollfd writable{fd, POLLOUT, 0};
    if (::poll(&writable, 1, static_cast<int>(Curfew::glance.count())) > 0) return true;
    if (patience.is_over()) return false;
  }
}

/// A cookie_write_function_t that takes everything.
ssize_t write_or_lose(void* cookie, const char* bytes, std::size_t size) {
  Sink& sink = *static_cast<Sink*>(cookie);
  for (std::size_t written = 0; written < size;) {
    if (!is_writable(sink.fd)) {
      if (sink.error == 0) sink.error = EINTR;
      break;
    }
    // A pipe that is writable takes so much at once (pipe(7)).
    const ssize_t wrote = ::write(sink.fd, bytes + written, std::min<std::size_t>(size - written, PIPE_BUF));
    if (wrote >= 0) {
      written += static_cast<std::size_t>(wrote);
    } else if (errno != EINTR && errno != EAGAIN) {
      if (sink.error == 0) sink.error = errno;
      break;
    }
  }
  return static_cast<ssize_t>(size);
}

std::FILE* stream_to(Sink& sink, int buffering) {
  std::FILE* stream =
      ::fopencookie(&sink, "w", {.read = nullptr, .write = write_or_lose, .seek = nullptr, .close = nullptr});
  if (stream != nullptr) std::setvbuf(stream, nullptr, buffering, BUFSIZ);
  return stream;
}

}  // namespace

void survive_lost_output() {
  // They are variables that may be assigned to (glibc's manual, "Standard Streams"). The old ones are empty.
  if (auto* stream = stream_to(standard_output, ::isatty(STDOUT_FILENO) == 1 ? _IOLBF : _IOFBF)) stdout = stream;
  if (auto* stream = stream_to(standard_error, _IONBF)) stderr = stream;
}

int lost_output() {
  std::fflush(stdout);
  return standard_output.error;
}

}  // namespace mprogcheck::cli
