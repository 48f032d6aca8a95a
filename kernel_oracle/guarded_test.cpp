// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/guest/guarded.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace mprogcheck::guest {
namespace {

using Buffer = std::array<std::uint8_t, 48>;

RC_GTEST_PROP(Guarded, EveryByteThatIsNotTheKernelsIsWatched, (std::uint8_t written)) {
  constexpr std::ptrdiff_t around = 64;
  Guarded<Buffer> guarded;
  const auto length = *rc::gen::inRange<std::size_t>(0, sizeof(Buffer) + 1);
  guarded.value().fill(0);
  guarded.lay_out(length);
  RC_ASSERT(guarded.intact(length));
  const auto at = *rc::gen::inRange<std::ptrdiff_t>(-around, sizeof(Buffer) + around);
  auto& byte = reinterpret_cast<std::uint8_t*>(&guarded)[around + at];
  const bool changes = byte != written;
  byte = written;
  const bool may_write = at >= 0 && at < static_cast<std::ptrdiff_t>(length);
  RC_ASSERT(guarded.intact(length) == (may_write || !changes));
}

}  // namespace
}  // namespace mprogcheck::guest
