// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "model/cgroup.hpp"

namespace mprogcheck::guest {

/// The cgroups of sequences, in a tree of their own below one that is kept; no task is ever in one. Results are 0 or a
/// negative errno, as the kernel gives it.
class Cgroups {
 public:
  Cgroups() = default;
  Cgroups(const Cgroups&) = delete;
  Cgroups& operator=(const Cgroups&) = delete;
  ~Cgroups();

  /// Finds the hierarchy (cgroup2), or mounts it, and tries whether programs can be attached there. Empty: all is well;
  /// else why not.
  std::string open();
  [[nodiscard]] bool works() const { return top_ >= 0; }
  /// What the kernel's hooks of cgroups can do: names of model::Extension, each after a space.
  [[nodiscard]] std::string extensions() const;

  /// Those that a sequence begins with, and no others. What is there already as it should be stays: its lists must be
  /// empty.
  int become(std::uint8_t declared, std::span<const std::uint8_t, model::Cgroup::count> parents);

  int make(unsigned n);
  /// `attached`: something is. Then it also waits until the kernel has let go of that (kernel/bpf/cgroup.c:
  /// cgroup_bpf_release), which a worker does some time after the directory is gone.
  int remove(unsigned n, bool attached);

  [[nodiscard]] bool exists(unsigned n) const { return now_[n].exists; }
  /// A file descriptor of it, or of the one that is gone; of one that never was, a number that is none.
  [[nodiscard]] std::uint32_t fd(unsigned n) const;
  /// As the info of links has it.
  [[nodiscard]] std::uint64_t id(unsigned n) const { return now_[n].id; }
  /// How often it has been made anew.
  [[nodiscard]] std::uint32_t generation(unsigned n) const { return now_[n].generation; }

 private:
  struct State {
    bool exists = false;
    std::uint8_t parent = model::Cgroup::top;
    int fd = -1;
    std::uint64_t id = 0;
    std::uint32_t generation = 0;
  };
  [[nodiscard]] int parent_fd(unsigned n) const;
  void forget(unsigned n);
  int keep_keys();

  std::array<State, model::Cgroup::count> now_{};
  std::string name_;          ///< of the one that is kept
  int root_ = -1, top_ = -1;  ///< fds of directories
  int keeper_ = -1;           ///< of a cgroup beside them, in which a program of each hook is attached for good
  int witness_program_ = -1;
};

}  // namespace mprogcheck::guest
