// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <rapidcheck/Gen.h>
#include <rapidcheck/Random.h>
#include <cstdint>
#include <optional>
#include <vector>

#include "model/sequence.hpp"
#include "properties/swarm.hpp"

namespace mprogcheck::properties {

struct GeneratorOptions {
  std::uint64_t seed = 0;
  std::uint64_t shard = 0;
  std::vector<model::Hook> hooks{};  ///< what sequences may attach to; at least one
  unsigned devices = 3;              ///< a sequence declares 1 to this many; at most model::Target::device_count
  unsigned max_operations = 200;     ///< in one sequence, at least 1
  /// Share of operations that are spoilt on purpose, in millionths. Without it each sequence draws its own: about one
  /// in seven on average.
  std::optional<std::uint32_t> nonsense_ppm{};
  Lacks lacks{};  ///< what the kernel at hand cannot do
  /// Sequences of 10,000 that remove, make or move devices. Without it 30: a removal costs a guest as much as a few
  /// hundred other operations.
  std::optional<unsigned> with_devices{};
};

/// Random sequences. Sequence i is a pure function of the options and i: no other sequence has to be made first, any
/// thread may make it, and it is the same on every machine.
class Generator {
 public:
  explicit Generator(GeneratorOptions options);

  [[nodiscard]] model::Sequence sequence(std::uint64_t i) const;
  /// The same sequences for RapidCheck, which brings its own entropy and shrinks by simpler(). The size scales the
  /// length.
  [[nodiscard]] rc::Gen<model::Sequence> gen() const;

  [[nodiscard]] const GeneratorOptions& options() const { return options_; }

 private:
  [[nodiscard]] model::Sequence draw(const rc::Random& entropy, unsigned max_operations) const;

  GeneratorOptions options_;
  std::uint64_t digest_;  ///< of the options but seed and shard
};

}  // namespace mprogcheck::properties
