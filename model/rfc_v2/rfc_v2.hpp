// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <optional>

#include "model/rfc_v2/mprog.hpp"
#include "model/rfc_v2/operation.hpp"
#include "model/rfc_v2/rule.hpp"
#include "model/rfc_v2/state.hpp"

/// The dialect rfc_v2: what every call of the design does, in every state. The reason for each rule, and where the
/// design differs from what was released, is in docs/rfc_v2.md.
///
/// Not modelled, because it is undefined or not an outcome: an entry object that is freed below a clsact without
/// filters, static keys that a REPLACE takes and nothing gives back, a relative link without a program (struct_ops),
/// and what a query leaves unwritten.
namespace mprogcheck::model::rfc_v2 {

/// What an operation changes.
struct Edit {
  enum class What : std::uint8_t {
    nothing,        ///< the list stays, and so does the revision
    insert,         ///< `entry` at `position`
    overwrite,      ///< `entry` at `position`
    remove,         ///< what is at `position`
    only_revision,  ///< the list stays and the revision moves
  };
  What what = What::nothing;
  std::uint8_t position = 0;
  Entry entry{};
  LinkIndex link = no_link;  ///< no_link: no link changes
  Link becomes{};
  [[nodiscard]] bool changes() const { return what != What::nothing || link != no_link; }
};

struct Verdict {
  Rule rule;
  Edit edit{};
  [[nodiscard]] Outcome outcome() const { return outcome_of(rule); }
};

/// Total: every operation has exactly one verdict in every state. A refusal has an empty edit.
Verdict predict(const State& state, const Operation& operation);
void commit(State& state, const Edit& edit);
/// The state after an operation.
State apply(State state, const Operation& operation);

/// What attach, detach and link_create ask of the list, once program, device and descriptors are found to be in order.
/// Nothing for the other calls, and where a check before the list refuses.
std::optional<Request> request_of(const State& state, const Operation& operation);

}  // namespace mprogcheck::model::rfc_v2
