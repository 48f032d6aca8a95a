// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/vm_oracle.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "base/text.hpp"
#include "kernel_oracle/agent_path.hpp"
#include "kernel_oracle/crash_report.hpp"
#include "oracle/needs.hpp"
#include "vm/image.hpp"
#include "vm/initramfs.hpp"

namespace mprogcheck {

namespace {

constexpr std::size_t kept_console_lines = 200;
/// So long a hung guest may take to say where it hangs.
constexpr std::chrono::milliseconds panic_deadline{2000};

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// The modules behind the features "qdisc" and "veth", where they are such. The agent does without them.
std::vector<std::pair<std::string, std::string>> extra_files(const vm::KernelImage& kernel) {
  std::vector<std::pair<std::string, std::string>> files;
  for (const std::string& module : kernel.extra_modules)
    for (const std::string_view wanted : {"sch_ingress.ko", "veth.ko"})
      if (module.ends_with(wanted)) files.emplace_back("/modules/" + std::string(wanted), module);
  return files;
}

}  // namespace

struct VmOracle::Guest {
  vm::Machine machine;
  AgentConnection connection;
  std::uint64_t console_begin = 0;  ///< what the console said before is the boot's
};

VmOracle::VmOracle(VmOracleConfig config) : config_(std::move(config)) {}

VmOracle::~VmOracle() {
  if (guest_) guest_->connection.bye();
  guest_.reset();
  std::error_code ignored;
  if (own_directory_) std::filesystem::remove_all(config_.directory, ignored);
}

Result<std::unique_ptr<VmOracle>> VmOracle::start(const VmOracleConfig& config) {
  std::unique_ptr<VmOracle> oracle(new VmOracle(config));
  VmOracleConfig& settings = oracle->config_;
  if (settings.agent.empty()) {
    auto agent = find_agent();
    if (!agent) return tl::unexpected(agent.error());
    settings.agent = std::move(*agent);
  }
  if (auto made = oracle->make_directory(); !made) return tl::unexpected(made.error());
  oracle->initramfs_ = settings.directory + "/initramfs.cpio";
  if (auto written = vm::write_initramfs(
          {.init = settings.agent, .modules = settings.kernel.modules, .files = extra_files(settings.kernel)},
          oracle->initramfs_);
      !written)
    return tl::unexpected(written.error());
  if (auto booted = oracle->boot(); !booted) return tl::unexpected(booted.error());
  return oracle;
}

Result<std::unique_ptr<VmOracle>> VmOracle::sibling(const std::string& directory) const {
  VmOracleConfig config = config_;
  config.directory = directory;
  std::unique_ptr<VmOracle> oracle(new VmOracle(std::move(config)));
  if (auto made = oracle->make_directory(); !made) return tl::unexpected(made.error());
  oracle->initramfs_ = initramfs_;
  oracle->snapshot_ = snapshot_;
  oracle->snapshot_trouble_ = snapshot_trouble_;
  oracle->boot_seconds_ = boot_seconds_;
  oracle->devices_ = devices_;
  oracle->identity_ = identity_;
  oracle->accelerator_line_ = accelerator_line_;
  if (auto connection = oracle->agent(); !connection) return tl::unexpected(connection.error());
  return oracle;
}

Result<void> VmOracle::make_directory() {
  std::error_code error;
  if (config_.directory.empty()) {
    auto pattern = (std::filesystem::temp_directory_path(error) / "mprogcheck-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) return fail("cannot create a folder like {}", pattern);
    config_.directory = pattern;
    own_directory_ = true;
  }
  std::filesystem::create_directories(config_.directory, error);
  return {};
}

vm::MachineConfig VmOracle::next_machine() const {
  vm::MachineConfig machine;
  machine.kernel = config_.kernel;
  machine.initramfs = initramfs_;
  const unsigned folder = machines_ == 0 ? 0 : 1 + (machines_ - 1) % (folders_kept - 1);
  machine.directory = fmt::format("{}/vm{}", config_.directory, folder);
  machine.memory_mib = config_.memory_mib;
  machine.accelerator = config_.accelerator;
  machine.boot_deadline = config_.boot_deadline;
  machine.command_line = config_.command_line;
  machine.curfew = config_.curfew;
  return machine;
}

void VmOracle::adopt(vm::Machine machine) {
  const int socket = machine.channel();
  guest_ = std::make_unique<Guest>(
      Guest{std::move(machine),
            AgentConnection(socket, config_.answer_deadline, identity_.has(feature_refcnt), config_.curfew), 0});
  console_path_ = guest_->machine.console_path();
}

Result<void> VmOracle::boot() {
  if (auto booted = boot_once(); !booted || !config_.snapshots) return booted;
  take_snapshot();
  // Whatever became of it, no job is to be blamed for a guest that did not survive it.
  if (auto probed = guest_->connection.probe(); !probed) {
    guest_.reset();
    if (probed.error().kind == Error::Kind::interrupted) return tl::unexpected(probed.error());
    do_without_snapshots(fmt::format("after a snapshot, {}", probed.error().message));
    return boot_once();
  }
  guest_->console_begin = guest_->machine.console_size();
  return {};
}

void VmOracle::take_snapshot() {
  const auto begin = std::chrono::steady_clock::now();
  auto snapshot = guest_->machine.snapshot(config_.directory);
  if (!snapshot) return do_without_snapshots(snapshot.error().message);
  snapshot_ = std::make_shared<const vm::Snapshot>(std::move(*snapshot));
  snapshot_seconds_ = seconds_since(begin);
}

void VmOracle::do_without_snapshots(std::string why) {
  snapshot_.reset();
  snapshot_seconds_ = 0;
  config_.snapshots = false;
  snapshot_trouble_ = std::move(why);
}

Result<void> VmOracle::restore() {
  const auto begin = std::chrono::steady_clock::now();
  const auto config = next_machine();
  ++machines_;
  auto machine = vm::Machine::restore(config, *snapshot_);
  if (!machine) return tl::unexpected(machine.error());
  adopt(std::move(*machine));
  // It introduced itself when it was booted, and now waits to be asked.
  if (auto probed = guest_->connection.probe(); !probed) {
    guest_.reset();
    return fail(probed.error().kind, "a restored machine does not work: {}", probed.error().message);
  }
  guest_->console_begin = guest_->machine.console_size();
  ++restores_;
  restore_seconds_ = seconds_since(begin);
  return {};
}

Result<void> VmOracle::boot_once() {
  auto image = vm::image_digest(config_.kernel.path);
  if (!image) return tl::unexpected(image.error());
  if (!identity_.image.empty() && *image != identity_.image)
    return fail(
        "{}: expected the kernel image that was booted first ({}), found another one in its place ({}); do not "
        "build a kernel where one is being checked",
        config_.kernel.path, identity_.image, *image);
  const auto config = next_machine();
  ++machines_;
  ++boots_;
  auto machine = vm::Machine::boot(config);
  if (!machine) return tl::unexpected(machine.error());
  boot_seconds_ = machine->boot_seconds();
  adopt(std::move(*machine));
  // The time to boot counts on until it has introduced itself.
  const std::chrono::duration<double> booting(boot_seconds_);
  auto hello =
      guest_->connection.hello(config_.boot_deadline - std::chrono::duration_cast<std::chrono::milliseconds>(booting));
  if (!hello) {
    guest_.reset();
    return fail(hello.error().kind, "{} (console: {})", hello.error().message, console_path_);
  }
  if (auto right = is_the_image(hello->release); !right) {
    guest_.reset();
    return right;
  }
  guest_->console_begin = guest_->machine.console_size();
  identity_ = {.source = config_.kernel.source,
               .release = hello->release,
               .accelerator = std::string(vm::name(guest_->machine.accelerator())),
               .features = hello->features,
               .image = std::move(*image)};
  accelerator_line_ = guest_->machine.accelerator_line();
  devices_ = hello->devices;
  if (!hello->has("tcx")) {
    guest_.reset();
    return fail(Error::Kind::skipped, "kernel {} has no tcx: it came with Linux 6.6", hello->release);
  }
  if (!hello->complaints.empty()) {
    guest_.reset();
    return fail("the guest cannot be trusted: {}", hello->complaints);
  }
  return {};
}

/// What was booted is what the image says it is: not what somebody put in its place, here or in a cache.
Result<void> VmOracle::is_the_image(const std::string& release) const {
  const auto& expected = config_.kernel.release;
  if (expected.empty() || release == printable_line(expected, AgentHello::release_length)) return {};
  return fail("{}: expected the release that the image says, {}, found that the guest runs {}; build or fetch it anew",
              config_.kernel.path, printable_line(expected), release);
}

Result<AgentConnection*> VmOracle::agent() {
  const Curfew* const curfew = config_.curfew;
  if (!guest_ && curfew != nullptr && curfew->is_over())
    return fail(Error::Kind::interrupted, "{} before the next guest was started", curfew->why());
  if (!guest_ && snapshot_)
    if (auto restored = restore(); !restored) {
      if (restored.error().kind == Error::Kind::interrupted) return tl::unexpected(restored.error());
      do_without_snapshots(restored.error().message);
    }
  if (!guest_)
    if (auto booted = boot(); !booted) return tl::unexpected(booted.error());
  return &guest_->connection;
}

CrashReport VmOracle::discard(Run::Ending why) {
  if (!guest_) return {};
  const auto& times = guest_->connection.times();
  past_times_.waiting += times.waiting;
  past_times_.encoding += times.encoding;
  past_times_.decoding += times.decoding;
  const std::uint64_t console_begin = guest_->console_begin;
  auto report = read_crash(guest_->machine.console_since(console_begin));
  if (why == Run::Ending::hung && guest_->machine.panic_guest(panic_deadline)) {
    // What hung is told by whom the panic met; that it was made to panic is no news.
    const auto panic = read_crash(guest_->machine.console_since(console_begin));
    if (!report.job) report.job = panic.job, report.step = panic.step;
  }
  guest_->machine.kill();
  last_console_ = guest_->machine.console_tail(kept_console_lines);
  if (why != Run::Ending::hung) report = read_crash(guest_->machine.console_since(console_begin));
  guest_.reset();
  return report;
}

Result<void> VmOracle::run(std::span<const Job> jobs, RunSink& sink) {
  for (const Job& job : jobs)
    if (job.sequence.declarations.devices >> devices_ != 0)
      return fail(Error::Kind::usage, "the sequence declares more devices than the guest has: d0 to d{}", devices_ - 1);
  for (const Job& job : jobs)
    if (auto able = can_run(identity_, job.sequence); !able) return able;
  if (auto able = trial_needs_.can_try(identity_, jobs); !able) return able;
  return run_supervised(*this, jobs, sink);
}

std::string VmOracle::console_tail(std::size_t lines) const {
  return guest_ ? guest_->machine.console_tail(lines) : last_console_;
}

Result<wire::Bench> VmOracle::bench(std::span<const Job> jobs) {
  auto connection = agent();
  if (!connection) return tl::unexpected(connection.error());
  auto bench = (*connection)->bench(jobs);
  if (!bench) discard(Run::Ending::lost);
  return bench;
}

Result<void> VmOracle::renew(Start how) {
  discard(Run::Ending::unclean);
  if (how == Start::cold) return boot_once();
  if (auto connection = agent(); !connection) return tl::unexpected(connection.error());
  return {};
}

std::uint64_t VmOracle::guest_bytes() const {
  return guest_ ? guest_->machine.resident_bytes() : 0;
}
pid_t VmOracle::qemu_pid() const {
  return guest_ ? guest_->machine.pid() : -1;
}

AgentConnection::Times VmOracle::times() const {
  auto times = past_times_;
  if (guest_) {
    times.waiting += guest_->connection.times().waiting;
    times.encoding += guest_->connection.times().encoding;
    times.decoding += guest_->connection.times().decoding;
  }
  return times;
}

}  // namespace mprogcheck
