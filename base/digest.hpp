// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace mprogcheck {

/// FNV-1a, 64 bits: the same on every machine. For fingerprints and corruption checks, not against an adversary.
class Digest {
 public:
  Digest& add(std::span<const std::uint8_t> bytes) {
    for (const auto byte : bytes) value_ = (value_ ^ byte) * 0x100000001b3ULL;
    return *this;
  }
  Digest& add(std::string_view text) {
    for (const char c : text) value_ = (value_ ^ static_cast<std::uint8_t>(c)) * 0x100000001b3ULL;
    return *this;
  }
  Digest& add(std::uint64_t number) {
    for (int shift = 0; shift < 64; shift += 8) value_ = (value_ ^ ((number >> shift) & 0xff)) * 0x100000001b3ULL;
    return *this;
  }
  [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325ULL;
};

}  // namespace mprogcheck
