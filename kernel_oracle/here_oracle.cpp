// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/here_oracle.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "kernel_oracle/agent_path.hpp"
#include "oracle/needs.hpp"

namespace mprogcheck {

Result<std::unique_ptr<HereOracle>> HereOracle::start(const HereOracleConfig& config) {
  if (::geteuid() != 0) return fail(Error::Kind::usage, "running on this kernel needs root: BPF programs are loaded");
  std::unique_ptr<HereOracle> oracle(new HereOracle(config));
  if (oracle->config_.agent.empty()) {
    auto agent = find_agent();
    if (!agent) return tl::unexpected(agent.error());
    oracle->config_.agent = std::move(*agent);
  }
  if (auto launched = oracle->launch(); !launched) return tl::unexpected(launched.error());
  return oracle;
}

HereOracle::~HereOracle() {
  if (connection_) connection_->bye();
}

Result<void> HereOracle::renew(Start /*how*/) {
  discard(Run::Ending::unclean);
  return launch();
}

Result<void> HereOracle::launch() {
  ++launches_;
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return fail("socketpair: {}", std::strerror(errno));
  socket_ = Fd(ends[0]);
  Fd theirs(ends[1]);
  constexpr int channel = 3;
  Process::Options options;
  options.command = {config_.agent, "--fd", std::to_string(channel)};
  options.inherit = {{theirs.get(), channel}};
  auto process = Process::start(options);
  if (!process) return tl::unexpected(process.error());
  process_.emplace(std::move(*process));
  connection_.emplace(socket_.get(), config_.answer_deadline, false, config_.curfew);
  const auto refuse = [this](tl::unexpected<Error> error) {
    discard(Run::Ending::lost);
    return error;
  };
  // Our copy of their end must not keep the line open when the agent dies.
  theirs.reset();
  auto hello = connection_->hello();
  if (!hello) return refuse(tl::unexpected(hello.error()));
  identity_ = {.source = "here", .release = hello->release, .accelerator = "none", .features = hello->features};
  devices_ = hello->devices;
  if (!hello->has("tcx"))
    return refuse(fail(Error::Kind::skipped, "kernel {} has no tcx: it came with Linux 6.6", hello->release));
  if (!hello->complaints.empty()) return refuse(fail("the agent cannot work here: {}", hello->complaints));
  return {};
}

Result<AgentConnection*> HereOracle::agent() {
  if (!connection_)
    if (auto launched = launch(); !launched) return tl::unexpected(launched.error());
  return &*connection_;
}

/// The console is not ours to read: the agent itself watches the kernel's log.
CrashReport HereOracle::discard(Run::Ending /*why*/) {
  connection_.reset();
  process_.reset();
  socket_.reset();
  return {};
}

Result<void> HereOracle::run(std::span<const Job> jobs, RunSink& sink) {
  for (const Job& job : jobs)
    if (job.sequence.declarations.devices >> devices_ != 0)
      return fail(Error::Kind::usage, "the sequence declares more devices than there are: d0 to d{}", devices_ - 1);
  for (const Job& job : jobs)
    if (auto able = can_run(identity_, job.sequence); !able) return able;
  if (auto able = trial_needs_.can_try(identity_, jobs); !able) return able;
  return run_supervised(*this, jobs, sink);
}

Result<wire::Bench> HereOracle::bench(std::span<const Job> jobs) {
  auto connection = agent();
  if (!connection) return tl::unexpected(connection.error());
  return (*connection)->bench(jobs);
}

}  // namespace mprogcheck
