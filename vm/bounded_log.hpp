// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/fd.hpp"

namespace mprogcheck::vm {

/// What a stranger writes, of which there may be no end: its head and its tail are kept, here and in a file. Between
/// them stands a line that tells how much is missing. A disk that is full takes nothing away from what is kept here.
class BoundedLog {
 public:
  static constexpr std::size_t usual_part = std::size_t{512} << 10;

  /// `file` is empty. `part`: the length of the head; the tail is up to twice as long.
  explicit BoundedLog(Fd file, std::size_t part = usual_part) : file_(std::move(file)), part_(part) {}

  void append(std::string_view bytes);
  /// How much has come in all.
  [[nodiscard]] std::uint64_t size() const { return head_.size() + left_out_ + tail_.size(); }
  /// What came after the first so many bytes, as far as it is kept.
  [[nodiscard]] std::string since(std::uint64_t position) const;

 private:
  [[nodiscard]] std::string gap() const;

  Fd file_;
  std::size_t part_;
  std::string head_, tail_;
  std::uint64_t left_out_ = 0;  ///< bytes between them
};

}  // namespace mprogcheck::vm
