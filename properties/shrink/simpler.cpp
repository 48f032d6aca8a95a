// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/shrink/simpler.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "properties/shrink/usage.hpp"

namespace mprogcheck::properties {
namespace {

using model::Caller;
using model::Declarations;
using model::Name;
using model::Operation;
using model::Sequence;
using model::Target;

/// The order of the simplifications.
enum Phase : std::uint32_t {
  drop_chunk,      ///< + 63 - log2 of the length: the longest first
  drop_pair = 64,  ///< operation and variant
  into_fill,       ///< the attach `operation` becomes part of the fill `variant`
  into_link,       ///< the link `variant` is made with the program that the update `operation` gives it
  into_source,     ///< what `operation` loads, opens or dups is there from the start, or is its source; variant 1:
                   ///< which is not closed after it
  undeclare_all,   ///< all that nobody uses
  undeclare,  ///< variant: device, or device_count + program, first_caller + caller, unkept, or first_cgroup + cgroup
  filler_to_pool,      ///< the filler `operation` is a pool program instead, so that a `fill` may have it
  move_device,         ///< operation: from, variant: to; everywhere
  first_of_family,     ///< the first hook of each family in the place of its others
  first_everywhere,    ///< the first hook in the place of all others
  move_name,           ///< operation: from, variant: to, which nobody uses; everywhere
  usual_device,        ///< dN, made as devices are unless it is said
  default_class,       ///< of pN
  simplify_operation,  ///< variant: index of the form
};

constexpr unsigned first_caller = Target::device_count + Name::pool_count;
constexpr unsigned unkept = first_caller + Caller::declarable;
constexpr unsigned first_cgroup = unkept + 1;
constexpr std::size_t few = 12;  ///< so many operations that all pairs can be tried

void remove_program(Declarations& declarations, unsigned n) {
  declarations.programs &= ~(1U << n);
  declarations.classes[n] = {};
}
void remove_device(Declarations& declarations, unsigned n) {
  declarations.devices = static_cast<std::uint8_t>(declarations.devices & ~(1U << n));
  declarations.made_as[n] = {};
}

/// Those below it are then in the one above it.
void remove_cgroup(Declarations& declarations, unsigned n) {
  declarations.cgroups = static_cast<std::uint8_t>(declarations.cgroups & ~(1U << n));
  for (std::uint8_t& parent : declarations.parents)
    if (parent == n) parent = declarations.parents[n];
  declarations.parents[n] = model::Cgroup::top;
}

bool appends_to(const Operation& operation, const model::Site& site) {
  if (const auto* attach = std::get_if<model::Attach>(&operation)) return attach->site == site;
  if (const auto* create = std::get_if<model::CreateLink>(&operation)) return create->site == site;
  return false;
}

}  // namespace

struct Simpler::Plan {
  Sequence sequence;
  Usage usage;
  std::vector<SimplificationKey> keys;             ///< ascending
  std::vector<std::vector<Operation>> operations;  ///< simpler forms of each operation

  explicit Plan(const Sequence& given) : sequence(given), usage(given) {
    plan_drops();
    plan_fills();
    plan_folds();
    plan_declarations();
    plan_moves();
    plan_forms();
  }

  void add(std::uint32_t phase, std::size_t operation, std::size_t variant) {
    keys.push_back({phase, static_cast<std::uint32_t>(operation), static_cast<std::uint32_t>(variant)});
  }

  void plan_drops() {
    const std::size_t count = sequence.operations.size();
    for (std::size_t length = std::bit_floor(count); length != 0; length /= 2)
      for (std::size_t at = 0; at < count; at += length)
        add(drop_chunk + 63U - static_cast<std::uint32_t>(std::countr_zero(length)), at, length);
    if (count > few) return;
    for (std::size_t i = 0; i < count; ++i)
      for (std::size_t j = i + 1; j < count; ++j) add(drop_pair, i, j);
  }

  void plan_fills() {
    const std::size_t count = sequence.operations.size();
    for (std::size_t i = 0; i < count; ++i)
      for (std::size_t j = 0; j < count; ++j)
        if (const auto* fill = std::get_if<model::Fill>(&sequence.operations[j]))
          if (fill->count < Name::filler_count && appends_to(sequence.operations[i], fill->site)) add(into_fill, i, j);
  }

