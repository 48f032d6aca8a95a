// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <span>

#include "base/result.hpp"
#include "kernel_oracle/agent_connection.hpp"
#include "kernel_oracle/crash_report.hpp"
#include "oracle/oracle.hpp"

namespace mprogcheck {

/// Where agents come from: one at a time, each with a kernel (or at least a network namespace) of its own.
class AgentSource {
 public:
  virtual ~AgentSource() = default;
  /// The agent that is running; one is started if there is none. Valid until discard().
  virtual Result<AgentConnection*> agent() = 0;
  /// Ends the agent, and the kernel if that is ours to end. `why`: how its last run ended. Returns what its console had
  /// to say about it.
  virtual CrashReport discard(Run::Ending why) = 0;
};

/// Runs the jobs in order, whatever becomes of the agents. One that died, hung, or left its world in doubt is
/// discarded, and the rest goes to the next. The job in which an agent died is told by its console, else by running the
/// jobs in question one by one; its run ends as `lost`, `hung` or `splat`, and it is not run again. An agent that is at
/// work when the curfew comes is discarded, and the rest is not run: an Error.
Result<void> run_supervised(AgentSource& source, std::span<const Job> jobs, RunSink& sink);

}  // namespace mprogcheck
