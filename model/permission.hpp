// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <optional>

#include "model/operation.hpp"
#include "model/rule.hpp"
#include "model/world.hpp"

namespace mprogcheck::model {

/// Why a caller without capabilities may not make the call, if that decides its outcome. Who holds the fds of a program
/// and a link may attach, replace, update and detach them: tcx asks for no capability beyond that. What reaches objects
/// that nobody handed over (by position, by id, by asking what is there) does ask for one (kernel/bpf/syscall.c:
/// bpf_prog_query, bpf_prog_detach, bpf_prog_get_fd_by_id, bpf_link_get_fd_by_id, bpf_prog_load).
std::optional<Rule> refused_without_capability(const Operation& operation);

/// What a caller without capabilities is told of a call that is not refused so: `verdict`, which is root's, up to the
/// check that asks for one.
Verdict without_capability(const World& world, const Operation& operation, const Verdict& verdict);

/// The rule refuses for want of a capability, or of the file system's leave.
bool is_of_permission(Rule rule);

/// It begins after an id that is larger than any can be.
inline bool is_beyond_ids(const NextId& call) {
  return !call.id.named && call.id.value >= 0x7fff'ffff;
}

}  // namespace mprogcheck::model