  void plan_folds() {
    const auto& all = sequence.operations;
    for (std::size_t i = 0; i < all.size(); ++i)
      if (const auto* update = std::get_if<model::UpdateLink>(&all[i]); update != nullptr && update->link.named)
        for (std::size_t j = 0; j < i; ++j)
          if (const auto* link = std::get_if<model::CreateLink>(&all[j]); link != nullptr)
            if (link->name == update->link.name()) add(into_link, i, j);
    for (std::size_t i = 0; i < all.size(); ++i)
      if (const auto source = source_of(all[i])) {
        add(into_source, i, 0);
        if (close_after(i, *source)) add(into_source, i, 1);
      }
  }

  /// Where the name is closed next.
  [[nodiscard]] std::optional<std::size_t> close_after(std::size_t operation, Name name) const {
    for (std::size_t i = operation + 1; i < sequence.operations.size(); ++i)
      if (const auto* close = std::get_if<model::Close>(&sequence.operations[i]); close != nullptr)
        if (close->name == name) return i;
    return std::nullopt;
  }

  /// The name that can stand for the one that a load, open or dup binds: a pool program that is not there yet, or the
  /// object's own name.
  [[nodiscard]] std::optional<Name> source_of(const Operation& operation) const {
    if (const auto* open = std::get_if<model::Open>(&operation))
      return open->id.named && open->id.name() != open->name ? std::optional(open->id.name()) : std::nullopt;
    if (const auto* dup = std::get_if<model::Dup>(&operation))
      return dup->from.named && dup->from.name() != dup->name ? std::optional(dup->from.name()) : std::nullopt;
    if (const auto* get = std::get_if<model::Get>(&operation)) return pinned_as(get->pin);
    if (!std::holds_alternative<model::Load>(operation)) return std::nullopt;
    return free_pool_name();
  }

  /// The name under which something was given that pin.
  [[nodiscard]] std::optional<Name> pinned_as(model::PinName pin) const {
    for (const Operation& operation : sequence.operations)
      if (const auto* call = std::get_if<model::Pin>(&operation); call != nullptr && call->pin == pin)
        if (call->from.named) return call->from.name();
    return std::nullopt;
  }

  /// A pool program that is not there and that nobody speaks of.
  [[nodiscard]] std::optional<Name> free_pool_name() const {
    for (unsigned n = 0; n < Name::pool_count; ++n)
      if (!sequence.declarations.has_program(n) && !usage.names[Name::pool(n).slot]) return Name::pool(n);
    return std::nullopt;
  }

  static Name bound_by(const Operation& operation) {
    return std::visit(
        [](const auto& call) {
          if constexpr (requires { call.name; })
            return call.name;
          else
            return Name{};
        },
        operation);
  }

  static void rename(std::vector<Operation>& list, Name from, Name to) {
    for (Operation& operation : list)
      visit_names(operation, [&](Name& name) {
        if (name == from) name = to;
      });
  }

  void plan_declarations() {
    const Declarations& declarations = sequence.declarations;
    const std::size_t first = keys.size();
    for (unsigned n = 0; n < Target::device_count; ++n)
      if (declarations.has_device(n) && !usage.devices[n]) add(undeclare, 0, n);
    for (unsigned n = 0; n < Name::pool_count; ++n)
      if (declarations.has_program(n) && !usage.names[Name::pool(n).slot]) add(undeclare, 0, Target::device_count + n);
    for (unsigned n = 0; n < Caller::declarable; ++n)
      if (declarations.uids[n] != 0 && !usage.callers[n]) add(undeclare, 0, first_caller + n);
    for (unsigned n = 0; n < model::Cgroup::count; ++n)
      if (declarations.has_cgroup(n) && !usage.cgroups[n]) add(undeclare, 0, first_cgroup + n);
    if (declarations.unkept) add(undeclare, 0, unkept);
    if (keys.size() - first > 1) keys.insert(keys.begin() + static_cast<std::ptrdiff_t>(first), {undeclare_all, 0, 0});
  }

