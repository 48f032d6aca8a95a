// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/explore/model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "campaign/stopwatch.hpp"
#include "model/language/print.hpp"

namespace mprogcheck {

using properties::WorldMachine;
using Graph = properties::StateGraph<WorldMachine>;

namespace {

constexpr std::uint32_t most_states = 1'000'000;
constexpr std::size_t most_broken = 10;

std::string program_name(model::ProgramIndex program) {
  if (program < model::filler_program_begin) return model::print(model::Name::pool(program));
  if (program < model::mortal_program_begin)
    return model::print(model::Name::filler(program - model::filler_program_begin));
  return "q";
}

/// "[p0 l0:p1] l1:p2": the list, and the links that are in none.
std::string text_of_state(const model::World& world, const properties::Bound& bound) {
  const auto list = world.sites().find(bound.hook, model::Target::device(0));
  std::map<model::LinkIndex, std::string> links;
  for (unsigned n = 0; n < bound.links; ++n)
    if (const model::Handle& handle = world.handle(model::Name::link(n)); handle.file != model::no_file)
      links[handle.last] = model::print(model::Name::link(n));
  std::string text = "[";
  std::size_t fillers = 0;
  const auto say = [&](const std::string& item) {
    if (text.back() != '[') text += ' ';
    text += item;
  };
  const auto say_fillers = [&] {
    if (fillers != 0) say(fmt::format("…{}…", std::exchange(fillers, 0)));
  };
  for (const model::Entry& entry : world.list(list).entries()) {
    if (entry.program >= model::filler_program_begin && entry.program < model::mortal_program_begin) {
      ++fillers;
      continue;
    }
    say_fillers();
    say(entry.link == model::no_link ? program_name(entry.program)
                                     : links[entry.link] + ':' + program_name(entry.program));
  }
  say_fillers();
  text += ']';
  for (const auto& [link, name] : links)
    if (world.link(link).list == model::no_list) text += ' ' + name + ':' + program_name(world.link(link).program);
  return text;
}

}  // namespace

ModelExploration explore_model(const properties::Bound& bound, model::Naming naming, const std::atomic<bool>* stop) {
  ModelExploration result;
  const WorldMachine machine(bound, naming);
  struct Suspect {
    std::uint32_t state, operation;
    properties::BrokenInvariant invariant;
  };
  std::vector<Suspect> suspects;
  const auto suspect = [&](std::uint32_t state, std::uint32_t operation, auto&& invariant) {
    if (invariant && suspects.size() < most_broken) suspects.push_back({state, operation, std::move(*invariant)});
  };
  const Stopwatch clock;
  const Graph graph(
      machine, most_states,
      [&](std::uint32_t state, const model::World& world, std::uint32_t number, const model::Verdict& verdict) {
        if (machine.leaves_out(world, number)) return;
        const model::Operation& operation = machine.operation(number);
        result.coverage.add(operation, verdict);
        result.table.expect(operation, verdict.outcome);
        ++result.pairs;
        if (!machine.changes(verdict)) return;
        const model::World after = machine.after(world, verdict);
        suspect(state, number, properties::broken_by_transition(world, operation, verdict, after));
        suspect(state, number, properties::broken_in(after));
      },
      stop);
  result.seconds = clock.seconds();
  if (auto at_first = properties::broken_in(graph.state(0)))
    result.broken.push_back(
        {std::move(*at_first), {properties::declarations_of(bound), properties::prelude_of(bound)}});
  result.complete = graph.is_complete();
  result.ended_early = graph.was_stopped();
  result.states = graph.size();
  result.looked_into = graph.looked_into();
  result.depth = graph.depth(graph.size() - 1);
  result.transitions = graph.edges().size();
  result.outside = static_cast<std::uint64_t>(
      std::ranges::count(graph.edges(), properties::Transition::outside, &properties::Transition::to));
  for (Suspect& found : suspects) {
    model::Sequence sequence{properties::declarations_of(bound), properties::prelude_of(bound)};
    for (const auto number : graph.way_to(found.state)) sequence.operations.push_back(machine.operation(number));
    sequence.operations.push_back(machine.operation(found.operation));
    result.broken.push_back({std::move(found.invariant), std::move(sequence)});
  }
  return result;
}

std::optional<std::string> state_graph_dot(const properties::Bound& bound, model::Naming naming,
                                           const std::atomic<bool>* stop) {
  const WorldMachine machine(bound, naming);
  const Graph graph(
      machine, most_states, [](auto...) {}, stop);
  if (graph.was_stopped()) return std::nullopt;
  std::string text = fmt::format(
      "// {}\ndigraph states {{\n  rankdir=LR;\n  node [shape=box, fontname=monospace];\n"
      "  edge [fontname=monospace, fontsize=9];\n",
      properties::text_of(bound));
  for (std::uint32_t n = 0; n < graph.size(); ++n)
    text += fmt::format("  s{} [label=\"{}\"];\n", n, text_of_state(graph.state(n), bound));
  const std::string site = ' ' + model::print(model::Site{bound.hook, model::Target::device(0)});
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<std::string>> arrows;
  for (const properties::Transition& edge : graph.edges()) {
    if (edge.to == properties::Transition::outside) continue;
    std::string said = model::print(machine.operation(edge.operation));
    if (const auto at = said.find(site); at != std::string::npos) said.erase(at, site.size());
    arrows[{edge.from, edge.to}].push_back(std::move(said));
  }
  for (const auto& [ends, ways] : arrows) {
    const auto& shortest = *std::ranges::min_element(ways, [](const std::string& a, const std::string& b) {
      return std::pair(a.size(), a) < std::pair(b.size(), b);
    });
    const std::string more = ways.size() == 1 ? "" : fmt::format("\\n+ {}", ways.size() - 1);
    text += fmt::format("  s{} -> s{} [label=\"{}{}\"];\n", ends.first, ends.second, shortest, more);
  }
  return text + "}\n";
}

}  // namespace mprogcheck
