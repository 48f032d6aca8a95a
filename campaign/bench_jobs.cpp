// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "campaign/bench_jobs.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <sstream>
#include <utility>

#include "base/file.hpp"
#include "campaign/finding/finding.hpp"

namespace mprogcheck {

namespace {

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double harness_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

/// proc(5): utime and stime are fields 14 and 15, and the second may hold any text in parentheses.
double process_seconds(pid_t pid) {
  const auto stat = read_file(fmt::format("/proc/{}/stat", pid));
  const auto end = stat ? stat->rfind(')') : std::string::npos;
  if (end == std::string::npos) return 0;
  std::istringstream fields(stat->substr(end + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace

Result<JobsMeter> JobsMeter::start(VmOracle& first, unsigned jobs, const std::string& directory) {
  JobsMeter meter(first);
  for (unsigned job = 1; job < jobs; ++job) {
    auto sibling = first.sibling(directory.empty() ? "" : fmt::format("{}/job{}", directory, job));
    if (!sibling) return tl::unexpected(sibling.error());
    meter.oracles_.push_back(sibling->get());
    meter.siblings_.push_back(std::move(*sibling));
  }
  return meter;
}

Result<void> JobsMeter::measure(const FuzzOptions& campaign) {
  if (auto ran = run(campaign, 1, one_); !ran) return ran;
  return run(campaign, static_cast<unsigned>(oracles_.size()), all_);
}

Result<void> JobsMeter::run(FuzzOptions campaign, unsigned jobs, Used& used) {
  campaign.jobs = jobs;
  Reporter silent;
  const auto guest_seconds = [&] {
    double all = 0;
    for (const VmOracle* oracle : oracles_) all += process_seconds(oracle->qemu_pid());
    return all;
  };
  const double harness = harness_seconds(), guests = guest_seconds();
  auto checked = fuzz(
      campaign,
      [this](unsigned worker) -> Result<std::unique_ptr<Oracle>> { return std::make_unique<Lent>(*oracles_[worker]); },
      silent);
  if (!checked) return tl::unexpected(checked.error());
  if (checked->error) return tl::unexpected(*checked->error);
  used.harness += harness_seconds() - harness;
  used.guests += guest_seconds() - guests;
  used.seconds += checked->progress.seconds;
  used.operations += static_cast<double>(checked->progress.operations);
  return {};
}

JobsBench JobsMeter::result() const {
  const double one = one_.operations / one_.seconds;
  const double all = all_.operations / all_.seconds;
  return {.jobs = static_cast<unsigned>(oracles_.size()),
          .operations_per_second = all,
          .ratio = all / one,
          .per_core_ratio = all_.operations / all_.guests * one_.guests / one_.operations,
          .harness_cores = all_.harness / all_.seconds,
          .guest_cores = all_.guests / all_.seconds};
}

}  // namespace mprogcheck
