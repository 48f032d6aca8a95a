// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/canary.hpp"

#include <array>

#include "kernel_oracle/observe.hpp"

namespace mprogcheck {

namespace {

constexpr std::array lies{Lie::outcome, Lie::revision,  Lie::order,      Lie::isolation, Lie::permission,
                          Lie::answer,  Lie::lifecycle, Lie::references, Lie::passage,   Lie::fate};

/// The step that a lie shows in.
std::size_t step_of(const Job& canary) {
  return is_about_the_end(canary.lie) ? canary.sequence.operations.size() - 1 : canary.lie_at;
}

}  // namespace

std::optional<Job> CanaryNest::plant(const Job& honest) {
  const auto operations = static_cast<std::uint32_t>(honest.sequence.operations.size());
  if (operations == 0) return std::nullopt;
  if (lies[turn_ % lies.size()] == Lie::references && !counts_) ++turn_;
  const Lie lie = lies[turn_ % lies.size()];
  const auto start = static_cast<std::uint32_t>(secret_() % operations);
  for (std::uint32_t i = 0; i < operations; ++i) {
    const std::uint32_t at = (start + i) % operations;
    if (!lie_applies(honest.sequence, lie, at, honest.quirks)) continue;
    ++turn_;
    Job canary = honest;
    canary.lie = lie;
    canary.lie_at = at;
    return canary;
  }
  return std::nullopt;
}

CanaryFate fate_of(const Job& canary, const properties::Judgement& judgement) {
  if (!judgement.divergence) return CanaryFate::missed;
  const std::size_t step = judgement.divergence->step;
  const bool ended_badly = judgement.divergence->ending != Run::Ending::complete;
  if (step < step_of(canary) || ended_badly) return CanaryFate::spoilt;
  return step == step_of(canary) ? CanaryFate::caught : CanaryFate::missed;
}

}  // namespace mprogcheck
