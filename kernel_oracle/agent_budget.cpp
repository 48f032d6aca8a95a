// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/agent_budget.hpp"

#include <variant>

#include "oracle/trial_set.hpp"

namespace mprogcheck {

AgentBudget::Milliseconds AgentBudget::work(std::span<const Job> jobs) const {
  std::size_t operations = 0, trials = 0;
  for (const Job& job : jobs) {
    operations += job.sequence.operations.size();
    for (const model::Operation& called : job.sequence.operations)
      if (const auto* fill = std::get_if<model::Fill>(&called)) operations += fill->count;
    for (const Trials& asked : job.trials) trials += trial_set::count(asked.which);
  }
  return overhead + operation * operations + trial * trials;
}

}  // namespace mprogcheck
