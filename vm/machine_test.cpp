// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "vm/machine.hpp"
#include "base/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/testing/scratch.hpp"
#include "vm/cache.hpp"
#include "vm/initramfs.hpp"
#include "vm/qemu.hpp"
#include "vm/testing/stock_kernel.hpp"

namespace mprogcheck::vm {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

/// A kernel in the cache, a directory of its own and a guest that echoes.
class MachineTest : public ::testing::Test {
 protected:
  void SetUp() override { use(testing::stock_kernel()); }
  void use(const std::string& spec) {
    const auto kernel = find_kernel(spec);
    if (!kernel) GTEST_SKIP() << kernel.error().message;
    config_.kernel = *kernel;
    config_.directory = directory_;
    config_.initramfs = directory_ + "/initramfs.cpio";
    const auto written = write_initramfs({VM_TEST_INIT, kernel->modules, {}}, config_.initramfs);
    ASSERT_TRUE(written) << written.error().message;
  }
  std::string boot_error() {
    const auto machine = Machine::boot(config_);
    return machine ? "no error" : machine.error().message;
  }

  testing::Scratch scratch_;
  std::string directory_ = scratch_.path();
  MachineConfig config_;
};

std::string read_exactly(int fd, std::size_t size) {
  std::string text;
  while (text.size() < size) {
    pollfd poll{fd, POLLIN, 0};
    if (::poll(&poll, 1, 60'000) != 1) break;
    char buffer[4096];
    const auto got = ::recv(fd, buffer, std::min(sizeof buffer, size - text.size()), 0);
    if (got <= 0) break;
    text.append(buffer, static_cast<std::size_t>(got));
  }
  return text;
}

void expect_echo(Machine& machine) {
  EXPECT_EQ(read_exactly(machine.channel(), 6), "hello\n");
  std::string sent;  // every byte there is: a terminal in between would change some
  for (int i = 0; i < 4096; ++i) sent += static_cast<char>(i);
  ASSERT_EQ(::send(machine.channel(), sent.data(), sent.size(), MSG_NOSIGNAL), static_cast<ssize_t>(sent.size()));
  EXPECT_EQ(read_exactly(machine.channel(), sent.size()), sent);
}

TEST_F(MachineTest, boots_with_a_qemu_that_has_no_sandbox) {
  const auto qemu = find_qemu();
  ASSERT_TRUE(qemu) << qemu.error().message;
  const auto program = scratch_.file("bin/" + std::string(platform().program));
  ASSERT_TRUE(
      write_file(program, fmt::format("#!/bin/sh\ncase \" $* \" in *\" -sandbox \"*) echo '-sandbox support is not "
                                      "enabled in this QEMU binary' >&2; exit 1;; esac\nexec {} \"$@\"\n",
                                      *qemu)));
  std::filesystem::permissions(program, std::filesystem::perms{0755});
  const testing::Environment path("PATH", scratch_.file("bin") + ":" + ::getenv("PATH"));
  EXPECT_TRUE(has_sandbox());
  auto machine = Machine::boot(config_);
  ASSERT_TRUE(machine) << machine.error().message;
  EXPECT_FALSE(has_sandbox());
  do_without_sandbox(false);
  expect_echo(*machine);
}

TEST_F(MachineTest, is_in_a_sandbox_and_without_roots_powers) {
  auto machine = Machine::boot(config_);
  ASSERT_TRUE(machine) << machine.error().message;
  if (!has_sandbox()) GTEST_SKIP() << "this QEMU has no sandbox";
  const auto status = read_file(fmt::format("/proc/{}/status", machine->pid())).value();
  EXPECT_THAT(status, HasSubstr("Seccomp:\t2"));
  EXPECT_THAT(status, HasSubstr("NoNewPrivs:\t1"));
}

TEST_F(MachineTest, a_cache_that_others_could_change_is_refused) {
  std::filesystem::create_directory(scratch_.file("cache"));
  std::filesystem::permissions(scratch_.file("cache"), std::filesystem::perms{0777});
  const testing::Environment cache("MPROGCHECK_CACHE", scratch_.file("cache"));
  EXPECT_THAT(boot_error(), HasSubstr("every user may write to it"));
}

TEST_F(MachineTest, boots_and_talks_over_virtio) {
  auto machine = Machine::boot(config_);
  ASSERT_TRUE(machine) << machine.error().message;
  EXPECT_EQ(machine->channel_kind(), ChannelKind::virtio_serial);
  expect_echo(*machine);
  EXPECT_TRUE(machine->alive());
  EXPECT_GT(machine->resident_bytes(), 10u << 20);
  EXPECT_THAT(machine->accelerator_line(), HasSubstr("accelerator: "));
  EXPECT_THAT(machine->console_tail(100), HasSubstr("the test guest says hello on its console"));
  EXPECT_EQ(machine->console_path(), directory_ + "/console.log");
  RecordProperty("boot_seconds", std::to_string(machine->boot_seconds()));

  const pid_t pid = machine->pid();
  machine->stop();
  EXPECT_FALSE(machine->alive());
  EXPECT_EQ(::kill(pid, 0), -1) << "ended and reaped";
  EXPECT_EQ(read_exactly(machine->channel(), 1), "") << "end of file";
  EXPECT_EQ(machine->resident_bytes(), 0u);
}

TEST_F(MachineTest, talks_over_the_second_serial_port_where_the_guest_prefers_it) {
  config_.command_line = "test=serial";
  auto machine = Machine::boot(config_);
  ASSERT_TRUE(machine) << machine.error().message;
  EXPECT_EQ(machine->channel_kind(), ChannelKind::second_serial);
  expect_echo(*machine);
}

void expect_echo_of(Machine& machine, const std::string& text) {
  ASSERT_EQ(::send(machine.channel(), text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  EXPECT_EQ(read_exactly(machine.channel(), text.size()), text);
}

/// The names in a directory.
std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    names.push_back(entry.path().filename().string());
  }
  return names;
}

class SnapshotTest : public MachineTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(SnapshotTest, many_machines_are_restored_from_one_snapshot) {
  config_.command_line = GetParam();
  auto first = Machine::boot(config_);
  ASSERT_TRUE(first) << first.error().message;
  expect_echo(*first);
  const auto begin = std::chrono::steady_clock::now();
  auto snapshot = first->snapshot(directory_);
  ASSERT_TRUE(snapshot) << snapshot.error().message;
  const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  EXPECT_THAT(names_in(directory_), ::testing::Each(Not(HasSubstr("snapshot"))));
  EXPECT_GT(snapshot->bytes(), 1u << 20);
  expect_echo_of(*first, "the one that was saved runs on");
  ::kill(first->pid(), SIGKILL);

  std::vector<double> times;
  std::vector<Machine> several;
  for (int i = 0; i < 20; ++i) {
    config_.directory = fmt::format("{}/restored{}", directory_, i);
    auto machine = Machine::restore(config_, *snapshot);
    ASSERT_TRUE(machine) << machine.error().message;
    EXPECT_EQ(machine->channel_kind(), first->channel_kind());
    EXPECT_EQ(machine->accelerator_line(), first->accelerator_line());
    expect_echo_of(*machine, fmt::format("this is {}", i));
    times.push_back(machine->boot_seconds());
    if (i % 8 == 0) several.push_back(std::move(*machine));  // the others end here
  }
  for (auto& machine : several) expect_echo_of(machine, "all at once");
  std::sort(times.begin(), times.end());
  fmt::print("booted in {:.2f} s, saved {} MB in {:.2f} s, restored in {:.2f} to {:.2f} s, median {:.2f} s\n",
             first->boot_seconds(), snapshot->bytes() / 1'000'000, seconds, times.front(), times.back(), times[10]);
}

INSTANTIATE_TEST_SUITE_P(channels, SnapshotTest, ::testing::Values("test=echo", "test=serial"),
                         [](const auto& mode) { return std::string(mode.param).substr(5); });

TEST_F(MachineTest, a_snapshot_that_is_no_snapshot_is_an_error) {
  Snapshot snapshot;
  snapshot.qemu = find_qemu().value();
  snapshot.kernel = config_.kernel.path;
  const auto path = directory_ + "/garbage";
  ASSERT_TRUE(write_file(path, std::string(100'000, 'x')));
  snapshot.file = Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const auto machine = Machine::restore(config_, snapshot);
  ASSERT_FALSE(machine);
  EXPECT_THAT(machine.error().message, HasSubstr("cannot restore a machine: QEMU ended: "));
}

TEST_F(MachineTest, a_guest_that_crashed_is_restored_as_it_was_before) {
  auto machine = Machine::boot(config_);
  ASSERT_TRUE(machine) << machine.error().message;
  expect_echo(*machine);
  const auto snapshot = machine->snapshot(directory_);
  ASSERT_TRUE(snapshot) << snapshot.error().message;
  for (int i = 0; i < 3; ++i) {
    expect_echo_of(*machine, "alive");
    ASSERT_EQ(::send(machine->channel(), "panic\n", 6, MSG_NOSIGNAL), 6);
    EXPECT_EQ(read_exactly(machine->channel(), 1), "") << "end of file";
    EXPECT_THAT(machine->console_tail(100), HasSubstr("sysrq triggered crash"));
    config_.directory = fmt::format("{}/after{}", directory_, i);
    machine = Machine::restore(config_, *snapshot);
    ASSERT_TRUE(machine) << machine.error().message;
    EXPECT_EQ(machine->console_tail(100), "") << "what an earlier machine said is not its own";
  }
  expect_echo_of(*machine, "alive");
}

TEST_F(MachineTest, a_snapshot_that_does_not_fit_on_the_disk_is_an_error_and_the_guest_runs_on) {
  auto machine = Machine::boot(config_);
  ASSERT_TRUE(machine) << machine.error().message;
  expect_echo(*machine);
  EXPECT_THAT(machine->snapshot(directory_ + "/nowhere").error().message, HasSubstr("No such file"));
  expect_echo_of(*machine, "with nowhere to write to");

  const auto small = directory_ + "/small";
  ASSERT_TRUE(make_directories(small));
  if (::mount("tmpfs", small.c_str(), "tmpfs", 0, "size=4m") != 0) GTEST_SKIP() << "only root can make a small disk";
  const auto snapshot = machine->snapshot(small);
  EXPECT_EQ(::umount2(small.c_str(), MNT_DETACH), 0);
  ASSERT_FALSE(snapshot);
  EXPECT_THAT(snapshot.error().message, HasSubstr("cannot write a snapshot"));
  expect_echo_of(*machine, "with a full disk");
  const auto again = machine->snapshot(directory_);
  EXPECT_TRUE(again) << "it can be tried again, but: " << again.error().message;
}

TEST_F(MachineTest, a_snapshot_of_a_machine_that_is_gone_is_an_error) {
  auto machine = Machine::boot(config_);
  ASSERT_TRUE(machine) << machine.error().message;
  machine->kill();
  EXPECT_FALSE(machine->alive());
  EXPECT_FALSE(machine->snapshot(directory_));
}

/// The same on other kernels, where they have been fetched: one whose virtio is modules, and the newest.
class OtherKernelTest : public MachineTest, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override { use(std::string("debian:") + GetParam()); }
};

TEST_P(OtherKernelTest, boots_and_talks_over_virtio) {
  auto machine = Machine::boot(config_);
  ASSERT_TRUE(machine) << machine.error().message;
  EXPECT_EQ(machine->channel_kind(), ChannelKind::virtio_serial);
  expect_echo(*machine);
}

INSTANTIATE_TEST_SUITE_P(suites, OtherKernelTest, ::testing::Values("bookworm", "sid", "experimental"),
                         [](const auto& suite) { return std::string(suite.param); });

TEST_F(MachineTest, boots_an_image_that_cannot_be_unpacked_beforehand) {
  // As when the payload's compression is unknown here: QEMU boots the bzImage itself.
  const testing::Environment cache("MPROGCHECK_CACHE", "/dev/null/nowhere");
  config_.accelerator = Accelerator::tcg;
  auto machine = Machine::boot(config_);
  ASSERT_TRUE(machine) << machine.error().message;
  expect_echo(*machine);
}

TEST_F(MachineTest, qemu_that_refuses_to_start_is_quoted) {
  config_.accelerator = Accelerator::tcg;
  config_.memory_mib = 1u << 30;
  EXPECT_THAT(boot_error(), HasSubstr("QEMU ended: "));
}

TEST_F(MachineTest, remembers_the_accelerator_that_booted) {
  const auto first = Machine::boot(config_);
  ASSERT_TRUE(first) << first.error().message;
  const auto second = Machine::boot(config_);
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(first->accelerator_line(), second->accelerator_line());
}

TEST_F(MachineTest, a_guest_whose_init_ends_has_panicked) {
  config_.accelerator = Accelerator::tcg;
  config_.command_line = "test=exit";
  EXPECT_THAT(boot_error(), HasSubstr("panicked at boot: Attempted to kill init!"));
  EXPECT_THAT(read_file(directory_ + "/console.log").value(), HasSubstr("Kernel panic")) << "the console is kept";
}

TEST_F(MachineTest, a_guest_that_crashes_has_panicked) {
  config_.accelerator = Accelerator::tcg;
  config_.command_line = "test=panic";
  EXPECT_THAT(boot_error(), HasSubstr("panicked at boot: sysrq triggered crash"));
}

TEST_F(MachineTest, a_guest_that_says_nothing_is_given_up_on) {
  config_.accelerator = Accelerator::tcg;
  config_.command_line = "test=silent";
  config_.boot_deadline = 6s;
  EXPECT_THAT(boot_error(), HasSubstr("did not answer within"));
}

TEST_F(MachineTest, ends_with_the_process_that_started_it_even_if_that_is_killed) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t parent = ::fork();
  if (parent == 0) {
    auto machine = Machine::boot(config_);
    const pid_t qemu = machine ? machine->pid() : -1;
    (void)!::write(ends[1], &qemu, sizeof qemu);
    ::pause();
    ::_exit(0);
  }
  pid_t qemu = -1;
  ASSERT_EQ(::read(ends[0], &qemu, sizeof qemu), static_cast<ssize_t>(sizeof qemu));
  ASSERT_GT(qemu, 0);
  const Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, qemu, 0)));
  ASSERT_TRUE(pidfd);
  ::kill(parent, SIGKILL);
  ASSERT_EQ(::waitpid(parent, nullptr, 0), parent);
  pollfd poll{pidfd.get(), POLLIN, 0};
  EXPECT_EQ(::poll(&poll, 1, 60'000), 1) << "QEMU is gone";
  for (const int fd : ends) ::close(fd);
}

TEST_F(MachineTest, a_missing_initramfs_is_named) {
  config_.initramfs = directory_ + "/nothing";
  EXPECT_THAT(boot_error(), HasSubstr("/nothing: No such file"));
}

TEST_F(MachineTest, a_truncated_image_is_named) {
  const auto whole = read_file(config_.kernel.path).value();
  config_.kernel.path = directory_ + "/vmlinuz";
  ASSERT_TRUE(write_file(config_.kernel.path, whole.substr(0, whole.size() / 2)));
  EXPECT_THAT(boot_error(), HasSubstr("is truncated"));
}

TEST_F(MachineTest, too_little_memory_is_told_by_qemu_or_the_kernel) {
  config_.accelerator = Accelerator::tcg;
  config_.memory_mib = 8;
  config_.boot_deadline = 6s;
  EXPECT_THAT(boot_error(), Not(HasSubstr("no error")));
}

TEST_F(MachineTest, no_qemu_names_the_package) {
  const testing::Environment path("PATH", directory_);
  EXPECT_THAT(boot_error(), HasSubstr("install the package qemu-system-x86"));
}

}  // namespace
}  // namespace mprogcheck::vm
