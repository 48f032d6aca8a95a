// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/guest/accident.hpp"

#include <bpf/bpf.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "kernel_oracle/guest/bpf_world.h"
#include "kernel_oracle/guest/programs.hpp"

namespace mprogcheck::guest {

namespace {

void sysrq(const char* key) {
  mpc_write_file("/proc/sysrq-trigger", key);
}

/// A line of the kernel's own in its log, with a word of our choice: user space may not write there in its name, but
/// an option that a file system does not know is quoted (fs/fs_context.c: vfs_parse_fs_param, logfc).
void make_kernel_log(const std::string& word) {
  ::mount("none", "/tmp", "tmpfs", 0, word.c_str());
}

/// By a file of its own: a dup would share the one that is there.
void hold_once_more(int program) {
  struct bpf_prog_info info = {};
  std::uint32_t length = sizeof info;
  if (bpf_prog_get_info_by_fd(program, &info, &length) == 0) out_of_the_way(bpf_prog_get_fd_by_id(info.id));
}

[[noreturn]] void sleep_forever() {
  for (;;) ::pause();
}

}  // namespace

bool has_word(std::string_view command_line, std::string_view word) {
  while (!command_line.empty()) {
    const auto end = std::min(command_line.find_first_of(" \n"), command_line.size());
    if (command_line.substr(0, end) == word) return true;
    command_line.remove_prefix(std::min(end + 1, command_line.size()));
  }
  return false;
}

void have(Accident accident, Channel& channel) {
  switch (accident) {
    case Accident::none:
      return;
    case Accident::panic:
      return sysrq("c");
    case Accident::reset:
      return sysrq("b");
    case Accident::agent_crash: {
      volatile std::uint32_t* volatile nowhere = nullptr;
      *nowhere = 1;  // NOLINT(clang-analyzer-core.NullDereference): it is what was asked for
      return;
    }
    case Accident::agent_exit:
      ::_exit(3);
    case Accident::agent_loop:
      for (static volatile bool done = false; !done;) {
      }
      return;
    case Accident::agent_sleep:
      sleep_forever();
    case Accident::defect_line:
      return make_kernel_log("BUG: asked for by a test");
    case Accident::log_flood:
      for (unsigned line = 0; line < 3000; ++line) make_kernel_log("another_line");
      if (::fork() != 0) return;
      for (;;) make_kernel_log("another_line");
    case Accident::taint:
      mpc_write_file("/proc/sys/kernel/tainted", "64");  // TAINT_USER
      return;
    case Accident::slowness:
      ::usleep(2000);
      return;
    case Accident::leak:
      out_of_the_way(mpc_load_program(0, 0));
      return;
    case Accident::hold:
      hold_once_more(fd_of_slot(model::Name::pool(0).slot));
      return;
    case Accident::rubbish:
    case Accident::half_a_frame: {
      wire::Buffer bytes;
      wire::begin_frame(bytes, wire::FrameType::runs);
      if (accident == Accident::rubbish)
        bytes.set32(0, 0x646e6148);
      else
        bytes.set32(8, 1000);
      channel.send(bytes);
      if (accident == Accident::half_a_frame) sleep_forever();
      return;
    }
  }
}

}  // namespace mprogcheck::guest
