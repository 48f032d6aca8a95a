// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// How fast the model is: predictions a second on one core, in a world with links, both directions and a long list.
#include <benchmark/benchmark.h>

#include <vector>

#include "model/world.hpp"

namespace mprogcheck::model {
namespace {

constexpr unsigned pool = 6;

World busy_world(unsigned entries) {
  Declarations declarations;
  declarations.devices = 0b11;
  declarations.programs = (1U << pool) - 1;
  World world(declarations);
  const Site site{Hook::tcx_ingress, Target::device(0)};
  world.apply(CreateLink{.name = Name::link(0), .site = site, .program = Argument::of(Name::pool(0))});
  world.apply(Attach{.site = site, .program = Argument::of(Name::pool(1))});
  world.apply(Attach{.site = {Hook::tcx_egress, Target::device(1)}, .program = Argument::of(Name::pool(1))});
  world.apply(Fill{site, static_cast<std::uint8_t>(entries)});
  return world;
}

/// Every attach, link and detach of a small vocabulary: what an exhaustive run asks.
std::vector<Operation> questions() {
  std::vector<Operation> all;
  const Argument relatives[] = {
      {}, Argument::of(Name::pool(0)), Argument::of(Name::pool(2)), Argument::of(Name::link(0))};
  for (const std::uint32_t flags : {0U, flag::before, flag::after, flag::before | flag::id, flag::after | flag::link,
                                    flag::replace, flag::replace | flag::before, flag::before | flag::after})
    for (const Argument relative : relatives)
      for (unsigned n = 0; n < pool; ++n)
        for (const Revision revision : {Revision{}, Revision::now(), Revision::now(-1)}) {
          const Site site{n % 2 == 0 ? Hook::tcx_ingress : Hook::tcx_egress, Target::device(n / 4)};
          const Argument program = Argument::of(Name::pool(n));
          all.emplace_back(Attach{site, program, flags, relative, Argument::of(Name::pool(1)), revision});
          all.emplace_back(Detach{site, n == 5 ? Argument{} : program, flags, relative, {}, revision});
          all.emplace_back(CreateLink{Name::link(1), site, program, flags, relative, revision});
        }
  return all;
}

void predict(benchmark::State& state) {
  const World world = busy_world(static_cast<unsigned>(state.range(0)));
  const auto operations = questions();
  for (auto _ : state)
    for (const Operation& operation : operations) benchmark::DoNotOptimize(world.predict(operation));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(operations.size()));
}
BENCHMARK(predict)->ArgName("entries")->Arg(2)->Arg(8)->Arg(63);

void attach_and_detach(benchmark::State& state) {
  World world = busy_world(4);
  const Site site{Hook::tcx_egress, Target::device(0)};
  for (auto _ : state) {
    world.apply(Attach{.site = site, .program = Argument::of(Name::pool(2))});
    world.apply(Detach{.site = site});
  }
  state.SetItemsProcessed(state.iterations() * 2);
}
BENCHMARK(attach_and_detach);

void empty_world(benchmark::State& state) {
  Declarations declarations;
  declarations.devices = 0b11;
  declarations.programs = (1U << pool) - 1;
  for (auto _ : state) benchmark::DoNotOptimize(World(declarations));
}
BENCHMARK(empty_world);

}  // namespace
}  // namespace mprogcheck::model

BENCHMARK_MAIN();
