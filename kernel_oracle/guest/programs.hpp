// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "kernel_oracle/guest/bpf_world.h"
#include "kernel_oracle/guest/traffic.hpp"
#include "kernel_oracle/wire.hpp"
#include "model/name.hpp"
#include "model/operation.hpp"
#include "model/world.hpp"

namespace mprogcheck::guest {

/// The number of the file descriptor that a name is.
constexpr int fd_of_slot(unsigned slot) {
  return 200 + static_cast<int>(slot);
}
/// What the kernel is to take for a file descriptor.
constexpr std::uint32_t fd_of(const model::Argument& argument) {
  return argument.named ? static_cast<std::uint32_t>(fd_of_slot(argument.value)) : argument.value;
}
/// The agent's own file descriptors begin here, and there is a limit: from 900 upward nothing is ever open.
inline constexpr int own_fds = 500;
inline constexpr int forbidden_fds = 900;
/// What mortal programs write down: this, and their number in the sequence. Pooled ones have the numbers below.
inline constexpr std::uint32_t mortal_identities = 1U << 16;
/// No object's id is ever this large.
inline constexpr std::uint32_t never_an_id = 0x7fff'fff0;

/// Moves one of the agent's own file descriptors out of the way of names and literals. Negative errno if none is left.
int out_of_the_way(int fd);

/// A program or link that a sequence can speak of.
struct Object {
  std::uint32_t id = 0;  ///< 0: not learnt yet
  model::ObjectKind kind = model::ObjectKind::program;
  std::uint8_t slot = 0xff;  ///< of the model's table; 0xff: not in it at the moment
};

/// The programs that are loaded once: fillers, and a pool that grows with what sequences declare. The agent keeps an
/// open file of each, so none of them goes, but where a guest wants to see that nobody else holds it.
class Programs {
 public:
  struct Pooled {
    Object object;
    int fd = -1;
    std::uint8_t type = 0, returns = 0;
    std::uint32_t identity = 0;  ///< what it writes down
    bool named = false;          ///< by a sequence since it was loaded
  };

  /// Programs loaded from now on write down the packets that they meet.
  void stamp_for(const Traffic* traffic) { traffic_ = traffic; }

  /// The body of a program of the type, to be loaded once: `identity` is what it writes down, if it is one that packets
  /// meet. Returns its length.
  unsigned body(struct bpf_insn insns[mpc_stamping_most], unsigned type, unsigned returns,
                std::uint32_t identity) const;
  /// The pooled program that writes this down, or null.
  [[nodiscard]] const Object* stamped(std::uint32_t identity) const {
    return identity < all_.size() ? &all_[identity]->object : nullptr;
  }

  /// Loads the fillers and binds their names. Negative errno.
  int load_fillers();

  /// The nth program of a class, loaded if there are not so many yet. Null if that fails.
  Pooled* pool(std::uint8_t program_class, unsigned nth);
  /// How many there are, fillers included.
  [[nodiscard]] std::size_t count() const { return all_.size(); }
  [[nodiscard]] const Pooled& filler(unsigned n) const { return fillers_[n]; }
  [[nodiscard]] Pooled& filler(unsigned n) { return fillers_[n]; }
  [[nodiscard]] const std::vector<Pooled*>& all() const { return all_; }

  /// Loads another in the place of one whose file has been closed: alike, with the same number of a file, and an id of
  /// its own, which find() knows after index(). Negative errno.
  int load_again(Pooled& pooled);
  void index();

  /// The pooled program with this id, or null.
  [[nodiscard]] const Object* find(std::uint32_t id) const {
    for (std::uint32_t at = id % buckets;; at = (at + 1) % buckets) {
      if (table_[at] == nullptr) return nullptr;
      if (table_[at]->id == id) return table_[at];
    }
  }

 private:
  static constexpr std::uint32_t buckets = 2048;  ///< more than twice the programs that fds allow
  int add(Pooled& pooled, unsigned type, unsigned returns, std::uint8_t slot);
  /// Its file and its id. Negative errno.
  int load(Pooled& pooled) const;
  void index(Pooled& pooled);

  std::array<Pooled, model::Name::filler_count> fillers_{};
  std::array<std::vector<Pooled*>, wire::program_classes> pool_;
  std::array<const Object*, buckets> table_{};
  std::vector<Pooled*> all_;  ///< by identity, which is the order in which they were first loaded
  const Traffic* traffic_ = nullptr;
};

}  // namespace mprogcheck::guest
