// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "model/operation.hpp"

namespace mprogcheck::guest {

/// How many references are held on every program and every link of the kernel, as two BPF iterators read it.
class References {
 public:
  struct Count {
    std::uint32_t id = 0;
    std::uint32_t references = 0;  ///< without the one that the iterator itself holds on what it shows
  };
  static constexpr std::uint16_t unknown = 0xffff;

  References() = default;
  References(const References&) = delete;
  References& operator=(const References&) = delete;

  /// Loads the iterators. False if the kernel cannot: no type information, or no such iterators.
  bool load();
  /// What there is now is not of any sequence: between sequences it is to be unchanged.
  bool keep_what_is_there();
  /// Walks over all programs and all links. False if that failed: nothing is known then.
  bool look();

  /// For a lie: the last look() saw one reference more on this program.
  void pretend_one_more(std::uint32_t program) {
    for (Count& count : seen_[index(model::ObjectKind::program)]) count.references += count.id == program;
  }

  /// What the last look() saw; by id, ascending.
  [[nodiscard]] const std::vector<Count>& all(model::ObjectKind kind) const { return seen_[index(kind)]; }
  [[nodiscard]] const std::vector<Count>& kept(model::ObjectKind kind) const { return kept_[index(kind)]; }
  /// Of one object; unknown, if it was not there.
  [[nodiscard]] std::uint16_t of(model::ObjectKind kind, std::uint32_t id) const {
    const Count* const count = find(seen_[index(kind)], id);
    return count == nullptr ? unknown : static_cast<std::uint16_t>(std::min(count->references, unknown - 1U));
  }
  static const Count* find(const std::vector<Count>& counts, std::uint32_t id) {
    const auto at = std::lower_bound(counts.begin(), counts.end(), id,
                                     [](const Count& count, std::uint32_t wanted) { return count.id < wanted; });
    return at != counts.end() && at->id == id ? &*at : nullptr;
  }

 private:
  static constexpr unsigned kinds = 2;
  static constexpr unsigned index(model::ObjectKind kind) { return kind == model::ObjectKind::link ? 1 : 0; }
  static bool walk(int iterator, std::vector<Count>& counts);

  int iterators_[kinds] = {-1, -1};  ///< the links that the iterators are
  std::vector<Count> seen_[kinds], kept_[kinds];
};

}  // namespace mprogcheck::guest
