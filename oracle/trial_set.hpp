// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

/// Which operations of an alphabet are tried, as bits: bit N % 8 of byte N / 8 is operation N. Host and agent share
/// this.
namespace mprogcheck::trial_set {

/// The longest alphabet. The guest keeps it decoded, at some 50 bytes an operation.
inline constexpr std::uint32_t most_operations = 1U << 18;
/// The trials of a job: at most so many bytes in all, of which each step that has some takes these beside its set.
inline constexpr std::size_t most_bytes_of_job = 4U << 20;
inline constexpr std::size_t bytes_beside_set = 13;
/// No operation of any alphabet.
inline constexpr std::uint32_t no_operation = 0xffff'ffff;

constexpr std::size_t bytes_for(std::size_t operations) {
  return (operations + 7) / 8;
}
constexpr bool has(std::span<const std::uint8_t> set, std::uint32_t operation) {
  return operation / 8 < set.size() && (set[operation / 8] >> (operation % 8) & 1U) != 0;
}
constexpr std::uint32_t count(std::span<const std::uint8_t> set) {
  std::uint32_t found = 0;
  for (const std::uint8_t byte : set) found += static_cast<std::uint32_t>(std::popcount(byte));
  return found;
}
/// How many of the set there are up to an operation, itself included.
constexpr std::uint32_t count_to(std::span<const std::uint8_t> set, std::uint32_t operation) {
  const std::size_t whole = operation / 8;
  if (whole >= set.size()) return count(set);
  const auto part = static_cast<std::uint8_t>(set[whole] & (0xffU >> (7 - operation % 8)));
  return count(set.first(whole)) + static_cast<std::uint32_t>(std::popcount(part));
}
/// None of the set is beyond an alphabet of that length.
constexpr bool is_within(std::span<const std::uint8_t> set, std::size_t operations) {
  for (std::size_t byte = operations / 8; byte < set.size(); ++byte) {
    const unsigned beyond = byte == operations / 8 ? set[byte] >> (operations % 8) : set[byte];
    if (beyond != 0) return false;
  }
  return true;
}
/// Calls `visit` with each of the set, in ascending order, until it says false.
template <typename Visit>
constexpr void for_each(std::span<const std::uint8_t> set, Visit visit) {
  for (std::size_t byte = 0; byte < set.size(); ++byte)
    for (unsigned bits = set[byte]; bits != 0; bits &= bits - 1)
      if (!visit(static_cast<std::uint32_t>(8 * byte) + static_cast<std::uint32_t>(std::countr_zero(bits)))) return;
}

}  // namespace mprogcheck::trial_set
