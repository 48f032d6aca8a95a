// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/supervise.hpp"

#include <optional>
#include <utility>

namespace mprogcheck {

namespace {

/// A job in which the guest died or stopped answering.
struct Fatal {
  std::size_t job = 0;
  std::uint32_t at = 0;
  Run::Ending ending = Run::Ending::lost;
  std::string note;
};

/// Hands runs on. If the jobs in question all pass when they run one by one, the last of them carries the blame: what
/// happened must not go unsaid.
class Blaming final : public RunSink {
 public:
  Blaming(RunSink& sink, const std::optional<Fatal>& suspected) : sink_(sink), suspected_(suspected) {}
  void take(std::size_t job, Run& run) override {
    if (suspected_ && suspected_->job == job && run.ending == Run::Ending::complete) {
      run.ending = suspected_->ending;
      run.note = suspected_->note;
    }
    sink_.take(job, run);
  }

 private:
  RunSink& sink_;
  const std::optional<Fatal>& suspected_;
};

}  // namespace

Result<void> run_supervised(AgentSource& source, std::span<const Job> jobs, RunSink& sink) {
  std::size_t next = 0;
  std::optional<Fatal> fatal;      // known to kill: what is before it is run again, it is not
  std::optional<Fatal> suspected;  // one of the jobs up to this one killed: they are run again, one by one
  Blaming blaming(sink, suspected);
  while (next < jobs.size()) {
    if (fatal && fatal->job == next) {
      Run run;
      run.ending = fatal->ending;
      run.at = fatal->at;
      run.note = std::move(fatal->note);
      fatal.reset();
      sink.take(next++, run);
      continue;
    }
    auto agent = source.agent();
    if (!agent) return tl::unexpected(agent.error());
    const std::size_t end = fatal ? fatal->job : suspected ? suspected->job + 1 : jobs.size();
    const auto progress = (*agent)->run(jobs, next, end, suspected.has_value(), blaming);
    next = progress.taken;
    if (progress.cut) {
      source.discard(progress.ending);
      return tl::unexpected(*progress.cut);
    }
    if (!progress.fault.empty()) {
      source.discard(progress.ending);
      return fail("{}", progress.fault);
    }
    if (progress.ending == Run::Ending::complete) {
      suspected.reset();
      continue;
    }
    const CrashReport crash = source.discard(progress.ending);
    if (progress.ending == Run::Ending::splat || progress.ending == Run::Ending::unclean) {
      suspected.reset();
      continue;
    }

    // Which job was it? The guest may have been in any that was sent and whose run is not here.
    Fatal found{.job = next, .at = 0, .ending = progress.ending, .note = progress.note};
    if (!crash.splat.empty()) {
      found.ending = Run::Ending::splat;
      found.note = crash.splat;
    }
    const bool told = crash.job && *crash.job >= next && *crash.job < progress.sent;
    if (told && crash.step) found.at = *crash.step;
    // What a splat says is its fingerprint, and stays as it is.
    else if (found.ending != Run::Ending::splat)
      found.note += " (at which step of the sequence is not known)";
    if (told) {
      found.job = *crash.job;
      fatal = std::move(found);
      suspected.reset();
    } else if (suspected || progress.sent <= next + 1) {
      fatal = std::move(found);
      suspected.reset();
    } else {
      found.job = progress.sent - 1;
      found.note += fmt::format(" (in one of jobs {} to {}; one by one they all passed)", next, found.job);
      suspected = std::move(found);
    }
  }
  return {};
}

}  // namespace mprogcheck
