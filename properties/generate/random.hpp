// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <rapidcheck/Random.h>
#include <array>
#include <bit>
#include <cstdint>

namespace mprogcheck::properties {

/// The choices of one sequence: xoshiro256**, from its published description. The entropy is rc::Random's, which is
/// strong and splittable but costs a block cipher for every four numbers; a choice here costs a nanosecond. Nothing in
/// it depends on the machine or on the standard library's distributions.
class RandomStream {
 public:
  explicit RandomStream(rc::Random source) {
    for (auto& word : state_) word = source.next();
    if ((state_[0] | state_[1] | state_[2] | state_[3]) == 0) state_[0] = 1;  // the one state that never moves
  }

  std::uint64_t next() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  /// A number below n, which is not 0. Biased by less than n / 2^32, which no campaign can see.
  std::uint32_t below(std::uint32_t n) {
    return static_cast<std::uint32_t>((static_cast<std::uint64_t>(word()) * n) >> 32);
  }
  /// A number from low to high, both included.
  std::uint32_t between(std::uint32_t low, std::uint32_t high) { return low + below(high - low + 1); }
  /// True `share` times of 256.
  bool chance(std::uint32_t share) { return below(256) < share; }
  /// True `share` times of a million.
  bool chance_ppm(std::uint32_t share) { return below(1'000'000) < share; }
  std::uint32_t word() { return static_cast<std::uint32_t>(next() >> 32); }

 private:
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace mprogcheck::properties
