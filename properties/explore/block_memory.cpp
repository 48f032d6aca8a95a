// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/explore/block_memory.hpp"

#include <algorithm>
#include <utility>

namespace mprogcheck::properties {

BlockMemory BlockMemories::take(std::uint64_t i) {
  const std::scoped_lock lock(mutex_);
  const auto found = std::ranges::find(kept_, i, &BlockMemory::next);
  if (found == kept_.end()) return {};
  BlockMemory memory = std::move(*found);
  kept_.erase(found);
  return memory;
}

void BlockMemories::keep(BlockMemory memory) {
  const std::scoped_lock lock(mutex_);
  if (kept_.size() == most) kept_.erase(kept_.begin());
  kept_.push_back(std::move(memory));
}

}  // namespace mprogcheck::properties
