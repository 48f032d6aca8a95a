// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/generate.hpp"

#include <utility>

#include "base/digest.hpp"
#include "properties/generate_compose.hpp"
#include "properties/generate_nonsense.hpp"
#include "properties/generate_scene.hpp"
#include "properties/swarm.hpp"

namespace mprogcheck::properties {

namespace {

std::uint64_t digest_of(const GeneratorOptions& options) {
  Digest digest;
  for (const auto hook : options.hooks) digest.add(static_cast<std::uint64_t>(hook));
  digest.add(options.devices).add(options.max_operations);
  digest.add(options.nonsense_ppm ? *options.nonsense_ppm : ~std::uint64_t{0});
  if (options.lacks != Lacks{})
    digest.add(options.lacks.devices).add(options.lacks.qdiscs).add(options.lacks.pins).add(options.lacks.packets);
  if (options.lacks.objects != 0) digest.add(options.lacks.objects);
  if (options.with_devices) digest.add(*options.with_devices);
  return digest.value();
}

}  // namespace

Generator::Generator(GeneratorOptions options) : options_(std::move(options)), digest_(digest_of(options_)) {}

model::Sequence Generator::sequence(std::uint64_t i) const {
  // The key of a block cipher: seeds, shards and indices that are neighbours give sequences that are none.
  return draw(rc::Random(rc::Random::Key{options_.seed, options_.shard, i, digest_}), options_.max_operations);
}

model::Sequence Generator::draw(const rc::Random& entropy, unsigned max_operations) const {
  RandomStream random(entropy);
  const Mix mix = draw_mix(random, {.hooks = options_.hooks,
                                    .devices = options_.devices,
                                    .max_operations = max_operations,
                                    .lacks = options_.lacks,
                                    .with_devices = options_.with_devices,
                                    .nonsense_ppm = options_.nonsense_ppm});
  // By the specification, whatever the kernel at hand is known to do: the same seed gives the same sequences
  // everywhere.
  Scene scene(mix);
  Composer composer(mix, options_.hooks, scene, random);
  Nonsense nonsense(mix, options_.hooks, scene, random);

  model::Sequence sequence{.declarations = mix.declarations, .operations = {}};
  sequence.operations.reserve(mix.length);
  for (unsigned i = 0; i < mix.length; ++i) {
    auto& operation = sequence.operations.emplace_back(composer.next());
    if (random.chance_ppm(mix.nonsense_ppm)) nonsense.spoil(operation);
    if (mix.as_user != 0 && random.chance(mix.as_user)) operation.caller = model::Caller::declared(0);
    composer.follow(operation, scene.apply(operation));
  }
  return sequence;
}

}  // namespace mprogcheck::properties
