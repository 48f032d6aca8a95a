// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <benchmark/benchmark.h>

#include "properties/coverage.hpp"
#include "properties/generate/generate.hpp"

namespace mprogcheck::properties {
namespace {

Generator tcx() {
  return Generator({.seed = 1, .hooks = {model::Hook::tcx_ingress, model::Hook::tcx_egress}});
}

void count_operations(benchmark::State& state, std::uint64_t operations) {
  state.SetItemsProcessed(static_cast<std::int64_t>(operations));
  state.counters["operations"] =
      benchmark::Counter(static_cast<double>(operations) / static_cast<double>(state.iterations()));
}

/// What a campaign does first: a sequence out of nothing. Items are operations.
void generate(benchmark::State& state) {
  const Generator generator = tcx();
  std::uint64_t i = 0, operations = 0;
  for (auto _ : state) operations += generator.sequence(i++ % 20'000).operations.size();
  count_operations(state, operations);
}
BENCHMARK(generate);

/// The model's part of that: the same sequences, predicted and committed.
void predict_the_same(benchmark::State& state) {
  const Generator generator = tcx();
  std::vector<model::Sequence> sequences;
  for (std::uint64_t i = 0; i < 2'000; ++i) sequences.push_back(generator.sequence(i));
  std::uint64_t i = 0, operations = 0;
  for (auto _ : state) {
    const auto& sequence = sequences[i++ % sequences.size()];
    model::World world = model::world_of(sequence);
    for (const auto& operation : sequence.operations) benchmark::DoNotOptimize(world.apply(operation));
    operations += sequence.operations.size();
  }
  count_operations(state, operations);
}
BENCHMARK(predict_the_same);

/// The empty world of a sequence, which is paid once for each.
void build_a_world(benchmark::State& state) {
  const auto declarations = tcx().sequence(0).declarations;
  for (auto _ : state) {
    model::World world(declarations);
    benchmark::DoNotOptimize(world);
  }
}
BENCHMARK(build_a_world);

}  // namespace
}  // namespace mprogcheck::properties

BENCHMARK_MAIN();
