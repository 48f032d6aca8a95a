// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace mprogcheck::guest {

/// What the kernel writes to, between bytes that it must leave alone.
template <typename T>
class Guarded {
 public:
  /// What the kernel may write to. Of a buffer that it was told to be shorter, the rest is a guard too.
  [[nodiscard]] T& value() { return value_; }
  [[nodiscard]] const T& value() const { return value_; }

  /// Makes guards of all but the first `length` bytes.
  void lay_out(std::size_t length = sizeof(T)) {
    before_.fill(guard_byte);
    after_.fill(guard_byte);
    std::memset(reinterpret_cast<char*>(&value_) + length, guard_byte, sizeof(T) - length);
  }
  /// Whether all guards are as they were laid out.
  [[nodiscard]] bool intact(std::size_t length = sizeof(T)) const {
    const auto* const bytes = reinterpret_cast<const std::uint8_t*>(&value_);
    const auto is_guard = [](std::uint8_t byte) { return byte == guard_byte; };
    return std::all_of(before_.begin(), before_.end(), is_guard) &&
           std::all_of(bytes + length, bytes + sizeof(T), is_guard) &&
           std::all_of(after_.begin(), after_.end(), is_guard);
  }

 private:
  static constexpr std::size_t guard = 64;
  static constexpr std::uint8_t guard_byte = 0xa5;

  alignas(8) std::array<std::uint8_t, guard> before_;
  alignas(8) T value_;
  std::array<std::uint8_t, guard> after_;
};

}  // namespace mprogcheck::guest
