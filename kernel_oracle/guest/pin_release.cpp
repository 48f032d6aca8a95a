// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/guest/pin_release.hpp"

#include <bpf/bpf.h>
#include <unistd.h>

#include "kernel_oracle/guest/bpf_world.h"
#include "kernel_oracle/guest/clock.hpp"

namespace mprogcheck::guest {

namespace {

constexpr const char* path = "/sys/fs/bpf/mpc_release";
constexpr std::uint64_t patience_ns = 2'000'000'000;

/// Pins a program of its own, which nothing else holds, and takes the pin away. Its id; 0 if that cannot be done.
std::uint32_t let_a_program_go() {
  const int fd = mpc_load_program(0, 0);
  if (fd < 0) return 0;
  struct bpf_prog_info info = {};
  std::uint32_t length = sizeof info;
  mpc_unlink(path);
  const bool pinned = bpf_prog_get_info_by_fd(fd, &info, &length) == 0 && mpc_pin(path, fd) == 0;
  ::close(fd);
  return pinned && mpc_unlink(path) == 0 ? info.id : 0;
}

bool is_gone(std::uint32_t id) {
  const int fd = bpf_prog_get_fd_by_id(id);
  if (fd >= 0) ::close(fd);
  return fd < 0;
}

}  // namespace

void PinRelease::probe() {
  const std::uint32_t id = let_a_program_go();
  can_pin_ = id != 0;
  late_ = can_pin_ && !is_gone(id);
  if (late_) await(patience_ns, [id] { return is_gone(id); });
}

/// RCU calls back in the order in which it was asked to: what was unlinked before has been let go of when this has.
void PinRelease::settle() const {
  if (!late_) return;
  const std::uint32_t id = let_a_program_go();
  if (id != 0) await(patience_ns, [id] { return is_gone(id); });
}

}  // namespace mprogcheck::guest
