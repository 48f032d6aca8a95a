// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "model/operation.hpp"

namespace mprogcheck::guest {

/// The ids of all programs and all links that there are. Every kernel tells them: it is what can be known of leaks
/// where references cannot be counted.
class LiveIds {
 public:
  using Ids = std::vector<std::uint32_t>;  ///< ascending

  /// Walks over them. False if the kernel refuses.
  bool look();
  /// What there is now is not of any sequence: between sequences it is to be unchanged.
  bool keep_what_is_there();

  /// What the last look() saw.
  [[nodiscard]] const Ids& all(model::ObjectKind kind) const { return seen_[index(kind)]; }
  [[nodiscard]] const Ids& kept(model::ObjectKind kind) const { return kept_[index(kind)]; }

 private:
  static constexpr unsigned index(model::ObjectKind kind) { return kind == model::ObjectKind::link ? 1 : 0; }
  static bool walk(model::ObjectKind kind, Ids& ids);

  std::array<Ids, 2> seen_, kept_;
};

}  // namespace mprogcheck::guest
