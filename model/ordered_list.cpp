// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/ordered_list.hpp"

#include <algorithm>

namespace mprogcheck::model {

std::optional<int> OrderedList::find(ProgramIndex program) const {
  for (int i = 0; i < count; ++i)
    if (slots[static_cast<unsigned>(i)].program == program) return i;
  return std::nullopt;
}

std::optional<int> OrderedList::find(ProgramIndex program, LinkIndex owner) const {
  for (int i = 0; i < count; ++i)
    if (slots[static_cast<unsigned>(i)].program == program && slots[static_cast<unsigned>(i)].link == owner) return i;
  return std::nullopt;
}

std::optional<int> OrderedList::find_link(LinkIndex link) const {
  for (int i = 0; i < count; ++i)
    if (slots[static_cast<unsigned>(i)].link == link) return i;
  return std::nullopt;
}

void OrderedList::insert(int position, Entry entry) {
  const auto at = slots.begin() + position;
  std::move_backward(at, slots.begin() + count, slots.begin() + count + 1);
  *at = entry;
  ++count;
}

void OrderedList::remove(int position) {
  const auto at = slots.begin() + position;
  std::move(at + 1, slots.begin() + count, at);
  --count;
  slots[count] = Entry{};
}

bool operator==(const OrderedList& a, const OrderedList& b) {
  return a.revision == b.revision && a.hidden == b.hidden && a.mode == b.mode &&
         std::ranges::equal(a.entries(), b.entries());
}

}  // namespace mprogcheck::model