  void plan_moves() {
    const Declarations& declarations = sequence.declarations;
    for (unsigned filler = Name::filler_begin; filler < Name::object_begin; ++filler)
      if (usage.names[filler] && free_pool_name()) add(filler_to_pool, filler, 0);
    for (unsigned from = 1; from < Target::device_count; ++from)
      for (unsigned to = 0; to < from; ++to)
        if (usage.devices[from] || (declarations.has_device(from) && !declarations.has_device(to)))
          add(move_device, from, to);
    if (usage.later_hooks) add(first_of_family, 0, 0);
    if (usage.other_hooks) add(first_everywhere, 0, 0);
    for (unsigned from = 0; from < Name::object_begin; ++from) {  // an object of the guest is what it is
      if (!usage.names[from]) continue;
      const char letter = Name{static_cast<std::uint8_t>(from)}.letter();
      for (unsigned to = from - Name{static_cast<std::uint8_t>(from)}.index(); to < from; ++to)
        if (!usage.names[to] && !(letter == 'p' && declarations.has_program(to))) {
          add(move_name, from, to);
          break;
        }
    }
    for (unsigned n = 0; n < Target::device_count; ++n)
      if (declarations.made_as[n] != model::DeviceClass{}) add(usual_device, n, 0);
    for (unsigned n = 0; n < Name::pool_count; ++n)
      if (declarations.classes[n] != model::ProgramClass{}) add(default_class, n, 0);
  }

  void plan_forms() {
    std::vector<Name> used;
    for (unsigned slot = 0; slot < Name::slots; ++slot) {
      const Name name{static_cast<std::uint8_t>(slot)};
      const bool declared = slot < Name::pool_count && sequence.declarations.has_program(slot);
      if (usage.names[slot] || declared) used.push_back(name);
    }
    for (std::size_t i = 0; i < sequence.operations.size(); ++i) {
      operations.push_back(simpler_forms(sequence.operations[i], used));
      for (std::size_t form = 0; form < operations.back().size(); ++form) add(simplify_operation, i, form);
    }
  }

  void undeclare_one(Declarations& declarations, std::uint32_t n) const {
    if (n < Target::device_count)
      remove_device(declarations, n);
    else if (n >= first_cgroup)
      remove_cgroup(declarations, n - first_cgroup);
    else if (n == unkept)
      declarations.unkept = false;
    else if (n >= first_caller)
      declarations.uids[n - first_caller] = 0;
    else
      remove_program(declarations, n - Target::device_count);
  }

  [[nodiscard]] Sequence without(std::size_t begin, std::size_t length) const {
    Sequence result{.declarations = sequence.declarations, .operations = {}};
    const auto& all = sequence.operations;
    const std::size_t end = std::min(begin + length, all.size());
    result.operations.reserve(all.size());
    result.operations.insert(result.operations.end(), all.begin(), all.begin() + static_cast<std::ptrdiff_t>(begin));
    result.operations.insert(result.operations.end(), all.begin() + static_cast<std::ptrdiff_t>(end), all.end());
    return result;
  }

