// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/hooks/surprise.hpp"

#include <array>

#include "model/hooks/constraints.hpp"
#include "model/operation.hpp"

namespace mprogcheck::model {

namespace {

constexpr std::array<std::string_view, surprise_count> texts{
#define MPROGCHECK_SURPRISE(id, text) text,
    MPROGCHECK_SURPRISES(MPROGCHECK_SURPRISE)
#undef MPROGCHECK_SURPRISE
};

constexpr std::uint32_t neighbour = flag::before | flag::after;
constexpr std::uint32_t lookup = flag::id | flag::link;
constexpr std::uint32_t words = flag::replace | neighbour | lookup;

/// The request as it would be without what the surprise is about.
mprog::Request without(mprog::Request request, std::uint32_t flags) {
  request.flags &= ~flags;
  return request;
}

mprog::Request without_relative(mprog::Request request) {
  request.flags &= ~lookup;
  request.relative = {};
  return request;
}

bool has_idle_lookup(const mprog::Request& request) {
  return !request.relative.refused && (request.relative.given() || (request.flags & lookup) != 0) &&
         (request.flags & neighbour) == 0;
}

}  // namespace

std::string_view text_of(Surprise surprise) {
  return texts[static_cast<unsigned>(surprise)];
}

std::optional<Surprise> surprise_of_attach(const OrderedList& list, const mprog::Request& request) {
  const auto satisfiable = [&list](const mprog::Request& other) {
    return constraints::attach(list, other).has_value();
  };
  const bool replace = (request.flags & flag::replace) != 0;
  const bool near = (request.flags & neighbour) != 0;
  const bool both = (request.flags & neighbour) == neighbour;

  if (!replace && both && !request.relative.given() && list.empty() && satisfiable(request))
    return Surprise::attach_first_and_last;
  if (replace && request.old_program == request.entry.program && satisfiable(request)) return Surprise::replace_self;
  if (replace && near && !request.relative.given() && satisfiable(request)) return Surprise::replace_end;
  if (replace && request.old_program != request.entry.program && has_idle_lookup(request) &&
      satisfiable(without_relative(request)))
    return Surprise::replace_ignores;
  if (!replace && near && (request.flags & ~words) != 0 && satisfiable(without(request, ~words)) &&
      !surprise_of_attach(list, without(request, ~words)))
    return Surprise::unknown_flags;
  return std::nullopt;
}

std::optional<Surprise> surprise_of_detach(const OrderedList& list, const mprog::Request& request) {
  const auto satisfiable = [&list](const mprog::Request& other) {
    return constraints::detach(list, other).has_value();
  };
  const bool program = request.entry.program != no_program;
  const bool both = (request.flags & neighbour) == neighbour;
  const bool one = (request.flags & neighbour) != 0 && !both;

  if (program && (request.flags & neighbour) != 0 && !request.relative.given() && satisfiable(request))
    return Surprise::detach_end_by_name;
  if (!program && both && !request.relative.given() && satisfiable(request)) return Surprise::detach_only_both_ways;
  if (program && has_idle_lookup(request) && satisfiable(without_relative(request))) return Surprise::detach_ignores;

  // Before the first, or after the last: what is removed is the relative itself, as if it had been asked for by name.
  if (program || !one || !request.relative.given() || list.empty()) return std::nullopt;
  const bool before = (request.flags & flag::before) != 0;
  const Entry& end = before ? list.entries().front() : list.entries().back();
  const bool is_end = end.program == request.relative.program &&
                      (request.relative.link == no_link || request.relative.link == end.link);
  mprog::Request by_name = without_relative(without(request, neighbour));
  by_name.entry.program = end.program;
  if (!is_end || !satisfiable(by_name)) return std::nullopt;
  return before ? Surprise::detach_before_first : Surprise::detach_after_last;
}

}  // namespace mprogcheck::model
