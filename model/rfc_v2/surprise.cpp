// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/rfc_v2/surprise.hpp"

#include <algorithm>
#include <array>

#include "model/rfc_v2/constraints.hpp"

namespace mprogcheck::model::rfc_v2 {

namespace {

enum class Code : std::uint8_t { refuses, accepts };
struct Text {
  Code code;
  std::string_view says;
};
constexpr std::array<Text, surprise_count> texts{{
#define MPROGCHECK_SURPRISE(id, kind, text) {Code::kind, text},
    MPROGCHECK_RFC_V2_SURPRISES(MPROGCHECK_SURPRISE)
#undef MPROGCHECK_SURPRISE
}};

/// The request as it would be without what the surprise is about.
Request without(Request request, std::uint32_t flags) {
  request.flags &= ~flags;
  return request;
}

bool is_incomparable(const State& state, const Request& request) {
  return (state.revision >> 31) != 0 && request.expect == Expect::now;
}

bool attach_satisfiable(const State& state, const Request& request) {
  return constraints::attach(state, request).has_value();
}
bool detach_satisfiable(const State& state, const Request& request) {
  return constraints::detach(state, request).has_value();
}
/// What the code does with a detach, by the words and the surprises.
bool detach_succeeds(const State& state, const Request& request) {
  const auto surprise = surprise_of_detach(state, request);
  return surprise ? accepts(*surprise) : detach_satisfiable(state, request);
}

/// The same, but for this entry by name.
bool succeeds_by_name(const State& state, Request request, const Entry& entry) {
  if (request.program != no_program && request.program != entry.program) return false;
  request.program = entry.program;
  return detach_succeeds(state, without(request, flag::ends));
}

bool is_ordinary(const Entry& entry) {
  return entry.ends == 0;
}

}  // namespace

std::string_view text_of(Surprise surprise) {
  return texts[static_cast<unsigned>(surprise)].says;
}

bool accepts(Surprise surprise) {
  return texts[static_cast<unsigned>(surprise)].code == Code::accepts;
}

std::optional<Surprise> surprise_of_attach(const State& state, const Request& request) {
  const bool satisfiable = attach_satisfiable(state, request);
  const bool beside_nothing = request.asks(flag::neighbour) && !request.relative.given();

  if (is_incomparable(state, request)) return satisfiable ? std::optional{Surprise::stale_for_good} : std::nullopt;
  if (request.asks(~flag::known)) {
    const Request known = without(request, ~flag::known);
    const bool succeeds = attach_satisfiable(state, known) && !surprise_of_attach(state, known);
    return succeeds ? std::optional{Surprise::unknown_flags} : std::nullopt;
  }
  if (!satisfiable || !beside_nothing) return std::nullopt;
  if (!request.asks(flag::ends))
    return request.asks_all(flag::neighbour) ? std::optional{Surprise::attach_both_ways} : std::nullopt;
  const bool first_before = (request.flags & (flag::ends | flag::neighbour)) == (flag::first | flag::before);
  if (first_before && state.empty()) return std::nullopt;
  return Surprise::end_beside_nothing;
}

std::optional<Surprise> surprise_of_detach(const State& state, const Request& request) {
  const bool satisfiable = detach_satisfiable(state, request);
  const bool program = request.program != no_program;
  const bool near = request.asks(flag::neighbour);
  const bool relative = request.relative.given();
  const bool both = request.asks_all(flag::neighbour);

  if (is_incomparable(state, request)) return satisfiable ? std::optional{Surprise::stale_for_good} : std::nullopt;
  if (request.expect == Expect::stale || request.relative.refused || request.asks(flag::replace)) return std::nullopt;

  if (near && !relative && program) return satisfiable ? std::optional{Surprise::detach_end_by_name} : std::nullopt;
  if (both && relative)
    return detach_succeeds(state, without(request, flag::after)) ? std::optional{Surprise::detach_before_wins}
                                                                 : std::nullopt;
  if (request.asks(flag::ends)) {
    if (state.empty() || satisfiable || (near && !relative)) return std::nullopt;
    if (request.asks_all(flag::ends) && state.count != 1) return std::nullopt;
    const Entry& end = request.asks(flag::first) ? state.entries().front() : state.entries().back();
    const bool held = (end.ends & request.ends()) == request.ends();
    return !held && succeeds_by_name(state, request, end) ? std::optional{Surprise::detach_end_unheld} : std::nullopt;
  }
  if (both)
    return !satisfiable && detach_succeeds(state, without(request, flag::before))
               ? std::optional{Surprise::detach_after_wins}
               : std::nullopt;
  if (near && !relative) {
    if (std::ranges::any_of(state.entries(), is_ordinary)) return std::nullopt;
    const bool before = request.asks(flag::before);
    const auto holder = std::ranges::find_if(
        state.entries(), [before](const Entry& entry) { return before ? !entry.is_first() : !entry.is_last(); });
    if (holder == state.entries().end()) return std::nullopt;
    return succeeds_by_name(state, without(request, flag::neighbour), *holder)
               ? std::optional{Surprise::detach_takes_holder}
               : std::nullopt;
  }
  if (program && !near && state.empty()) return Surprise::detach_phantom;
  return std::nullopt;
}

}  // namespace mprogcheck::model::rfc_v2
