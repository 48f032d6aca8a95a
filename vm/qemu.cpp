// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vm/qemu.hpp"

#include <array>
#include <atomic>
#include <csignal>

#include "vm/program.hpp"

namespace mprogcheck::vm {
namespace {

// What shortens the way to /init, as the processor time of QEMU relative to the stock 6.12 bzImage on `pc` (QEMU 7.2,
// TCG).
//
// clang-format off
//   uncompressed vmlinux, entered by PVH   0.75   taken (uncompressed_image)
//   ... and cryptomgr.notests              0.69   taken
//   ... and pci=noacpi or acpi=off         0.6    not: no IO-APIC then, and the clock is calibrated badly on a busy host
//   q35, qboot, tb-size, -cpu max, tcg,thread=single, mitigations=off, tsc=reliable, lsm=, quiet: no difference
//   microvm: never boots, the clock cannot be calibrated
//   guest memory: no difference; 96 MiB are enough for stock kernels, one with KASAN wants more
// clang-format on
constexpr std::array<Platform, 1> platforms{{
    {
        .architecture = "x86_64",
        .program = "qemu-system-x86_64",
        .package = "qemu-system-x86",
        .machine = "pc",
        .tcg = "tcg,tb-size=128",  // bounds what QEMU's translations occupy; smaller or larger, it boots as fast
        // Without cmpxchg16b: QEMU 7.2 leaves garbage in the flags after one, so that an interrupt right behind it
        // pushes (and its iret pops) a random EFLAGS. The kernel's kmalloc is full of them: 1 boot in 20 crashed, none
        // since.
        .tcg_cpu = "qemu64,-cx16",
        .virtio_serial = "virtio-serial-pci",
        // loglevel=5 puts warnings on the console (`quiet` would hide every WARN), but not the boot messages.
        // Not nosmp, which one vCPU does not need: it takes MSI away, and 6.1 answers that with a WARN and a taint.
        // unknown_nmi_panic: Machine::panic_guest.
        // no_timer_check: the kernel counts on so many ticks in a while, which a busy host does not always give QEMU,
        // and panics with "IO-APIC + timer doesn't work!".
        .kernel_command_line = "console=ttyS0 loglevel=5 panic=-1 rcupdate.rcu_expedited=1 cryptomgr.notests "
                               "no_timer_check unknown_nmi_panic",
    },
}};

#if defined(__x86_64__)
constexpr std::string_view architecture = "x86_64";
#elif defined(__aarch64__)
constexpr std::string_view architecture = "aarch64";
#else
constexpr std::string_view architecture = "unknown";
#endif

/// QEMU splits option values at commas; a doubled one stands for itself.
std::string escaped(std::string_view value) {
  std::string text;
  for (const char c : value) text.append(c == ',' ? 2 : 1, c);
  return text;
}

std::atomic<bool> sandbox{true};

}  // namespace

const Platform& platform() {
  for (const auto& row : platforms) {
    if (row.architecture == architecture) return row;
  }
  return platforms.front();  // emulates x86-64 where there is no row yet
}

Result<std::string> find_qemu() {
  if (auto path = find_program(platform().program)) return *path;
  return fail("{} is not here: install the package {}", platform().program, platform().package);
}

bool is_ended_by_sandbox(std::string_view last_line, const std::optional<ExitStatus>& status) {
  return last_line.find("sandbox") != last_line.npos || last_line.find("seccomp") != last_line.npos ||
         (status && status->code == 128 + SIGSYS);
}

void do_without_sandbox(bool without) {
  sandbox = !without;
}

bool has_sandbox() {
  return sandbox;
}

std::vector<std::string> qemu_command(const std::string& program, const QemuGuest& guest, Accelerator accelerator) {
  const auto socket = [](std::string_view id, int fd) { return fmt::format("socket,id={},fd={}", id, fd); };
  const auto& row = platform();
  const bool kvm = accelerator == Accelerator::kvm;
  std::vector<std::string> command{
      program,
      "-nodefaults",
      "-no-user-config",
      "-no-reboot",
      "-display",
      "none",
      "-machine",
      std::string(row.machine),
      "-accel",
      kvm ? "kvm" : std::string(row.tcg),
      "-cpu",
      kvm ? "host" : std::string(row.tcg_cpu),
      "-smp",
      "1",
      "-m",
      std::to_string(guest.memory_mib),
      "-kernel",
      guest.kernel,
      "-initrd",
      guest.initramfs,
      "-append",
      guest.command_line,
      "-chardev",
      "file,id=console,path=" + escaped(guest.console),
      "-serial",
      "chardev:console",
      "-chardev",
      socket("second", guest.serial_fd),
      "-serial",
      "chardev:second",
      "-chardev",
      socket("agent", guest.virtio_fd),
      "-device",
      std::string(row.virtio_serial),
      "-device",
      "virtserialport,chardev=agent,name=agent",
      "-chardev",
      socket("qmp", guest.qmp_fd),
      "-mon",
      "chardev=qmp,mode=control",
  };
  if (has_sandbox()) {
    command.emplace_back("-sandbox");
    command.emplace_back("on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
  }
  if (guest.incoming_fd >= 0) {
    command.emplace_back("-incoming");
    command.push_back(fmt::format("fd:{}", guest.incoming_fd));
  }
  return command;
}

}  // namespace mprogcheck::vm
