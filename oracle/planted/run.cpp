// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Faults of what runs: which programs a packet meets, where its way ends, and what becomes of it.
#include <algorithm>
#include <array>
#include <vector>

#include "oracle/planted/kit.hpp"

namespace mprogcheck::planted {
namespace {

using model::Fate;
using model::ListIndex;
using model::OrderedList;
using model::ProgramIndex;
using model::Returns;
using model::Site;

using Programs = std::vector<ProgramIndex>;

/// A fault that only a packet meets.
template <void (*way)(const World&, const Site&, Programs&, Fate&)>
struct Runs final : Misbehaviour {
  void ran(const World& world, const Site& site, Programs& programs, Fate& fate) override {
    way(world, site, programs, fate);
  }
};

Returns ending_of(const World& world, const Programs& programs) {
  return programs.empty() ? Returns::next : world.program(programs.back()).returns;
}

/// The way of a packet through another list than the one that is there.
void walk(const World& world, const Site& site, const OrderedList& list, Programs& programs, Fate& fate) {
  World other = world;
  other.mutable_list(world.sites().find(site)) = list;
  const model::Passage passage = model::passage(other, site);
  programs.assign(passage.ran().begin(), passage.ran().end());
  fate = model::fate_of(passage.rule);
}

const OrderedList& list_at(const World& world, const Site& site) {
  return world.list(world.sites().find(site));
}

/// The list without the entries for which `is_left_out` holds.
template <typename IsLeftOut>
OrderedList without(const OrderedList& list, IsLeftOut is_left_out) {
  OrderedList rest;
  for (const model::Entry& entry : list.entries())
    if (!is_left_out(entry)) rest.insert(rest.count, entry);
  return rest;
}

void reversed(const World& world, const Site& site, Programs& programs, Fate& fate) {
  OrderedList list = list_at(world, site);
  std::reverse(list.slots.begin(), list.slots.begin() + list.count);
  walk(world, site, list, programs, fate);
}

/// As if the programs that return so were not at the end of the way, but on it.
template <Returns returns>
void goes_on(const World& world, const Site& site, Programs& programs, Fate& fate) {
  World deaf = world;
  for (const model::Entry& entry : list_at(world, site).entries())
    if (world.program(entry.program).returns == returns) deaf.mutable_program(entry.program).returns = Returns::next;
  walk(deaf, site, list_at(world, site), programs, fate);
}

void next_ends_the_chain(const World& world, const Site&, Programs& programs, Fate& fate) {
  if (programs.size() < 2) return;
  programs.resize(1);
  fate = Fate::passed;
  if (ending_of(world, programs) == Returns::drop) fate = Fate::dropped;
}

template <Returns returns, Fate instead>
void ends_otherwise(const World& world, const Site&, Programs& programs, Fate& fate) {
  if (ending_of(world, programs) == returns) fate = instead;
}

void link_entry_does_not_run(const World& world, const Site& site, Programs& programs, Fate& fate) {
  walk(world, site,
       without(list_at(world, site), [](const model::Entry& entry) { return entry.link != model::no_link; }), programs,
       fate);
}

void other_direction_runs(const World& world, const Site& site, Programs& programs, Fate& fate) {
  const auto hook = static_cast<model::Hook>(static_cast<unsigned>(site.hook) ^ 1U);
  walk(world, site, list_at(world, {hook, site.target}), programs, fate);
}

/// What a packet meets is the list as it was before its last change.
class LagsBehind final : public Misbehaviour {
 public:
  void begin() override { lists_ = {}; }
  void applied(World& world, const World& before, const Operation&, const Verdict&) override {
    for (ListIndex list = 0; list < model::list_count; ++list)
      if (world.list(list) != before.list(list)) lists_[list] = before.list(list);
  }
  void ran(const World& world, const Site& site, Programs& programs, Fate& fate) override {
    const auto is_gone = [&](const model::Entry& entry) { return !world.program(entry.program).alive; };
    walk(world, site, without(lists_[world.sites().find(site)], is_gone), programs, fate);
  }

 private:
  std::array<OrderedList, model::list_count> lists_{};
};

constexpr std::array<PlantedFault, 10> faults{{
    {"run_reversed", "programs run from the last to the first", "order", make<Runs<reversed>>},
    {"run_lags_behind", "packets meet the list as it was before its last change", "order", make<LagsBehind>},
    {"run_other_direction", "what comes in meets the programs for what goes out, and the other way round", "order",
     make<Runs<other_direction_runs>>},
    {"run_without_links", "an entry that a link owns does not run", "order", make<Runs<link_entry_does_not_run>>},
    {"run_stops_at_next", "the first program ends the chain, even if it says next", "order",
     make<Runs<next_ends_the_chain>>},
    {"run_goes_on_after_pass", "the chain goes on after a program that says pass", "order",
     make<Runs<goes_on<Returns::pass>>>},
    {"run_goes_on_after_unknown", "the chain goes on after a code that means nothing", "order",
     make<Runs<goes_on<Returns::unknown>>>},
    {"run_unknown_drops", "a code that means nothing drops the packet", "order",
     make<Runs<ends_otherwise<Returns::unknown, Fate::dropped>>>},
    {"run_drop_passes", "a packet that is dropped passes all the same", "order",
     make<Runs<ends_otherwise<Returns::drop, Fate::passed>>>},
    {"run_redirect_drops", "a packet that is redirected is dropped", "order",
     make<Runs<ends_otherwise<Returns::redirect, Fate::dropped>>>},
}};

}  // namespace

std::span<const PlantedFault> run_faults() {
  return faults;
}

}  // namespace mprogcheck::planted
