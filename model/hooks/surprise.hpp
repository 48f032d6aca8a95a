// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "model/hooks/mprog.hpp"

namespace mprogcheck::model {

/// Where the released rules (mprog.hpp) and the words of the interface (constraints.hpp) part. Each is what a user of
/// the API stumbles over.
// clang-format off
#define MPROGCHECK_SURPRISES(SURPRISE)                                                                                           \
  SURPRISE(detach_before_first,   "detach before the first removes the first itself")                                            \
  SURPRISE(detach_after_last,     "detach after the last removes the last itself")                                               \
  SURPRISE(detach_end_by_name,    "a program given together with before or after nothing is refused, even the first or the last") \
  SURPRISE(detach_only_both_ways, "detach before and after nothing is refused, though the only entry is both first and last")   \
  SURPRISE(attach_first_and_last, "attach before and after nothing is refused, even on an empty list")                           \
  SURPRISE(replace_end,           "replace together with before or after nothing is refused, even of the first or the last")     \
  SURPRISE(replace_self,          "a program cannot replace itself")                                                             \
  SURPRISE(replace_ignores,       "replace without before or after looks the relative up, and then ignores it and the flags ID and LINK") \
  SURPRISE(detach_ignores,        "detach of a program given looks a relative up, and then ignores it and the flags ID and LINK") \
  SURPRISE(unknown_flags,         "link creation takes unknown flags as long as a directive is given")
// clang-format on

enum class Surprise : std::uint8_t {
#define MPROGCHECK_SURPRISE(id, text) id,
  MPROGCHECK_SURPRISES(MPROGCHECK_SURPRISE)
#undef MPROGCHECK_SURPRISE
};
inline constexpr unsigned surprise_count = 0
#define MPROGCHECK_SURPRISE(id, text) +1
    MPROGCHECK_SURPRISES(MPROGCHECK_SURPRISE)
#undef MPROGCHECK_SURPRISE
    ;
std::string_view text_of(Surprise surprise);

/// The surprise that a request meets on a list, if it meets one: decided from the request, not from the two results.
std::optional<Surprise> surprise_of_attach(const OrderedList& list, const mprog::Request& request);
std::optional<Surprise> surprise_of_detach(const OrderedList& list, const mprog::Request& request);

}  // namespace mprogcheck::model
