// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/curfew.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"

namespace mprogcheck::vm {

/// What an answer says under a key, cleaned; `otherwise` where that is no text, or the answer is no object.
std::string text_in(const nlohmann::json& object, std::string_view key, std::string_view otherwise);

/// QEMU's control connection: one JSON object a line, a greeting first, events in between.
class Qmp {
 public:
  /// Takes over a connected stream socket. Nothing is sent before the first command.
  /// `curfew`: when to wait for no answer any more; null: never.
  explicit Qmp(Fd socket, const Curfew* curfew = nullptr) : socket_(std::move(socket)), curfew_(curfew) {}

  /// What the command returned. An Error if QEMU refuses it, closes the connection or does not answer in time; of kind
  /// `interrupted` if it was the curfew.
  Result<nlohmann::json> execute(const std::string& command, const nlohmann::json& arguments = nlohmann::json::object(),
                                 std::chrono::milliseconds timeout = std::chrono::seconds(10));
  /// Lends QEMU an open file: later commands know it as "fd:NAME". It keeps a descriptor of its own.
  Result<void> give_file(const std::string& name, int fd);

 private:
  using Deadline = std::chrono::steady_clock::time_point;
  Result<nlohmann::json> read_object(Deadline deadline);
  Result<void> enter_command_mode(Deadline deadline);
  /// `file` goes with the command, unless it is -1.
  Result<nlohmann::json> call(const std::string& command, const nlohmann::json& arguments, Deadline deadline,
                              int file = -1);

  Fd socket_;
  const Curfew* curfew_;
  std::string buffer_;       ///< read, but not a whole line yet
  bool negotiated_ = false;  ///< greeting seen and command mode entered
  std::uint64_t last_id_ = 0;
};

}  // namespace mprogcheck::vm
