// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <thread>

#include "base/fd.hpp"

namespace mprogcheck::testing {

/// For tests: a line that spoils one bit of what goes over it, and then is a good one.
class BadLine {
 public:
  enum class Way { to_agent, to_host };
  struct Flip {
    Way way = Way::to_host;
    std::uint64_t byte = 0;  ///< so many come before it
    unsigned bit = 0;
  };
  /// `agent`: the other end is there. It stays the caller's.
  BadLine(int agent, Flip flip) : agent_(agent), flip_(flip) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) std::abort();
    host_ = Fd(ends[0]);
    ours_ = Fd(ends[1]);
    thread_ = std::thread([this] { pass_on(); });
  }
  ~BadLine() {
    ::shutdown(host_.get(), SHUT_RDWR);
    thread_.join();
  }
  BadLine(const BadLine&) = delete;
  BadLine& operator=(const BadLine&) = delete;

  /// The host's end.
  [[nodiscard]] int socket() const { return host_.get(); }
  /// Has the bit gone over the line?
  [[nodiscard]] bool spoilt() const { return spoilt_; }

 private:
  void pass_on() {
    std::uint64_t to_agent = 0, to_host = 0;
    std::array<pollfd, 2> polls{pollfd{ours_.get(), POLLIN, 0}, pollfd{agent_, POLLIN, 0}};
    while (::poll(polls.data(), polls.size(), -1) > 0) {
      if (polls[0].revents != 0 && !move(ours_.get(), agent_, Way::to_agent, to_agent)) break;
      if (polls[1].revents != 0 && !move(agent_, ours_.get(), Way::to_host, to_host)) break;
    }
    ::shutdown(ours_.get(), SHUT_RDWR);
    ::shutdown(agent_, SHUT_RDWR);
  }

  bool move(int from, int to, Way way, std::uint64_t& count) {
    std::array<std::uint8_t, 4096> bytes;
    const auto got = ::recv(from, bytes.data(), bytes.size(), 0);
    if (got <= 0) return false;
    const auto length = static_cast<std::size_t>(got);
    if (way == flip_.way && flip_.byte >= count && flip_.byte < count + length) {
      bytes[flip_.byte - count] = static_cast<std::uint8_t>(bytes[flip_.byte - count] ^ 1U << flip_.bit);
      spoilt_ = true;
    }
    count += length;
    return ::send(to, bytes.data(), length, MSG_NOSIGNAL) == got;
  }

  int agent_;
  Flip flip_;
  Fd host_, ours_;
  std::atomic<bool> spoilt_ = false;
  std::thread thread_;
};

}  // namespace mprogcheck::testing
