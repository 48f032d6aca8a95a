// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// For tests: takes the command line of vm/qemu.cpp, and is a guest that is no agent. The environment says which
// (MPROGCHECK_FAKE_DEED), and what release it says it is (MPROGCHECK_FAKE_RELEASE). It has no control socket.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "kernel_oracle/testing/stranger.hpp"

int main(int argc, char** argv) {
  constexpr std::string_view console = "file,id=console,path=";
  constexpr int channel = 10, control = 12;  // see vm/boot_attempt.cpp
  ::close(control);
  int log = -1;
  for (int n = 1; n < argc; ++n)
    if (const std::string_view word = argv[n]; word.starts_with(console))
      log = ::open(std::string(word.substr(console.size())).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  const char* const deed = std::getenv("MPROGCHECK_FAKE_DEED");
  const char* const release = std::getenv("MPROGCHECK_FAKE_RELEASE");
  if (log < 0 || deed == nullptr || release == nullptr) {
    std::fputs("this is a QEMU for tests only\n", stderr);
    return 1;
  }
  constexpr std::string_view greeting = "a stranger is here\n";
  (void)!::write(log, greeting.data(), greeting.size());
  return mprogcheck::testing::do_deed(deed, channel, log, release) ? 0 : 1;
}
