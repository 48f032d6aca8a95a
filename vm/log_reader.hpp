// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "vm/bounded_log.hpp"

namespace mprogcheck::vm {

/// Takes what others write to pipes, in a thread of its own: nobody who logs has to wait for us, and nobody can fill a
/// disk.
class LogReader {
 public:
  /// One pipe for each file, which is created or emptied.
  static Result<std::unique_ptr<LogReader>> start(const std::vector<std::string>& files);
  ~LogReader();
  LogReader(const LogReader&) = delete;
  LogReader& operator=(const LogReader&) = delete;

  /// The end to write to; once, for a child that inherits it. The log ends when all copies of it are closed.
  [[nodiscard]] Fd take_end(std::size_t pipe);

  /// Of what has been written to the pipe, as far as it is kept; all that had been written before the call is in it.
  [[nodiscard]] std::uint64_t size(std::size_t pipe);
  [[nodiscard]] std::string since(std::size_t pipe, std::uint64_t position);

 private:
  struct Pipe {
    Fd read, write;
    BoundedLog log;
  };
  LogReader() = default;
  void serve();
  static void drain(Pipe& pipe);

  std::mutex mutex_;
  std::vector<Pipe> pipes_;
  Fd ended_;  ///< an eventfd: no more of it
  std::thread thread_;
};

}  // namespace mprogcheck::vm
