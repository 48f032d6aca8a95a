// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/generate/generate.hpp"

#include <algorithm>
#include <bit>
#include <iterator>
#include <utility>

#include "base/digest.hpp"
#include "properties/explore/bound.hpp"
#include "properties/generate/cgroup.hpp"
#include "properties/generate/compose.hpp"
#include "properties/generate/nonsense.hpp"
#include "properties/generate/scene.hpp"
#include "properties/generate/swarm.hpp"

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
  if (options.lacks.next_id) digest.add(options.lacks.next_id);
  if (options.lacks.families != 0 || options.lacks.kinds) digest.add(options.lacks.families).add(options.lacks.kinds);
  if (options.with_devices) digest.add(*options.with_devices);
  return digest.value();
}

/// One sequence in so many has departures: each turn comes three times in 2,000.
constexpr std::uint64_t departs_every = 22;

/// More draws, for an operation that is to be new. A third one finds little, and costs as much as the first.
constexpr unsigned most_draws = 2;

/// One of all that can be said in a small world, each as likely as any other.
model::Operation spelled(const model::Site& home, const Mix& mix, RandomStream& random) {
  static const std::vector<model::Operation> whole = alphabet_of(small_world);
  static const std::vector<model::Operation> without_next_id = alphabet_of({.next_id = false});
  const auto& alphabet = mix.next_id ? whole : without_next_id;
  model::Operation operation = alphabet[random.below(static_cast<std::uint32_t>(alphabet.size()))];
  std::visit(
      [&home](auto& call) {
        if constexpr (requires { call.site; }) call.site = home;
      },
      static_cast<model::AnyCall&>(operation));
  return operation;
}

/// Of so many sequences one speaks of all families; each of the others of one, whose lists are all that is looked at.
constexpr std::uint32_t speaks_of_all = 4;
/// Of so many sequences that may have other devices than the usual ones, one has.
constexpr std::uint32_t has_other_devices = 6;

/// Where both kinds of targets may be spoken of, of so many sequences one is about cgroups.
constexpr std::uint32_t is_of_cgroups = 3;

struct ByTarget {
  std::vector<model::Hook> of_cgroups, of_devices;
};
ByTarget by_target(std::span<const model::Hook> all) {
  ByTarget hooks;
  for (const model::Hook hook : all)
    (target_kind(hook) == model::TargetKind::cgroup ? hooks.of_cgroups : hooks.of_devices).push_back(hook);
  return hooks;
}

std::vector<model::Hook> hooks_of(RandomStream& random, std::span<const model::Hook> all) {
  model::FamilySet set = 0;
  for (const model::Hook hook : all) set = static_cast<model::FamilySet>(set | only(model::family_of(hook)));
  if (std::has_single_bit(set) || random.below(speaks_of_all) == 0) return {all.begin(), all.end()};
  const model::Family family = model::family_of(all[random.below(static_cast<std::uint32_t>(all.size()))]);
  std::vector<model::Hook> chosen;
  std::ranges::copy_if(all, std::back_inserter(chosen), [&](model::Hook hook) { return family_of(hook) == family; });
  return chosen;
}

/// Where a hook is particular about devices: one of another kind, or some with another policy.
void draw_devices(RandomStream& random, std::span<const model::Hook> hooks, const Lacks& lacks, Mix& mix) {
  const bool particular =
      std::ranges::any_of(hooks, [](model::Hook hook) { return row_of(model::family_of(hook)).at_peers; });
  if (!particular || random.below(has_other_devices) != 0) return;
  auto& made_as = mix.declarations.made_as;
  if (mix.devices > 1 && !lacks.kinds && random.chance(128)) {
    made_as[mix.devices - 1] = {.kind = model::DeviceKind::veth};
    return;
  }
  for (unsigned n = 0; n < mix.devices; ++n)
    made_as[n] = {.policy = random.chance(128) ? model::Policy::drop : model::Policy::pass,
                  .peer_policy = random.chance(128) ? model::Policy::drop : model::Policy::pass};
}

}  // namespace

Generator::Generator(GeneratorOptions options) : options_(std::move(options)), digest_(digest_of(options_)) {
  std::erase_if(options_.hooks,
                [&](model::Hook hook) { return (options_.lacks.families & only(model::family_of(hook))) != 0; });
}

