// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <optional>

#include "model/operation.hpp"
#include "model/ordered_list.hpp"
#include "model/rule.hpp"

/// The rules of the ordered list (kernel/bpf/mprog.c), for every hook that uses it.
///
/// Every directive of a request names one slot of the list:
///
///     slot    -1   0    1   …   n-1   n
///                  [e0] [e1] …  [en-1]
///
///     replace P, or the program of a detach    the slot of P
///     before R                                 the slot in front of R; without R: -1
///     after R                                  the slot behind R; without R: n
///
/// All directives of a request must name the same slot. Then
///     attach    goes in between: behind the slot if it was named by before, else in front of it;
///     replace   overwrites the entry in the slot;
///     detach    removes the entry in the slot; of -1 the first, of n the last.
/// Without any directive, an attach goes to the end and a detach takes the last; but then no flag and no relative may
/// be given.
namespace mprogcheck::model {
class World;
struct Verdict;
}  // namespace mprogcheck::model

namespace mprogcheck::model::mprog {

/// What relative_fd or relative_id turned out to denote.
struct Relative {
  std::optional<Rule> refused{};      ///< it could not be resolved, by this rule
  ProgramIndex program = no_program;  ///< no_program: none given
  LinkIndex link = no_link;           ///< set if a link was given: then only its own entry matches
  [[nodiscard]] bool given() const { return program != no_program; }
};

/// What is asked of a list, with everything resolved. `entry` is what shall be there, or go; for a detach its program
/// may be no_program. `old_program` counts only if the flags say REPLACE.
struct Request {
  Entry entry;
  std::uint32_t flags = 0;
  Relative relative;
  ProgramIndex old_program = no_program;
  std::uint64_t expected_revision = 0;
};

/// The rule that decided and, if that is success, the index concerned.
struct Decision {
  Rule rule;
  int position = 0;
};

/// bpf_mprog_attach(). Success is Rule::attach_done (insert at position) or Rule::replace_done (overwrite position).
Decision attach(const OrderedList& list, const Request& request);
/// bpf_mprog_detach(). Success is Rule::detach_done (remove at position).
Decision detach(const OrderedList& list, const Request& request);

/// What is asked of a list by one of its links.
struct UpdateRequest {
  ProgramIndex held = no_program;     ///< by the link
  ProgramIndex program = no_program;  ///< that it is to hold
  bool mismatch = false;              ///< an old program is given, and it is not the link's
  bool other_type = false;            ///< the new program has another type than the link's
};
/// BPF_LINK_UPDATE, which replaces by bpf_mprog_attach(). Success is Rule::update_done or Rule::update_same.
Rule update(const OrderedList& list, const UpdateRequest& request);

// The calls that come to such a list, whole.
Verdict attach(const World& world, const Attach& call);
Verdict detach(const World& world, const Detach& call);
Verdict create_link(const World& world, const CreateLink& call);
Rule query(const World& world, const Query& call, std::uint8_t at);
Rule update(const World& world, std::uint8_t at, const UpdateRequest& request);

}  // namespace mprogcheck::model::mprog
