// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vm/boot_attempt.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "vm/cache.hpp"
#include "vm/console.hpp"
#include "vm/qemu.hpp"

namespace mprogcheck::vm {
namespace {

struct Pair {
  Fd ours, theirs;
};

Result<Pair> socket_pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return fail("cannot create a socket pair: {}", std::strerror(errno));
  }
  return Pair{Fd(ends[0]), Fd(ends[1])};
}

bool has_data(int fd) {
  char byte = 0;
  return ::recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
}

}  // namespace

Result<BootAttempt> BootAttempt::start(const MachineConfig& config, const std::string& kernel, const std::string& qemu,
                                       Accelerator accelerator, const std::string& suffix, int incoming) {
  auto virtio = socket_pair();
  auto serial = socket_pair();
  auto control = socket_pair();
  for (const auto* pair : {&virtio, &serial, &control}) {
    if (!*pair) return tl::unexpected(pair->error());
  }
  // The numbers that these get in QEMU.
  constexpr int virtio_fd = 10, serial_fd = 11, qmp_fd = 12, incoming_fd = 13, console_fd = 14;
  QemuGuest guest;
  guest.kernel = kernel;
  guest.initramfs = config.initramfs;
  guest.command_line = std::string(platform().kernel_command_line);
  if (!config.command_line.empty()) guest.command_line += " " + config.command_line;
  guest.console = fmt::format("/proc/self/fd/{}", console_fd);
  guest.memory_mib = config.memory_mib;
  guest.virtio_fd = virtio_fd;
  guest.serial_fd = serial_fd;
  guest.qmp_fd = qmp_fd;
  if (incoming >= 0) guest.incoming_fd = incoming_fd;

  // Not to the files themselves: QEMU would write to them as long as a guest has something to say.
  const auto console = fmt::format("{}/console{}.log", config.directory, suffix);
  const auto log = fmt::format("{}/qemu{}.log", config.directory, suffix);
  auto logs = LogReader::start({console, log});
  if (!logs) return tl::unexpected(logs.error());
  const Fd to_console = (*logs)->take_end(of_console), to_log = (*logs)->take_end(of_qemu);

  Process::Options options;
  options.command = qemu_command(qemu, guest, accelerator);
  options.unprivileged = true;
  options.inherit = {{virtio->theirs.get(), virtio_fd}, {serial->theirs.get(), serial_fd},
                     {control->theirs.get(), qmp_fd},   {to_console.get(), console_fd},
                     {to_log.get(), STDOUT_FILENO},     {to_log.get(), STDERR_FILENO}};
  if (incoming >= 0) options.inherit.emplace_back(incoming, incoming_fd);
  const auto started = Clock::now();
  auto process = Process::start(options);
  if (!process) return tl::unexpected(process.error());
  return BootAttempt{std::move(*logs),
                     std::move(*process),
                     std::move(virtio->ours),
                     std::move(serial->ours),
                     Qmp(std::move(control->ours), config.curfew),
                     accelerator,
                     console,
                     log,
                     started};
}

std::array<pollfd, 3> BootAttempt::events() const {
  return {pollfd{virtio.get(), POLLIN, 0}, pollfd{serial.get(), POLLIN, 0}, pollfd{process.pidfd(), POLLIN, 0}};
}

std::optional<ChannelKind> BootAttempt::first_word() const {
  if (has_data(virtio.get())) return ChannelKind::virtio_serial;
  if (has_data(serial.get())) return ChannelKind::second_serial;
  return std::nullopt;
}

std::string BootAttempt::why_not(const MachineConfig& config, bool timed_out) {
  const auto& kernel = config.kernel.release.empty() ? config.kernel.path : config.kernel.release;
  const auto said = logs->since(of_console, 0);
  const auto text = last_lines(said, 400);
  const auto last = last_lines(said, 1);
  const auto complaint = last_lines(logs->since(of_qemu, 0), 1);
  if (const auto reason = panic_reason(text); !reason.empty()) {
    return fmt::format("the kernel {} panicked at boot: {} (see {})", kernel, reason, console);
  }
  if (timed_out) {
    const auto seconds = std::chrono::duration<double>(Clock::now() - started).count();
    return fmt::format("the kernel {} did not answer within {:.0f} s of {}; its console {} (see {})", kernel, seconds,
                       name(accelerator), last.empty() ? "is empty" : "ends with \"" + last + "\"", console);
  }
  const auto status = process.wait(std::chrono::milliseconds(0));
  if (is_ended_by_sandbox(complaint, status)) do_without_sandbox();
  if (!complaint.empty()) return fmt::format("QEMU ended: {} (see {})", complaint, log);
  return fmt::format("the kernel {} ended before it answered (QEMU's exit code {}); its console {} (see {})", kernel,
                     status ? status->code : 0, last.empty() ? "is empty" : "ends with \"" + last + "\"", console);
}

}  // namespace mprogcheck::vm