model::Sequence Generator::sequence(std::uint64_t i) const {
  const std::uint64_t first = i - i % block;
  BlockMemory memory = memories_->take(i);
  if (i == first || memory.next != i) {
    memory.met.clear();
    for (memory.next = first; memory.next < i; ++memory.next) static_cast<void>(draw(memory.next, memory.met));
  }
  model::Sequence sequence = draw(i, memory.met);
  memory.next = i + 1;
  memories_->keep(std::move(memory));
  return sequence;
}

model::Sequence Generator::draw(std::uint64_t i, ShapeSet& met) const {
  // Where they begin is the seed's: who runs many short campaigns meets all turns, too.
  const std::uint64_t begin =
      Digest().add(options_.seed).add(options_.shard).add(digest_).value() % (departs_every * departure_turns);
  std::optional<unsigned> departs;
  if ((begin + i) % departs_every == 0) departs = static_cast<unsigned>((begin + i) / departs_every % departure_turns);
  // The key of a block cipher: seeds, shards and indices that are neighbours give sequences that are none.
  return draw(rc::Random(rc::Random::Key{options_.seed, options_.shard, i, digest_}), options_.max_operations, departs,
              met);
}

model::Sequence Generator::draw(const rc::Random& entropy, unsigned max_operations, std::optional<unsigned> departs,
                                ShapeSet& met) const {
  RandomStream random(entropy);
  const auto [of_cgroups, of_devices] = by_target(options_.hooks);
  if (!of_cgroups.empty() && (of_devices.empty() || (!departs && random.below(is_of_cgroups) == 0)))
    return draw_cgroup_sequence(random, {.hooks = of_cgroups,
                                         .max_operations = max_operations,
                                         .lacks = options_.lacks,
                                         .nonsense_ppm = options_.nonsense_ppm});
  const std::vector<model::Hook> hooks = hooks_of(random, of_devices);
  Mix mix = draw_mix(random, {.hooks = hooks,
                              .devices = options_.devices,
                              .max_operations = max_operations,
                              .lacks = options_.lacks,
                              .with_devices = options_.with_devices,
                              .nonsense_ppm = options_.nonsense_ppm,
                              .departs = departs});
  draw_devices(random, hooks, options_.lacks, mix);
  // By the specification, whatever the kernel at hand is known to do: the same seed gives the same sequences
  // everywhere.
  Scene scene(mix);
  Composer composer(mix, hooks, scene, random);
  Nonsense nonsense(mix, hooks, scene, random);
  const auto composed = [&] {
    const bool is_departing = composer.is_departing();
    model::Operation operation = composer.next();
    if (is_departing) return operation;
    if (random.chance_ppm(mix.nonsense_ppm)) nonsense.spoil(operation);
    if (mix.as_user != 0 && random.chance(mix.as_user)) operation.caller = model::Caller::declared(0);
    return operation;
  };

  model::Sequence sequence{.declarations = mix.declarations, .operations = {}};
  sequence.operations.reserve(mix.length);
  for (unsigned i = 0; i < mix.length || (composer.is_departing() && i < max_operations); ++i) {
    const bool settled = composer.is_settled();
    const bool spells = mix.spelled != 0 && !settled && random.chance(mix.spelled);
    const auto drawn = [&] { return spells ? spelled(composer.home(), mix, random) : composed(); };
    auto& operation = sequence.operations.emplace_back(drawn());
    const auto shape = shape_of(scene.world(), operation);
    const bool is_new = !shape || met.add(*shape);
    // Instead of what has a shape, another that is new. What has none keeps its share; and where operations are
    // spelled, the others are there to change the world.
    const bool curious = !is_new && !settled && (spells || random.chance(mix.curious));
    for (unsigned more = curious ? most_draws : 0; more != 0; --more) {
      const model::Operation other = drawn();
      const auto others = shape_of(scene.world(), other);
      if (!others || !met.add(*others)) continue;
      operation = other;
      break;
    }
    const model::Verdict verdict = scene.world().predict(operation);
    scene.commit(verdict);
    composer.follow(operation, verdict);
  }
  return sequence;
}

}  // namespace mprogcheck::properties
