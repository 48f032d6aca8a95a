// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <functional>

#include "base/result.hpp"
#include "campaign/finding/finding.hpp"
#include "campaign/fuzz/pool.hpp"

namespace mprogcheck {

struct ConfirmOptions {
  unsigned runs = 4;  ///< n
  bool cold = true;   ///< half of them on cold boots
};
/// Runs the finding's shrunk sequence n times, each time in a new guest, where only those have run that have to come
/// before it. k is how often it diverges as it did. Sets the finding's k, n and label:
/// `infrastructure` is for a guest that stopped answering, once, with nothing in its log.
Result<void> confirm(Finding& finding, Depth depth, const Pool& pool, const ConfirmOptions& options = {});

}  // namespace mprogcheck
