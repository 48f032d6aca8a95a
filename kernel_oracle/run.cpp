// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_oracle/oracle.hpp"

namespace mprogcheck {

void Run::clear() {
  steps.clear();
  lists.clear();
  entries.clear();
  links.clear();
  programs.clear();
  ending = Ending::complete;
  at = 0;
  note.clear();
}

}  // namespace mprogcheck
