// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/agent_path.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace mprogcheck {

Result<std::string> find_agent() {
  const char* const named = std::getenv("MPROGCHECK_AGENT");
  if (named != nullptr && *named != '\0') {
    if (::access(named, X_OK) == 0) return named;
    return fail("MPROGCHECK_AGENT: expected the path of the agent's executable, found {}", named);
  }
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  const auto beside = (self.parent_path() / "mprogcheck-agent").string();
  if (!error && ::access(beside.c_str(), X_OK) == 0) return beside;
  return fail("no agent at {}: build the target mprogcheck-agent, or set MPROGCHECK_AGENT", beside);
}

}  // namespace mprogcheck
