// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "properties/rfc_v2/exploration.hpp"

#include <algorithm>
#include <map>

#include "properties/explore/state_graph.hpp"
#include "properties/rfc_v2/invariants.hpp"

namespace mprogcheck::properties {

namespace {

using namespace model::rfc_v2;

/// The pair that breaks a promise first: states come in the order of their distance, operations from the simplest on.
struct Witness {
  std::uint32_t state;
  std::uint32_t operation;
  std::string found;
};
using Witnesses = std::map<std::pair<std::size_t, Rule>, Witness>;

/// Numbers of the promises that are asked of successes, or of refusals.
std::vector<std::size_t> asked_of(bool success) {
  std::vector<std::size_t> numbers;
  for (std::size_t i = 0; i < rfc_v2_promises().size(); ++i)
    if (is_asked(rfc_v2_promises()[i], success)) numbers.push_back(i);
  return numbers;
}

}  // namespace

std::uint64_t RfcV2Exploration::decided_by(Rule rule) const {
  std::uint64_t sum = 0;
  for (const auto& call : decided) sum += call[static_cast<unsigned>(rule)];
  return sum;
}

RfcV2Exploration explore(const RfcV2Machine& machine, std::uint32_t max_states, const std::atomic<bool>* stop) {
  RfcV2Exploration result;
  Witnesses witnesses;
  const auto promises = rfc_v2_promises();
  const std::array asked{asked_of(false), asked_of(true)};

  const auto ask = [&](const RfcV2Step& step, std::uint32_t from, std::uint32_t number) {
    for (const std::size_t i : asked[step.verdict.outcome().ok() ? 1 : 0])
      if (auto found = promises[i].broken_by(step))
        witnesses.try_emplace({i, step.verdict.rule}, Witness{from, number, *found});
  };
  const StateGraph<RfcV2Machine> graph(
      machine, max_states,
      [&](std::uint32_t from, const State& state, std::uint32_t number, const Verdict& verdict) {
        const Operation& operation = machine.operation(number);
        ++result.pairs;
        ++result.decided[static_cast<unsigned>(operation.call)][static_cast<unsigned>(verdict.rule)];
        if (machine.changes(verdict))
          ask({state, operation, verdict, machine.after(state, verdict)}, from, number);
        else
          ask({state, operation, verdict, state}, from, number);
      },
      stop);

  result.complete = graph.is_complete();
  result.stopped = graph.was_stopped();
  result.looked_into = graph.looked_into();
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
