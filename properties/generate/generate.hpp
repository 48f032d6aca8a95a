// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <rapidcheck/Gen.h>
#include <rapidcheck/Random.h>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "model/sequence.hpp"
#include "properties/explore/block_memory.hpp"
#include "properties/generate/swarm.hpp"

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
  /// Sequences of 10,000 that remove, make or move devices, beside those of which that is the plot. Without it 15: a
  /// removal costs a guest as much as a few hundred other operations. 0: none at all.
  std::optional<unsigned> with_devices{};
};

/// Random sequences. Sequence i is a pure function of the options and i: any thread may make it, and it is the same on
/// every machine. It prefers operations that meet pairs (pair_shape.hpp) which the sequences before it in its block
/// have not met. So the first of a block is made out of nothing, and each one after it at once if it is asked for next;
/// by anybody else, together with those before it.
class Generator {
 public:
  static constexpr std::uint64_t block = 256;  ///< sequences

  explicit Generator(GeneratorOptions options);

  [[nodiscard]] model::Sequence sequence(std::uint64_t i) const;
  /// The same sequences for RapidCheck, which brings its own entropy and shrinks by simpler(). The size scales the
  /// length.
  [[nodiscard]] rc::Gen<model::Sequence> gen() const;

  [[nodiscard]] const GeneratorOptions& options() const { return options_; }

 private:
  /// `departs`: the turn, if it is a sequence with departures. `met`: what is not new any more. It learns.
  [[nodiscard]] model::Sequence draw(const rc::Random& entropy, unsigned max_operations,
                                     std::optional<unsigned> departs, ShapeSet& met) const;
  [[nodiscard]] model::Sequence draw(std::uint64_t i, ShapeSet& met) const;

  GeneratorOptions options_;
  std::uint64_t digest_;  ///< of the options but seed and shard
  std::shared_ptr<BlockMemories> memories_ = std::make_shared<BlockMemories>();
};

}  // namespace mprogcheck::properties
