// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vm/machine.hpp"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <sstream>
#include <utility>
#include <vector>

#include "base/file.hpp"
#include "vm/boot_attempt.hpp"
#include "vm/cache.hpp"
#include "vm/console.hpp"
#include "vm/image.hpp"
#include "vm/migration.hpp"
#include "vm/qemu.hpp"
#include "vm/uncompressed.hpp"

namespace mprogcheck::vm {

using namespace std::chrono_literals;
using Clock = BootAttempt::Clock;

struct Machine::State {
  BootAttempt qemu;
  std::string program, kernel;  ///< what QEMU was started as, and with
  ChannelKind channel;
  std::string accelerator_line;
  double boot_seconds;
};

namespace {

/// When an accelerator that has worked before stays silent for so long, the other one gets its chance too.
constexpr auto patience = 15s;

struct Racer {
  Accelerator accelerator;
  Clock::duration
      head_start;      ///< of the others: it starts so long after the first, or as soon as all before have failed
  std::string suffix;  ///< of its log files
};

struct Race {
  std::vector<Racer> racers;
  std::optional<AcceleratorVerdict> verdict;  ///< if it is known beforehand
};

Race plan(const MachineConfig& config, const std::string& qemu) {
  if (config.accelerator) {
    return {{{*config.accelerator, 0s, ""}}, AcceleratorVerdict{*config.accelerator, "as asked for"}};
  }
  if (const auto verdict = verdict_without_boot()) return {{{verdict->accelerator, 0s, ""}}, verdict};
  const auto remembered = remembered_verdict(qemu);
  if (!remembered) return {{{Accelerator::kvm, 0s, ".kvm"}, {Accelerator::tcg, 0s, ""}}, std::nullopt};
  if (remembered->accelerator == Accelerator::tcg) return {{{Accelerator::tcg, 0s, ""}}, remembered};
  return {{{Accelerator::kvm, 0s, ".kvm"}, {Accelerator::tcg, patience, ""}}, std::nullopt};
}

AcceleratorVerdict verdict_of(Accelerator winner) {
  return winner == Accelerator::kvm ? AcceleratorVerdict{winner, "it booted the kernel"}
                                    : AcceleratorVerdict{winner, "/dev/kvm opens but did not boot the kernel"};
}

Result<void> check_files(const MachineConfig& config) {
  if (const auto header = read_image_header(config.kernel.path); !header) return tl::unexpected(header.error());
  if (::access(config.initramfs.c_str(), R_OK) != 0) return tl::unexpected(io_error("read", config.initramfs, errno));
  if (auto ours = check_cache(); !ours) return ours;
  if (auto made = make_directories(config.directory); !made) return made;
  struct statvfs disk {};
  constexpr std::uint64_t console_needs = 1 << 20;
  if (::statvfs(config.directory.c_str(), &disk) == 0 && disk.f_blocks > 0 &&
      std::uint64_t{disk.f_bavail} * disk.f_frsize < console_needs) {
    return tl::unexpected(io_error("write", config.directory + "/console.log", ENOSPC));
  }
  return {};
}

/// Runs the race. On success the winner is the only attempt left.
Result<std::pair<BootAttempt, ChannelKind>> run(const Race& race, const MachineConfig& config,
                                                const std::string& kernel, const std::string& qemu) {
  const auto begin = Clock::now();
  const bool sandboxed = has_sandbox();
  std::vector<BootAttempt> running;
  std::size_t next = 0;
  Error failure;
  for (;;) {
    while (next < race.racers.size() && (running.empty() || Clock::now() >= begin + race.racers[next].head_start)) {
      const auto& racer = race.racers[next++];
      auto attempt = BootAttempt::start(config, kernel, qemu, racer.accelerator, racer.suffix);
      if (!attempt) return tl::unexpected(attempt.error());
      running.push_back(std::move(*attempt));
    }

    auto wake = Clock::time_point::max();
    if (next < race.racers.size()) wake = begin + race.racers[next].head_start;
    std::vector<pollfd> polls;
    for (const auto& attempt : running) {
      wake = std::min(wake, attempt.started + config.boot_deadline);
      for (const auto& event : attempt.events()) polls.push_back(event);
    }
    if (config.curfew != nullptr && config.curfew->is_over())
      return fail(Error::Kind::interrupted, "{} while a guest was booting", config.curfew->why());
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(wake - Clock::now());
    ::poll(polls.data(), polls.size(), static_cast<int>(std::clamp(left, 0ms, Curfew::glance).count()));

    for (auto& attempt : running) {
      if (const auto channel = attempt.first_word()) return std::pair{std::move(attempt), *channel};
    }
    std::erase_if(running, [&](BootAttempt& attempt) {
      const bool timed_out = Clock::now() >= attempt.started + config.boot_deadline;
      if (!timed_out && !attempt.ended()) return false;
      failure = Error{Error::Kind::infrastructure, attempt.why_not(config, timed_out)};
      return true;
    });
    if (sandboxed && !has_sandbox()) {  // that tells nothing of the accelerator: all once more, without
      running.clear();
      return run(race, config, kernel, qemu);
    }
    if (running.empty() && next == race.racers.size()) return tl::unexpected(failure);
  }
}

}  // namespace

Result<Machine> Machine::boot(const MachineConfig& config) {
  const auto qemu = find_qemu();
  if (!qemu) return tl::unexpected(qemu.error());
  if (auto checked = check_files(config); !checked) return tl::unexpected(checked.error());
  // An image we cannot unpack boots all the same, only slower.
  const auto kernel = uncompressed_image(config.kernel.path).value_or(config.kernel.path);

  const auto race = plan(config, *qemu);
  auto won = run(race, config, kernel, *qemu);
  if (!won) return tl::unexpected(won.error());
  auto& [winner, channel] = *won;
  const double seconds = std::chrono::duration<double>(Clock::now() - winner.started).count();
  const auto verdict = race.verdict.value_or(verdict_of(winner.accelerator));
  if (!race.verdict) {
    remember_verdict(verdict, *qemu);
    const auto final_name = config.directory + "/console.log";  // it is written to under its new name
    if (winner.console != final_name && std::rename(winner.console.c_str(), final_name.c_str()) == 0) {
      winner.console = final_name;
    }
  }
  return Machine(std::make_unique<State>(State{std::move(winner), *qemu, kernel, channel, line(verdict), seconds}));
}

std::uint64_t Snapshot::bytes() const {
  struct stat status {};
  return ::fstat(file.get(), &status) == 0 ? static_cast<std::uint64_t>(status.st_blocks) * 512 : 0;
}

Result<Snapshot> Machine::snapshot(const std::string& directory) {
  auto file = nameless_file(directory);
  if (!file) return tl::unexpected(file.error());
  if (auto saved = save_guest(state_->qemu.qmp, *file); !saved) return tl::unexpected(saved.error());
  return Snapshot{std::move(*file), state_->program, state_->kernel, accelerator(), channel_kind(), accelerator_line()};
}

Result<Machine> Machine::restore(const MachineConfig& config, const Snapshot& snapshot) {
  if (auto checked = check_files(config); !checked) return tl::unexpected(checked.error());
  const auto file = reopen(snapshot.file);
  if (!file) return tl::unexpected(file.error());
  auto attempt = BootAttempt::start(config, snapshot.kernel, snapshot.qemu, snapshot.accelerator, "", file->get());
  if (!attempt) return tl::unexpected(attempt.error());
  if (auto resumed = resume_restored(attempt->qmp, config.boot_deadline); !resumed) {
    if (resumed.error().kind == Error::Kind::interrupted) return tl::unexpected(resumed.error());
    const auto complaint = last_lines(attempt->logs->since(BootAttempt::of_qemu, 0), 1);
    return fail("cannot restore a machine: {}",
                complaint.empty() ? resumed.error().message : "QEMU ended: " + complaint);
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - attempt->started).count();
  return Machine(std::make_unique<State>(State{std::move(*attempt), snapshot.qemu, snapshot.kernel, snapshot.channel,
                                               snapshot.accelerator_line, seconds}));
}

Machine::Machine(std::unique_ptr<State> state) : state_(std::move(state)) {}
Machine::Machine(Machine&&) noexcept = default;
Machine& Machine::operator=(Machine&&) noexcept = default;
Machine::~Machine() = default;

int Machine::channel() const {
  return state_->channel == ChannelKind::virtio_serial ? state_->qemu.virtio.get() : state_->qemu.serial.get();
}
ChannelKind Machine::channel_kind() const {
  return state_->channel;
}
int Machine::pidfd() const {
  return state_->qemu.process.pidfd();
}
pid_t Machine::pid() const {
  return state_->qemu.process.pid();
}
bool Machine::alive() const {
  return !state_->qemu.ended();
}
Accelerator Machine::accelerator() const {
  return state_->qemu.accelerator;
}
const std::string& Machine::accelerator_line() const {
  return state_->accelerator_line;
}
double Machine::boot_seconds() const {
  return state_->boot_seconds;
}
const std::string& Machine::console_path() const {
  return state_->qemu.console;
}
std::uint64_t Machine::console_size() const {
  return state_->qemu.logs->size(BootAttempt::of_console);
}
std::string Machine::console_since(std::uint64_t position) const {
  return state_->qemu.logs->since(BootAttempt::of_console, position);
}
std::string Machine::console_tail(std::size_t lines) const {
  return last_lines(console_since(0), lines);
}

std::uint64_t Machine::resident_bytes() const {
  std::istringstream status(read_file(fmt::format("/proc/{}/status", pid())).value_or(""));
  for (std::string row; std::getline(status, row);) {
    if (row.starts_with("VmRSS:")) return std::strtoull(row.c_str() + 6, nullptr, 10) * 1024;
  }
  return 0;
}

void Machine::stop() {
  if (!alive()) return;
  if (state_->qemu.qmp.execute("quit", nlohmann::json::object(), 1s)) state_->qemu.process.wait(1s);
  kill();
}

void Machine::kill() {
  state_->qemu.process.kill();
}

bool Machine::panic_guest(std::chrono::milliseconds timeout) {
  if (!alive()) return false;
  const auto end = Clock::now() + timeout;
  if (!state_->qemu.qmp.execute("inject-nmi", nlohmann::json::object(), timeout)) return false;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
  return state_->qemu.process.wait(std::max(left, 0ms)).has_value();
}

}  // namespace mprogcheck::vm
