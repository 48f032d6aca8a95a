// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/operation.hpp"

namespace mprogcheck::model {

/// A pool program as declared: programs of one class are interchangeable.
struct ProgramClass {
  ProgramType type = ProgramType::sched_cls;
  Returns returns = Returns::next;
  friend constexpr auto operator<=>(const ProgramClass&, const ProgramClass&) = default;
};

/// What exists before the first operation.
struct Declarations {
  std::uint8_t devices = 0;                                     ///< bit N: dN exists
  std::array<DeviceClass, Device::count> made_as{};             ///< of those that do not exist: DeviceClass()
  std::uint8_t cgroups = 0;                                     ///< bit N: cN exists
  std::array<std::uint8_t, Cgroup::count> parents = top_level;  ///< number of a lower cgroup that is declared, or top
  std::uint32_t programs = 0;                                   ///< bit N: pN is loaded and open
  std::array<ProgramClass, Name::pool_count> classes{};         ///< of those not loaded: ProgramClass()
  std::array<std::uint32_t, Caller::declarable> uids{};  ///< of the callers u, v, …, by number; 0: not declared
  /// Nothing is attached elsewhere. Otherwise a program is kept attached in each direction of a device that no sequence
  /// can speak of, so that the kernel's static keys need not flip with a sequence's first and last program
  /// (kernel/bpf/tcx.c: tcx_prog_attach). It makes no difference to the model: a key that is taken too seldom, or given
  /// back too often, shows in what runs, and in the kernel's log.
  bool unkept = false;

  static constexpr auto top_level = [] {
    std::array<std::uint8_t, Cgroup::count> none{};
    none.fill(Cgroup::top);
    return none;
  }();
  [[nodiscard]] bool has_cgroup(std::uint32_t n) const { return n < Cgroup::count && (cgroups >> n & 1U) != 0; }
  [[nodiscard]] bool has_device(std::uint32_t n) const { return n < Target::device_count && (devices >> n & 1U) != 0; }
  [[nodiscard]] bool has_program(unsigned n) const { return (programs >> n & 1U) != 0; }
  [[nodiscard]] bool has_caller(Caller caller) const {
    return caller.is_root() || (caller.number <= Caller::declarable && uids[caller.number - 1U] != 0);
  }
  friend bool operator==(const Declarations&, const Declarations&) = default;
};

struct Sequence {
  Declarations declarations;
  std::vector<Operation> operations;
  friend bool operator==(const Sequence&, const Sequence&) = default;
};

/// Mortal programs live in a table of this size; a sequence loads no more.
inline constexpr unsigned max_loads = 64;

/// What makes a sequence unfit to be run: an illegal literal, a name of the wrong letter for the call that binds it,
/// too many loads. The parser refuses such a sequence, the generator and the shrinker never make one.
struct Invalid {
  std::size_t operation;  ///< index; the number of operations, if it is the declarations
  std::string expected;
};
std::optional<Invalid> validate(const Sequence& sequence);
/// The same for one operation alone.
std::optional<std::string> validate(const Operation& operation);

}  // namespace mprogcheck::model
