// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "oracle/oracle.hpp"

#include <algorithm>

namespace mprogcheck {

bool OracleIdentity::has(std::string_view feature) const {
  return std::find(features.begin(), features.end(), feature) != features.end();
}

void Run::clear() {
  steps.clear();
  lists.clear();
  entries.clear();
  links.clear();
  programs.clear();
  ran.clear();
  trials.clear();
  trial_errnos.clear();
  ending = Ending::complete;
  at = 0;
  note.clear();
  miscounted = false;
  unchecked = 0;
  counts = false;
  counted = false;
}

}  // namespace mprogcheck
