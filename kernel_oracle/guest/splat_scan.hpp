// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <sys/types.h>

#include <cerrno>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "kernel_oracle/splat.hpp"

namespace mprogcheck::guest {

inline constexpr std::string_view log_overflowed = "the kernel log overflowed: records were lost";
inline constexpr std::string_view log_floods = "the kernel log is flooded, with more lines than a sequence can cause";

/// Reads records of the kernel's log until there is no more. `read`: like read(2) on /dev/kmsg, one record a time, into
/// `record`. What is returned tells the first splat, or is empty.
///
/// If records were overwritten before they were read, what they said is in doubt: then a log that shows no splat any
/// more is one all the same. So is one that has more than `left` lines, of which each that is read is subtracted:
/// whoever writes that much does not stop, and is not read to the end.
template <typename Read>
std::string scan_for_splat(Read read, std::span<char> record, std::uint32_t& left) {
  bool lost = false, floods = false;
  SplatReader splat;
  for (;;) {
    const ssize_t length = read(record.data(), record.size());
    if (length < 0 && errno == EINTR) continue;
    if (length < 0 && errno == EPIPE) {  // the next read is past the gap
      lost = true;
      continue;
    }
    if (length <= 0) break;
    floods = left == 0;
    if (floods) break;
    --left;
    const auto message = kernel_message(std::string_view(record.data(), static_cast<std::size_t>(length)));
    if (!message.empty()) splat.read(message);
  }
  if (splat.found()) return splat.text();
  return std::string(floods ? log_floods : lost ? log_overflowed : std::string_view());
}

}  // namespace mprogcheck::guest
