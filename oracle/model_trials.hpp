// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include "oracle/model_oracle.hpp"
#include "oracle/oracle.hpp"

namespace mprogcheck {

/// Tries operations in a world that may misbehave, as the guest does in its kernel, and appends to the run what was
/// seen. False if one changed something, or ended the run: nothing may follow. `misbehaviour`: null if it is honest.
bool try_in_world(model::World& world, Misbehaviour* misbehaviour, const Alphabet& alphabet, const Trials& trials,
                  Run& run);

/// World::commit() relies on every attached link having its entry.
void detach_links_without_entry(model::World& world);

}  // namespace mprogcheck