  [[nodiscard]] Sequence apply(const SimplificationKey& key) const {
    if (key.phase < drop_pair) return without(key.operation, key.variant);
    Sequence result = sequence;
    Declarations& declarations = result.declarations;
    auto& list = result.operations;
    const auto erase = [&list](std::size_t at) { list.erase(list.begin() + static_cast<std::ptrdiff_t>(at)); };
    switch (key.phase) {
      case drop_pair:
        erase(key.variant);
        erase(key.operation);
        break;
      case into_fill:
        ++std::get<model::Fill>(list[key.variant]).count;
        erase(key.operation);
        break;
      case into_link:
        std::get<model::CreateLink>(list[key.variant]).program =
            std::get<model::UpdateLink>(list[key.operation]).program;
        erase(key.operation);
        break;
      case into_source: {
        const Name source = *source_of(list[key.operation]);
        const Name bound = bound_by(list[key.operation]);
        if (const auto* load = std::get_if<model::Load>(&list[key.operation])) {
          declarations.programs |= 1U << source.index();
          declarations.classes[source.index()] = {.type = load->type, .returns = load->returns};
        }
        if (key.variant != 0) erase(*close_after(key.operation, source));
        erase(key.operation);
        rename(list, bound, source);
        break;
      }
      case undeclare_all:
        for (const auto& other : keys)
          if (other.phase == undeclare) undeclare_one(declarations, other.variant);
        break;
      case undeclare:
        undeclare_one(declarations, key.variant);
        break;
      case filler_to_pool: {
        const Name pool = *free_pool_name();
        declarations.programs |= 1U << pool.index();
        rename(list, {static_cast<std::uint8_t>(key.operation)}, pool);
        break;
      }
      case move_device: {
        if (declarations.has_device(key.operation)) {
          if (!declarations.has_device(key.variant))
            declarations.made_as[key.variant] = declarations.made_as[key.operation];
          declarations.devices = static_cast<std::uint8_t>(declarations.devices | 1U << key.variant);
        }
        remove_device(declarations, key.operation);
        for (Operation& operation : list) {
          visit_site(operation, [&](model::Site& site) {
            if (site.target == Target::device(key.operation)) site.target = Target::device(key.variant);
            if (site.target == Target::peer(key.operation)) site.target = Target::peer(key.variant);
          });
          visit_device(operation, [&](model::Device& device) {
            if (device.number == key.operation) device.number = static_cast<std::uint8_t>(key.variant);
          });
        }
        break;
      }
      case first_of_family:
        for (Operation& operation : list)
          visit_site(operation, [](model::Site& site) { site.hook = first_hook_of(model::family_of(site.hook)); });
        break;
      case first_everywhere:
        for (Operation& operation : list)
          visit_site(operation, [](model::Site& site) {
            if (!site.target.is_cgroup()) site.hook = model::Hook{};
          });
        break;
      case move_name: {
        if (key.operation < Name::pool_count && declarations.has_program(key.operation)) {
          declarations.programs |= 1U << key.variant;
          declarations.classes[key.variant] = declarations.classes[key.operation];
          remove_program(declarations, key.operation);
        }
        rename(list, {static_cast<std::uint8_t>(key.operation)}, {static_cast<std::uint8_t>(key.variant)});
        break;
      }
      case usual_device:
        declarations.made_as[key.operation] = {};
        break;
      case default_class:
        declarations.classes[key.operation] = {};
        break;
      case simplify_operation:
        list[key.operation] = operations[key.operation][key.variant];
        break;
      default:
        break;
    }
    return result;
  }
};

Simpler::Simpler(const Sequence& sequence) : plan_(std::make_shared<const Plan>(sequence)) {}

std::size_t Simpler::size() const {
  return plan_->keys.size();
}

SimplificationKey Simpler::key(std::size_t index) const {
  return plan_->keys[index];
}

std::size_t Simpler::not_before(const SimplificationKey& key) const {
  return static_cast<std::size_t>(std::ranges::lower_bound(plan_->keys, key) - plan_->keys.begin());
}

std::optional<Sequence> Simpler::candidate(std::size_t index) const {
  Sequence result = plan_->apply(plan_->keys[index]);
  if (model::validate(result)) return std::nullopt;
  return result;
}

std::optional<Sequence> Simpler::next() {
  while (next_ < size())
    if (auto result = candidate(next_++)) return result;
  return std::nullopt;
}

std::vector<Sequence> simpler(const Sequence& sequence) {
  std::vector<Sequence> all;
  Simpler candidates(sequence);
  while (auto candidate = candidates.next()) all.push_back(std::move(*candidate));
  return all;
}

Measure measure(const Sequence& sequence) {
  Measure sum;
  const Usage usage(sequence);
  sum.fillers = static_cast<std::uint64_t>(
      std::count(usage.names.begin() + Name::filler_begin, usage.names.begin() + Name::object_begin, true));
  const Declarations& declarations = sequence.declarations;
  for (unsigned n = 0; n < Target::device_count; ++n)
    if (declarations.has_device(n)) {
      ++sum.declared;
      sum.numbers += n;
      sum.fields += declarations.made_as[n] == model::DeviceClass{} ? 0 : 1;
    }
  for (unsigned n = 0; n < Name::pool_count; ++n)
    if (declarations.has_program(n)) {
      ++sum.declared;
      sum.numbers += n;
      const auto& declared = declarations.classes[n];
      sum.fields += static_cast<std::uint64_t>(declared.type != model::ProgramType{}) +
                    static_cast<std::uint64_t>(declared.returns != model::Returns{});
    }
  for (unsigned n = 0; n < model::Cgroup::count; ++n)
    if (declarations.has_cgroup(n)) {
      ++sum.declared;
      sum.numbers += n;
      sum.fields += declarations.parents[n] != model::Cgroup::top ? 1U : 0U;
    }
  sum.declared += static_cast<std::uint64_t>(declarations.unkept);
  sum.declared += static_cast<std::uint64_t>(Caller::declarable - std::ranges::count(declarations.uids, 0U));
  for (const Operation& operation : sequence.operations) {
    const Measure one = measure(operation);
    ++sum.operations;
    sum.links += one.links;
    sum.fields += one.fields;
    sum.numbers += one.numbers;
  }
  return sum;
}

}  // namespace mprogcheck::properties
