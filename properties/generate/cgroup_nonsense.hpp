// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <functional>
#include <optional>

#include "model/operation.hpp"
#include "properties/generate/random.hpp"

namespace mprogcheck::properties {

/// One field of an operation at a cgroup becomes something that is wrong most of the time. `elsewhere`: a hook of a
/// cgroup that does not exist; `any_name`: a name in use.
void spoil_at_cgroup(RandomStream& random, model::Operation& operation, const std::optional<model::Site>& elsewhere,
                     const std::function<model::Name()>& any_name);

}  // namespace mprogcheck::properties
