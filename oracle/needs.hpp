// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <span>
#include <string_view>

#include "base/result.hpp"
#include "model/guest_object.hpp"
#include "model/sequence.hpp"
#include "oracle/oracle.hpp"

namespace mprogcheck {

/// A feature that the operation cannot do without, and an oracle with this identity has not; empty if there is none.
std::string_view lacking_feature(const OracleIdentity& identity, const model::Operation& operation);

/// What its kernel lacks of the interface, for the model to know. No quirk: those are probed.
model::Traits traits_of(const OracleIdentity& identity);
/// The families of hooks that an oracle with this identity has not.
model::FamilySet lacking_families(const OracleIdentity& identity);

/// The guest's objects that an oracle with this identity has not.
model::GuestObjectSet lacking_objects(const OracleIdentity& identity);

/// An Error of kind skipped, that names the feature, if an oracle with this identity cannot run the operations.
Result<void> can_run(const OracleIdentity& identity, std::span<const model::Operation> operations);
/// And what the sequence declares.
Result<void> can_run(const OracleIdentity& identity, const model::Sequence& sequence);

}  // namespace mprogcheck
