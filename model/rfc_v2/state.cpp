// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/rfc_v2/state.hpp"

#include <algorithm>

namespace mprogcheck::model::rfc_v2 {

void State::insert(int position, Entry entry) {
  const auto at = slots.begin() + position;
  std::move_backward(at, slots.begin() + count, slots.begin() + count + 1);
  *at = entry;
  ++count;
}

void State::remove(int position) {
  const auto at = slots.begin() + position;
  std::move(at + 1, slots.begin() + count, at);
  --count;
  slots[count] = Entry{};
}

bool State::same_list(const State& other) const {
  return std::ranges::equal(entries(), other.entries());
}

bool operator==(const State& a, const State& b) {
  return a.revision == b.revision && a.capacity == b.capacity && a.link_names == b.link_names && a.kept == b.kept &&
         a.links == b.links && a.same_list(b);
}

}  // namespace mprogcheck::model::rfc_v2
