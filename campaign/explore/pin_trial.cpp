// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/explore/pin_trial.hpp"

#include <vector>

#include "campaign/finding/one_run.hpp"

namespace mprogcheck {

namespace {

class Pinning {
 public:
  Pinning(const ExploreSpace& space, model::Traits traits, Oracle& oracle)
      : space_(space), traits_(traits), oracle_(oracle) {}

  Result<std::optional<Pair>> in_state(std::uint32_t state) {
    std::vector<std::uint32_t> operations;
    const auto edges = space_.graph().edges_of(state);
    auto edge = edges.begin();
    for (std::uint32_t n = 0; n < space_.machine().operations(); ++n) {
      if (edge != edges.end() && edge->operation == n)
        ++edge;
      else if (!std::holds_alternative<model::Query>(space_.machine().operation(n)) &&
               !space_.machine().avoids(space_.graph().state(state), n))
        operations.push_back(n);
    }
    std::span<const std::uint32_t> left = operations;
    auto wrong = goes_wrong(state, left);
    if (!wrong) return tl::unexpected(wrong.error());
    if (!*wrong) return std::nullopt;
    while (left.size() > 1) {
      const auto first = left.first(left.size() / 2), second = left.subspan(left.size() / 2);
      for (const auto half : {first, second}) {
        wrong = goes_wrong(state, half);
        if (!wrong) return tl::unexpected(wrong.error());
        if (!*wrong) continue;
        left = half;
        break;
      }
      if (!*wrong) return Pair{state, TriedTrials::none};
    }
    return Pair{state, left.front()};
  }

 private:
  Result<bool> goes_wrong(std::uint32_t state, std::span<const std::uint32_t> operations) {
    Job job{.sequence = space_.sequence_to(state), .traits = traits_};
    job.alphabet = space_.machine().alphabet();
    Trials trials{.step = static_cast<std::uint32_t>(job.sequence.operations.size() - 1), .which = {}};
    // One step more: after the last one all that is there is counted.
    job.sequence.operations.emplace_back(model::Query{.site = {space_.bound().hook, model::Target::device(0)}});
    for (const std::uint32_t operation : operations) trials.add(operation);
    job.trials.push_back(std::move(trials));
    const auto judgement = run_once(oracle_, job);
    if (!judgement) return tl::unexpected(judgement.error());
    return judgement->divergence.has_value();
  }

  const ExploreSpace& space_;
  model::Traits traits_;
  Oracle& oracle_;
};

}  // namespace

Result<std::optional<Pair>> pin_trial(const ExploreSpace& space, std::span<const std::uint32_t> states,
                                      model::Traits traits, Oracle& oracle) {
  Pinning pinning(space, traits, oracle);
  for (const std::uint32_t state : states) {
    auto found = pinning.in_state(state);
    if (!found || *found) return found;
  }
  return std::nullopt;
}

}  // namespace mprogcheck
