// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vm/log_reader.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "vm/cache.hpp"

namespace mprogcheck::vm {

Result<std::unique_ptr<LogReader>> LogReader::start(const std::vector<std::string>& files) {
  std::unique_ptr<LogReader> reader(new LogReader);
  for (const auto& path : files) {
    Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!file) return tl::unexpected(io_error("write", path, errno));
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail("cannot create a pipe: {}", std::strerror(errno));
    reader->pipes_.push_back({Fd(ends[0]), Fd(ends[1]), BoundedLog(std::move(file))});
    if (::fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) return fail("cannot set up a pipe: {}", std::strerror(errno));
  }
  reader->ended_ = Fd(::eventfd(0, EFD_CLOEXEC));
  if (!reader->ended_) return fail("cannot create an eventfd: {}", std::strerror(errno));
  reader->thread_ = std::thread([self = reader.get()] { self->serve(); });
  return reader;
}

LogReader::~LogReader() {
  if (!thread_.joinable()) return;
  constexpr std::uint64_t one = 1;
  (void)!::write(ended_.get(), &one, sizeof one);
  thread_.join();
  for (auto& pipe : pipes_) drain(pipe);
}

Fd LogReader::take_end(std::size_t pipe) {
  return std::move(pipes_[pipe].write);
}

void LogReader::serve() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, nullptr);  // signals are for those who look at them
  for (;;) {
    std::vector<pollfd> polls{{ended_.get(), POLLIN, 0}};
    {
      const std::scoped_lock lock(mutex_);
      for (const auto& pipe : pipes_) polls.push_back({pipe.read.get(), POLLIN, 0});  // -1: not looked at
    }
    if (::poll(polls.data(), polls.size(), -1) < 0) continue;
    if (polls.front().revents != 0) return;
    const std::scoped_lock lock(mutex_);
    for (std::size_t n = 0; n < pipes_.size(); ++n)
      if (polls[n + 1].revents != 0) drain(pipes_[n]);
  }
}

/// What is there now. Who writes without end does not keep us here.
void LogReader::drain(Pipe& pipe) {
  constexpr unsigned most_reads = 64;
  std::array<char, 65536> chunk;
  for (unsigned n = 0; n < most_reads && pipe.read; ++n) {
    const auto got = ::read(pipe.read.get(), chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    if (got > 0)
      pipe.log.append({chunk.data(), static_cast<std::size_t>(got)});
    else
      pipe.read.reset();
  }
}

std::uint64_t LogReader::size(std::size_t pipe) {
  const std::scoped_lock lock(mutex_);
  drain(pipes_[pipe]);
  return pipes_[pipe].log.size();
}

std::string LogReader::since(std::size_t pipe, std::uint64_t position) {
  const std::scoped_lock lock(mutex_);
  drain(pipes_[pipe]);
  return pipes_[pipe].log.since(position);
}

}  // namespace mprogcheck::vm
