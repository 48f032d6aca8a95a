// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "kernel_oracle/wire.hpp"

namespace mprogcheck::guest {

/// Entries as the wire has them, as many as are ever shown.
using WireEntries = std::array<std::uint8_t, 2UL * wire::max_list>;

/// Whether the lie is told about the list that the step touches; `on` is JobRecord::lie_on.
constexpr bool is_about_the_list(Lie lie, std::uint8_t on) {
  switch (lie) {
    case Lie::revision:
    case Lie::order:
    case Lie::ownership:
    case Lie::atomic:
    case Lie::first_last:
      return true;
    case Lie::capacity:
      return on == 0;
    default:
      return false;
  }
}

/// Makes a view one that is a lie.
inline void lie_about_view(Lie lie, std::uint8_t on, wire::ViewHead& head, WireEntries& entries) {
  const auto swap = [&](unsigned first) {
    std::swap(entries[2 * first], entries[2 * first + 2]);
    std::swap(entries[2 * first + 1], entries[2 * first + 3]);
  };
  const auto add_a_stranger = [&] {
    entries[2UL * head.length] = model::no_program;
    entries[2UL * head.length + 1] = model::no_link;
    ++head.length;
  };
  switch (lie) {
    case Lie::order:
      if (head.length >= 2 && (entries[0] != entries[2] || entries[1] != entries[3]))
        swap(0);
      else
        add_a_stranger();
      break;
    case Lie::ownership:
      for (unsigned i = 0; i < head.length; ++i)
        if (entries[2 * i + 1] == on) entries[2 * i + 1] = model::no_link;
      break;
    case Lie::capacity:
      while (head.length < wire::max_list) add_a_stranger();
      break;
    case Lie::atomic:
      if (head.length != 0)
        --head.length;
      else
        add_a_stranger();
      break;
    case Lie::first_last:
      if (head.length >= 2) swap(on == 0 ? 0U : head.length - 2U);
      break;
    default:
      ++head.revision;
      return;
  }
  head.count = head.length;
}

}  // namespace mprogcheck::guest
