// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "properties/explore/pair_space.hpp"

namespace mprogcheck::properties {

/// What the sequences of a block have met, up to the one that comes next.
struct BlockMemory {
  std::uint64_t next = 0;
  ShapeSet met;
};

/// Memories that are kept so that whoever asks for one sequence after the other has none made twice; as many as are
/// likely to ask side by side. Any thread may call.
class BlockMemories {
 public:
  /// The one that comes next to sequence i, which is taken out; or a fresh one.
  BlockMemory take(std::uint64_t i);
  /// For who asks for the sequence after it.
  void keep(BlockMemory memory);

 private:
  static constexpr std::size_t most = 8;

  std::mutex mutex_;
  std::vector<BlockMemory> kept_;  ///< the one that waits longest first
};

}  // namespace mprogcheck::properties
