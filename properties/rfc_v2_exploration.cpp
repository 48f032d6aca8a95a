// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/rfc_v2_exploration.hpp"

#include <algorithm>
#include <map>

#include "properties/rfc_v2_invariants.hpp"
#include "properties/state_graph.hpp"

namespace mprogcheck::properties {

namespace {

using namespace model::rfc_v2;

/// The simplest pair that breaks a promise so far. States come in the order of their distance.
struct Witness {
  std::uint32_t state;
  std::uint32_t operation;
  unsigned weight;
  std::string found;
};
using Witnesses = std::map<std::pair<std::size_t, Rule>, Witness>;

}  // namespace

std::uint64_t RfcV2Exploration::decided_by(Rule rule) const {
  std::uint64_t sum = 0;
  for (const auto& call : decided) sum += call[static_cast<unsigned>(rule)];
  return sum;
}

RfcV2Exploration explore(const RfcV2Machine& machine, std::uint32_t max_states) {
  RfcV2Exploration result;
  Witnesses witnesses;
  const auto promises = rfc_v2_promises();

  const auto ask = [&](const RfcV2Step& step, std::uint32_t from, std::uint32_t number) {
    const bool success = step.verdict.outcome().ok();
    for (std::size_t i = 0; i < promises.size(); ++i) {
      if (!is_asked(promises[i], success)) continue;
      auto found = promises[i].broken_by(step);
      if (found) witnesses.try_emplace({i, step.verdict.rule}, Witness{from, number, weight(step.operation), *found});
    }
  };
  const StateGraph<RfcV2Machine> graph(
      machine, max_states, [&](std::uint32_t from, const State& state, std::uint32_t number, const Verdict& verdict) {
        const Operation& operation = machine.operation(number);
        ++result.pairs;
        ++result.decided[static_cast<unsigned>(operation.call)][static_cast<unsigned>(verdict.rule)];
        if (machine.changes(verdict))
          ask({state, operation, verdict, machine.after(state, verdict)}, from, number);
        else
          ask({state, operation, verdict, state}, from, number);
      });

  result.complete = graph.is_complete();
  result.states = graph.size();
  result.operations = machine.operations();
  result.transitions = graph.edges().size();
  for (std::uint32_t n = 0; n < graph.size(); ++n) {
    result.depth = std::max(result.depth, graph.depth(n));
    result.longest = std::max(result.longest, unsigned{graph.state(n).count});
  }
  for (const auto& [key, witness] : witnesses) {
    RfcV2Broken broken{promises[key.first].name, key.second, {}, witness.found};
    for (const auto number : graph.way_to(witness.state)) broken.sequence.push_back(machine.print(number));
    broken.sequence.push_back(machine.print(witness.operation));
    result.broken.push_back(broken);
  }
  return result;
}

}  // namespace mprogcheck::properties
