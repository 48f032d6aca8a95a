// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/explore/shortest.hpp"

#include <algorithm>
#include <variant>
#include <vector>

#include "campaign/finding/one_run.hpp"
#include "model/visit_names.hpp"
#include "properties/explore/state_graph.hpp"
#include "properties/explore/world_machine.hpp"

namespace mprogcheck {

namespace {

constexpr unsigned most_programs = 4, most_links = 2;
constexpr std::uint32_t most_states = 20'000;
constexpr std::size_t batch = 256;

template <typename... Calls>
bool is_one_of(const model::Operation& operation) {
  return (std::holds_alternative<Calls>(operation) || ...);
}

/// It speaks of what the explorer's prelude made and let go.
bool needs_prelude(const model::Operation& operation, const properties::Bound& bound) {
  bool needs = false;
  model::visit_names(operation, [&](model::Name name) {
    if (name.letter() == 'q' || (name.letter() == 'l' && name.index() >= bound.links)) needs = true;
  });
  return needs;
}

}  // namespace

std::optional<properties::Bound> bound_of(const model::Sequence& sequence) {
  properties::Bound bound{.programs = 1, .links = 0};
  std::optional<model::Site> site;
  for (const model::Operation& operation : sequence.operations) {
    if (!operation.caller.is_root() || !is_one_of<model::Attach, model::Detach, model::CreateLink, model::UpdateLink,
                                                  model::DetachLink, model::Close, model::Query>(operation))
      return std::nullopt;
    if (const auto own = model::site_of(operation)) {
      if (own->target.is_literal() || own->target != model::Target::device(0) || (site && *site != *own))
        return std::nullopt;
      site = own;
    }
    bool fits = true;
    model::visit_names(operation, [&](model::Name name) {
      if (name.letter() == 'p')
        bound.programs = std::max(bound.programs, name.index() + 1);
      else if (name.letter() == 'l')
        bound.links = std::max(bound.links, name.index() + 1);
      else
        fits = false;
    });
    if (!fits || bound.programs > most_programs || bound.links > most_links) return std::nullopt;
  }
  if (!site) return std::nullopt;
  bound.hook = site->hook;
  for (unsigned n = 0; n < bound.programs; ++n)
    if (sequence.declarations.classes[n] != model::ProgramClass()) return std::nullopt;
  return bound;
}

Result<Shortest> look_for_shorter(const Finding& finding, Oracle& oracle, const ShortestOptions& options) {
  Shortest result;
  auto bound = bound_of(finding.shrunk);
  const auto& wanted = finding.divergence.fingerprint;
  const std::size_t length = finding.shrunk.operations.size();
  if (!bound || wanted.call.empty() || !finding.before.empty() || length == 0) return result;
  bound->next_id = oracle.identity().has(feature_next_id);

  const properties::WorldMachine machine(
      *bound, model::Naming::symmetric, finding.origin.traits,
      [&](const model::Operation& operation, model::Rule /*rule*/) { return needs_prelude(operation, *bound); });
  // What no bound can spell, such as a revision far away, is not shorter for it.
  const auto alphabet = machine.alphabet()->operations();
  for (const model::Operation& operation : finding.shrunk.operations)
    if (std::ranges::find(alphabet, operation) == alphabet.end()) return result;
  struct Candidate {
    std::uint32_t state, operation;
  };
  std::vector<Candidate> candidates;
  const properties::StateGraph<properties::WorldMachine> graph(
      machine, most_states,
      [&](std::uint32_t state, const model::World& /*world*/, std::uint32_t number, const model::Verdict& verdict) {
        if (verdict.rule == wanted.rule && !needs_prelude(machine.operation(number), *bound) &&
            candidates.size() <= options.most && model::call_name(machine.operation(number)) == wanted.call)
          candidates.push_back({state, number});
      });
  // States are numbered by their distance, so the candidates are in the order of their lengths.
  std::erase_if(candidates, [&](const Candidate& one) { return graph.depth(one.state) + 1 >= length; });
  if (!graph.is_complete() || candidates.size() > options.most) return result;

  for (std::size_t begin = 0; begin < candidates.size(); begin += batch) {
    if (options.enough && options.enough()) return result;
    std::vector<Job> jobs;
    for (std::size_t n = begin; n < std::min(begin + batch, candidates.size()); ++n) {
      Job job{
          .sequence = {properties::declarations_of(*bound), {}}, .traits = finding.origin.traits, .depth = Depth::deep};
      for (const auto step : graph.way_to(candidates[n].state))
        job.sequence.operations.push_back(machine.operation(step));
      job.sequence.operations.push_back(machine.operation(candidates[n].operation));
      if (!options.forbidden || !options.forbidden(job.sequence)) jobs.push_back(std::move(job));
    }
    auto judgements = run_all(oracle, jobs);
    if (!judgements) return tl::unexpected(judgements.error());
    for (std::size_t n = 0; n < jobs.size(); ++n) {
      ++result.tried;
      auto& divergence = (*judgements)[n].divergence;
      if (!divergence || divergence->fingerprint != wanted) continue;
      result.known = true;
      result.shorter = std::move(jobs[n].sequence);
      result.divergence = std::move(*divergence);
      return result;
    }
  }
  result.known = true;
  return result;
}

}  // namespace mprogcheck
