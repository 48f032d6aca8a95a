// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace mprogcheck::vm::testing_images {

inline void put(std::string& bytes, std::size_t at, std::uint64_t value, std::size_t size) {
  std::memcpy(bytes.data() + at, &value, size);
}

/// A made-up bzImage: a header that says `release`, and a payload.
inline std::string make_bzimage(std::string_view release, std::string_view payload = "no payload at all") {
  constexpr std::size_t setup_sectors = 2, setup_size = (setup_sectors + 1) * 512, payload_at = 32;
  constexpr std::size_t version_at = 0x300;
  std::string bytes(setup_size + payload_at, '\0');
  bytes += payload;
  bytes.resize((bytes.size() + 15) / 16 * 16);
  bytes[0x1f1] = static_cast<char>(setup_sectors);
  put(bytes, 0x1f4, (bytes.size() - setup_size) / 16, 4);
  put(bytes, 0x1fe, 0xaa55, 2);
  bytes.replace(0x202, 4, "HdrS");
  put(bytes, 0x206, 0x20f, 2);
  put(bytes, 0x20e, version_at - 0x200, 2);
  bytes.replace(version_at, release.size(), release);
  put(bytes, 0x248, payload_at, 4);
  put(bytes, 0x24c, payload.size(), 4);
  return bytes;
}

}  // namespace mprogcheck::vm::testing_images
