// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <string_view>

#include "model/outcome.hpp"

namespace mprogcheck::model::rfc_v2 {

/// The rule of the design that decided an operation's outcome: identifier, name in reports, outcome, what it says.
// clang-format off
#define MPROGCHECK_RFC_V2_RULES(RULE)                                                                                                          \
  /* the fd and flag checks of the calls (the series' kernel/bpf/syscall.c and kernel/bpf/tcx.c) */                                            \
  RULE(attach_unknown_flag,      "rfc_v2.prog_attach.unknown_flag",      einval,  "only REPLACE, BEFORE, AFTER, FIRST, LAST, ID and LINK mean something") \
  RULE(attach_program_closed,    "rfc_v2.prog_attach.program_closed",    ebadf,   "the program's fd is not open")                              \
  RULE(attach_not_a_program,     "rfc_v2.prog_attach.not_a_program",     einval,  "the fd is not a program of the hook's type")                \
  RULE(attach_no_device,         "rfc_v2.prog_attach.no_device",         enodev,  "no such interface")                                         \
  RULE(detach_unknown_flag,      "rfc_v2.prog_detach.unknown_flag",      einval,  "only REPLACE, BEFORE, AFTER, FIRST, LAST, ID and LINK mean something") \
  RULE(detach_program_closed,    "rfc_v2.prog_detach.program_closed",    ebadf,   "a positive fd is given and it is not open; 0 and negative ones are no program") \
  RULE(detach_not_a_program,     "rfc_v2.prog_detach.not_a_program",     einval,  "a positive fd is given and it is not a program of the hook's type") \
  RULE(detach_no_device,         "rfc_v2.prog_detach.no_device",         enodev,  "no such interface")                                         \
  RULE(detach_no_entry,          "rfc_v2.tcx.detach.no_entry",           enoent,  "nothing is attached and no qdisc keeps the entry object: decided before the revision") \
  RULE(link_program_closed,      "rfc_v2.link_create.program_closed",    ebadf,   "the program's fd is not open")                              \
  RULE(link_not_a_program,       "rfc_v2.link_create.not_a_program",     einval,  "the fd is not a program, or its type is not the hook's")    \
  RULE(link_no_device,           "rfc_v2.link_create.no_device",         einval,  "no such interface")                                         \
  RULE(link_no_descriptor,       "rfc_v2.link_create.no_descriptor",     emfile,  "the process may hold no further descriptor: decided before the list is looked at") \
  /* the revision and the relative */                                                                                                          \
  RULE(stale,                    "rfc_v2.stale",                         estale,  "expected_revision is neither 0 nor the revision")           \
  RULE(stale_for_good,           "rfc_v2.stale.for_good",                estale,  "the revision has reached 2^31: it is compared with its sign, and nothing equals it") \
  RULE(relative_idle,            "rfc_v2.relative.idle",                 einval,  "a relative, ID or LINK is given, and nothing that refers to it") \
  RULE(relative_id_gone,         "rfc_v2.relative.id_gone",              enoent,  "ID, and no such object: id 0 included")                     \
  RULE(relative_closed,          "rfc_v2.relative.closed",               ebadf,   "the relative's fd is not open")                             \
  RULE(relative_kind,            "rfc_v2.relative.kind",                 einval,  "the relative's fd is not of the kind that LINK, or its absence, asks for") \
  RULE(relative_type,            "rfc_v2.relative.type",                 einval,  "the relative's program has another type")                   \
  /* attach with REPLACE */                                                                                                                    \
  RULE(replace_mixed,            "rfc_v2.replace.mixed",                 einval,  "REPLACE goes with neither BEFORE, AFTER nor LINK")          \
  RULE(replace_exists,           "rfc_v2.replace.exists",                eexist,  "the new program is in the list already, and is not the one to replace") \
  RULE(replace_absent,           "rfc_v2.replace.absent",                enoent,  "what is to be replaced is not in the list, or was not named") \
  RULE(replace_owner,            "rfc_v2.replace.owner",                 ebusy,   "the entry belongs to another owner")                        \
  RULE(replace_not_first,        "rfc_v2.replace.not_first",             eacces,  "FIRST is claimed by an entry that is not the first")        \
  RULE(replace_not_last,         "rfc_v2.replace.not_last",              eacces,  "LAST is claimed by an entry that is not the last")          \
  RULE(replace_done,             "rfc_v2.replace",                       success, "the entry is overwritten in place, and holds what it held") \
  RULE(replace_override,         "rfc_v2.replace.override",              success, "the entry is overwritten in place, and FIRST and LAST are as asked: claimed, or given up") \
  /* attach with FIRST or LAST */                                                                                                              \
  RULE(end_exists,               "rfc_v2.end.exists",                    eexist,  "the program is in the list already: decided before all else that is asked of an end") \
  RULE(first_after,              "rfc_v2.first.after",                   einval,  "FIRST goes not with AFTER")                                 \
  RULE(first_taken,              "rfc_v2.first.taken",                   ebusy,   "the first place is held")                                   \
  RULE(first_not_before,         "rfc_v2.first.not_before",              ebusy,   "FIRST and BEFORE: the relative must be what is first now, or nothing if nothing is") \
  RULE(first_done,               "rfc_v2.first",                         success, "inserted in front of all, and holds the first place")       \
  RULE(both_before,              "rfc_v2.both.before",                   einval,  "FIRST and LAST go not with BEFORE")                         \
  RULE(both_not_alone,           "rfc_v2.both.not_alone",                ebusy,   "FIRST and LAST, and the list is not empty")                 \
  RULE(both_done,                "rfc_v2.both",                          success, "the only entry, which holds both places")                   \
  RULE(last_before,              "rfc_v2.last.before",                   einval,  "LAST goes not with BEFORE")                                 \
  RULE(last_taken,               "rfc_v2.last.taken",                    ebusy,   "the last place is held")                                    \
  RULE(last_not_after,           "rfc_v2.last.not_after",                ebusy,   "LAST and AFTER: the relative must be what is last now")     \
  RULE(last_done,                "rfc_v2.last",                          success, "inserted behind all, and holds the last place")             \
  RULE(end_full,                 "rfc_v2.end.full",                      enospc,  "the list is full: decided after all else that is asked of an end") \
  /* attach without them */                                                                                                                    \
  RULE(attach_full,              "rfc_v2.attach.full",                   enospc,  "the list is full: decided before all else")                 \
  RULE(attach_both_ways,         "rfc_v2.attach.both_ways",              einval,  "BEFORE goes not with AFTER")                                \
  RULE(attach_exists,            "rfc_v2.attach.exists",                 eexist,  "the program is in the list already, whoever attached it")   \
  RULE(attach_no_room,           "rfc_v2.attach.no_room",                ebusy,   "the only entry holds both places: nothing fits beside it")  \
  RULE(attach_absent,            "rfc_v2.attach.relative_absent",        enoent,  "the relative is not in the list")                           \
  RULE(attach_before_first,      "rfc_v2.attach.before_first",           ebusy,   "nothing goes in front of what holds the first place")       \
  RULE(attach_after_last,        "rfc_v2.attach.after_last",             ebusy,   "nothing goes behind what holds the last place")             \
  RULE(attach_done,              "rfc_v2.attach",                        success, "inserted where BEFORE or AFTER says, or at the end of what holds no place") \
  /* detach */                                                                                                                                 \
  RULE(detach_replace,           "rfc_v2.detach.replace",                einval,  "REPLACE means nothing to a detach")                         \
  RULE(detach_not_first,         "rfc_v2.detach.not_first",              enoent,  "FIRST, and the program given is not the first")             \
  RULE(detach_not_last,          "rfc_v2.detach.not_last",               enoent,  "LAST, and what is to go is not the last")                   \
  RULE(detach_end_by_name,       "rfc_v2.detach.end_by_name",            einval,  "before or after nothing, and a program is given, or found by FIRST or LAST") \
  RULE(detach_relative_absent,   "rfc_v2.detach.relative_absent",        enoent,  "the relative is not in the list")                           \
  RULE(detach_no_neighbour,      "rfc_v2.detach.no_neighbour",           enoent,  "nothing is before, or after, the relative")                 \
  RULE(detach_not_neighbour,     "rfc_v2.detach.not_neighbour",          enoent,  "what is to go is not the relative's neighbour")             \
  RULE(detach_nothing_named,     "rfc_v2.detach.nothing_named",          enoent,  "nothing says what is to go, or nothing is there that it says") \
  RULE(detach_absent,            "rfc_v2.detach.absent",                 enoent,  "the program is not in the list")                            \
  RULE(detach_owner,             "rfc_v2.detach.owner",                  ebusy,   "the entry belongs to a link")                               \
  RULE(detach_phantom,           "rfc_v2.detach.phantom",                success, "the list is empty and its entry object is kept: nothing goes, and the revision moves") \
  RULE(detach_done,              "rfc_v2.detach",                        success, "the entry is removed")                                      \
  /* links */                                                                                                                                  \
  RULE(update_unknown_flag,      "rfc_v2.link_update.unknown_flag",      einval,  "only REPLACE means something")                              \
  RULE(update_link_closed,       "rfc_v2.link_update.link_closed",       ebadf,   "the link's fd is not open")                                 \
  RULE(update_not_a_link,        "rfc_v2.link_update.not_a_link",        einval,  "the fd is not a link")                                      \
  RULE(update_program_closed,    "rfc_v2.link_update.program_closed",    ebadf,   "the new program's fd is not open")                          \
  RULE(update_not_a_program,     "rfc_v2.link_update.not_a_program",     einval,  "the new program's fd is not a program")                     \
  RULE(update_old_closed,        "rfc_v2.link_update.old_closed",        ebadf,   "REPLACE, and the old program's fd is not open")             \
  RULE(update_old_not_a_program, "rfc_v2.link_update.old_not_a_program", einval,  "REPLACE, and the old program's fd is not a program")        \
  RULE(update_old_without_flag,  "rfc_v2.link_update.old_without_flag",  einval,  "an old program is given without REPLACE")                   \
  RULE(update_no_operation,      "rfc_v2.link_update.no_operation",      einval,  "links of its type cannot be updated")                       \
  RULE(update_detached,          "rfc_v2.link_update.detached",          enolink, "the link is detached")                                      \
  RULE(update_old_mismatch,      "rfc_v2.link_update.old_mismatch",      eperm,   "the old program given is not the link's")                   \
  RULE(update_same,              "rfc_v2.link_update.same",              success, "the link holds that program already: nothing moves, not even the revision") \
  RULE(update_type,              "rfc_v2.link_update.type",              einval,  "the new program has another type")                          \
  RULE(update_exists,            "rfc_v2.link_update.exists",            eexist,  "the new program is in the list already")                    \
  RULE(update_stuck,             "rfc_v2.link_update.stuck",             eacces,  "the entry does not stand where its link's FIRST or LAST says") \
  RULE(update_done,              "rfc_v2.link_update",                   success, "the link's entry holds the new program, in place, and keeps FIRST and LAST") \
  RULE(detach_link_closed,       "rfc_v2.link_detach.link_closed",       ebadf,   "the link's fd is not open")                                 \
  RULE(detach_link_not_a_link,   "rfc_v2.link_detach.not_a_link",        einval,  "the fd is not a link")                                      \
  RULE(detach_link_no_operation, "rfc_v2.link_detach.no_operation",      eopnotsupp, "links of its type cannot be detached")                   \
  RULE(detach_link_again,        "rfc_v2.link_detach.again",             success, "the link is detached already: nothing happens")             \
  RULE(detach_link_done,         "rfc_v2.link_detach",                   success, "the entry is removed; the link stays")                      \
  RULE(close_closed,             "rfc_v2.close.closed",                  ebadf,   "the fd is not open")                                        \
  RULE(close_other,              "rfc_v2.close.other",                   success, "no link of the hook: the list stays")                       \
  RULE(close_done,               "rfc_v2.close",                         success, "the last close of a link removes its entry")                \
  RULE(release_stuck,            "rfc_v2.release.stuck",                 success, "the entry does not stand where its link's FIRST or LAST says: it stays, and the call says nothing")
// clang-format on

enum class Rule : std::uint8_t {
#define MPROGCHECK_RULE(id, name, outcome, text) id,
  MPROGCHECK_RFC_V2_RULES(MPROGCHECK_RULE)
#undef MPROGCHECK_RULE
};

inline constexpr unsigned rule_count = 0
#define MPROGCHECK_RULE(id, name, outcome, text) +1
    MPROGCHECK_RFC_V2_RULES(MPROGCHECK_RULE)
#undef MPROGCHECK_RULE
    ;

struct RuleText {
  std::string_view name;
  Outcome outcome;
  std::string_view says;
};
/// What a rule is called, gives and says.
const RuleText& text_of(Rule rule);
inline std::string_view name_of(Rule rule) {
  return text_of(rule).name;
}
inline Outcome outcome_of(Rule rule) {
  return text_of(rule).outcome;
}

}  // namespace mprogcheck::model::rfc_v2
