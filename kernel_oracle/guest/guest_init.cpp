// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/guest/guest_init.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace mprogcheck::guest {

namespace {

struct Mount {
  const char* type;
  const char* path;
  bool wanted;  ///< its absence is worth a complaint
  const char* options = nullptr;
};
/// Pins are root's: a caller without capabilities finds none there.
constexpr const char* pins_options = "mode=0700";
constexpr Mount mounts[] = {
    {"devtmpfs", "/dev", true}, {"proc", "/proc", true},
    {"sysfs", "/sys", true},    {"bpf", "/sys/fs/bpf", false, pins_options},
    {"tmpfs", "/tmp", false},
};

}  // namespace

std::string read_text(const char* path) {
  std::string text;
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return text;
  char chunk[4096];
  ssize_t got;
  while ((got = ::read(fd, chunk, sizeof chunk)) > 0) text.append(chunk, static_cast<std::size_t>(got));
  ::close(fd);
  return text;
}

namespace {

int load_module(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  const int result = ::syscall(SYS_finit_module, fd, "", 0) < 0 ? -errno : 0;
  ::close(fd);
  return result == -EEXIST ? 0 : result;
}

/// /modules/load: one file name a line, in load order.
std::string load_modules() {
  std::string complaints;
  const std::string list = read_text("/modules/load");
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t end = std::min(list.find('\n', at), list.size());
    std::string name = list.substr(at, end - at);
    at = end + 1;
    if (name.empty()) continue;
    if (name[0] != '/') name.insert(0, "/modules/");
    if (const int error = load_module(name); error < 0) complaints += name + ": " + std::strerror(-error) + "; ";
  }
  return complaints;
}

bool has_virtio_device() {
  DIR* const directory = ::opendir("/sys/bus/virtio/devices");
  if (directory == nullptr) return false;
  bool found = false;
  while (const dirent* const entry = ::readdir(directory)) found = found || entry->d_name[0] != '.';
  ::closedir(directory);
  return found;
}

}  // namespace

void pin_low_fds() {
  const int null = ::open("/dev/null", O_RDWR);
  for (int fd = 0; fd <= 2; ++fd)
    if (null >= 0 && fd != null) ::dup2(null, fd);
  if (null > 2) ::close(null);
}

std::string prepare_guest() {
  std::string complaints;
  ::mkdir("/dev", 0755);
  ::mkdir("/proc", 0755);
  ::mkdir("/sys", 0755);
  ::mkdir("/tmp", 0755);
  for (const Mount& mount : mounts)
    if (::mount(mount.type, mount.path, mount.type, 0, mount.options) < 0 && errno != EBUSY && mount.wanted)
      complaints += std::string("cannot mount ") + mount.path + ": " + std::strerror(errno) + "; ";
  // A caller without capabilities loads nothing: what most kernels come with, and what the model says of all.
  if (const int fd = ::open("/proc/sys/kernel/unprivileged_bpf_disabled", O_WRONLY | O_CLOEXEC); fd >= 0) {
    [[maybe_unused]] const auto written = ::write(fd, "2\n", 2);  // refused where it is 1: off for good
    ::close(fd);
  }
  // A kernel without one of these lacks a feature, and no more.
  for (const char* const module : {"/modules/sch_ingress.ko", "/modules/veth.ko"}) load_module(module);
  return complaints + load_modules();
}

void mount_pins() {
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0)
    ::mount("bpf", "/sys/fs/bpf", "bpf", 0, pins_options);
}

int open_channel() {
  // The port is announced by the host over the device's control queue, so it may come a little after the device.
  constexpr unsigned wait_ms = 3000;
  for (unsigned ms = 0; ms < wait_ms; ++ms) {
    const int fd = ::open("/dev/vport0p1", O_RDWR | O_CLOEXEC);
    if (fd >= 0) return fd;
    if (!has_virtio_device()) break;
    ::usleep(1000);
  }
  const int fd = ::open("/dev/ttyS1", O_RDWR | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return -errno;
  termios settings{};
  if (::tcgetattr(fd, &settings) < 0) {
    const int error = errno;  // the node of a port that the machine does not have
    ::close(fd);
    return -error;
  }
  ::cfmakeraw(&settings);
  ::cfsetspeed(&settings, B115200);
  ::tcsetattr(fd, TCSANOW, &settings);
  return fd;
}

void power_off() {
  ::reboot(RB_POWER_OFF);
  ::_exit(0);  // of init: the kernel panics, and QEMU ends all the same
}

}  // namespace mprogcheck::guest
