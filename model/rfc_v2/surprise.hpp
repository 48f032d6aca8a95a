// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "model/rfc_v2/mprog.hpp"

namespace mprogcheck::model::rfc_v2 {

/// Where the design as it was posted (rfc_v2_mprog.hpp) and its words (rfc_v2_constraints.hpp) part. `refuses`: the
/// words allow it, the code does not; `accepts`: the other way round.
// clang-format off
#define MPROGCHECK_RFC_V2_SURPRISES(SURPRISE)                                                                                             \
  SURPRISE(attach_both_ways,    refuses, "attach before and after nothing is refused, even where nothing ordinary is in the list")        \
  SURPRISE(end_beside_nothing,  refuses, "FIRST or LAST with BEFORE or AFTER nothing is refused where it says what is so anyway; but FIRST before nothing on an empty list") \
  SURPRISE(unknown_flags,       accepts, "link creation takes unknown flags")                                                             \
  SURPRISE(stale_for_good,      refuses, "from revision 2^31 on every expectation is stale, the right one too")                           \
  SURPRISE(detach_end_unheld,   accepts, "detach first takes what is first, and detach last what is last, whether it holds the place or not") \
  SURPRISE(detach_takes_holder, accepts, "detach before or after nothing takes the holder of the other place if nothing ordinary is left") \
  SURPRISE(detach_end_by_name,  refuses, "a program given together with before or after nothing is refused, even the right one")          \
  SURPRISE(detach_after_wins,   accepts, "detach before and after nothing takes the last ordinary entry: BEFORE is ignored")              \
  SURPRISE(detach_before_wins,  accepts, "detach before and after a relative takes what is before it: AFTER is ignored")                  \
  SURPRISE(detach_phantom,      accepts, "detach of a program from an empty list whose entry object is kept is a success, and moves the revision")
// clang-format on

enum class Surprise : std::uint8_t {
#define MPROGCHECK_SURPRISE(id, kind, text) id,
  MPROGCHECK_RFC_V2_SURPRISES(MPROGCHECK_SURPRISE)
#undef MPROGCHECK_SURPRISE
};
inline constexpr unsigned surprise_count = 0
#define MPROGCHECK_SURPRISE(id, kind, text) +1
    MPROGCHECK_RFC_V2_SURPRISES(MPROGCHECK_SURPRISE)
#undef MPROGCHECK_SURPRISE
    ;
std::string_view text_of(Surprise surprise);
/// The code allows what the words do not.
bool accepts(Surprise surprise);

/// The surprise that a request meets, if it meets one: decided from the request, not from the two results.
std::optional<Surprise> surprise_of_attach(const State& state, const Request& request);
std::optional<Surprise> surprise_of_detach(const State& state, const Request& request);

}  // namespace mprogcheck::model::rfc_v2
