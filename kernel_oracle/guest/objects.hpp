// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <array>
#include <string>

#include "kernel_oracle/guest/devices.hpp"
#include "kernel_oracle/guest/programs.hpp"
#include "model/guest_object.hpp"

namespace mprogcheck::guest {

/// Loads the program of a BPF iterator, of which links can be made that disturb nothing. A negative errno if this
/// kernel has none.
int load_iterator();

/// The objects of model::guest_objects. The agent keeps an open file of each, so none of them ever goes.
class Objects {
 public:
  /// Makes what the kernel can, and binds the names. Links that can be detached are.
  void make(const Devices& devices);

  [[nodiscard]] bool has(unsigned n) const { return made_[n].fd >= 0; }
  [[nodiscard]] int fd(unsigned n) const { return made_[n].fd; }
  /// The link or program that oN is; null of another kind, and of one that could not be made.
  [[nodiscard]] const Object* of_number(unsigned n) const {
    return made_[n].object.id != 0 ? &made_[n].object : nullptr;
  }
  /// The names of those that there are, each behind a space.
  [[nodiscard]] std::string features() const;

 private:
  std::array<Programs::Pooled, model::Name::object_count> made_{};
};

}  // namespace mprogcheck::guest
