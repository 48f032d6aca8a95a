// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>

namespace mprogcheck::model {

/// cN: one of the cgroups that a sequence can speak of. Not every one need exist.
struct Cgroup {
  std::uint8_t number = 0;
  static constexpr unsigned count = 8;                          ///< c0 to c7
  static constexpr std::uint8_t top = 0xff;                     ///< as a parent: the one that the guest keeps for them
  friend constexpr auto operator<=>(Cgroup, Cgroup) = default;  // NOLINT(modernize-use-nullptr): there is no pointer
};

/// rmdir(2) of a cgroup's directory. An fd of it stays open.
struct RemoveCgroup {
  Cgroup cgroup{};
  friend constexpr auto operator<=>(const RemoveCgroup&, const RemoveCgroup&) = default;
};

/// mkdir(2) of a cgroup that is gone, below its old parent.
struct MakeCgroup {
  Cgroup cgroup{};
  friend constexpr auto operator<=>(const MakeCgroup&, const MakeCgroup&) = default;
};

}  // namespace mprogcheck::model
