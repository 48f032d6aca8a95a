// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "model/outcome.hpp"

namespace mprogcheck::model {

/// The rule that decided an operation's outcome. One line each: the identifier, its name in reports, the outcome it
/// gives, and what it says. The order of the lines has no meaning.
// clang-format off
#define MPROGCHECK_RULES(RULE)                                                                                                            \
  /* the fd and flag checks that every call makes before it reaches a hook (kernel/bpf/syscall.c) */                                      \
  RULE(attach_unknown_flag,      "prog_attach.unknown_flag",      einval,  "only REPLACE, BEFORE, AFTER, ID and LINK mean something")      \
  RULE(attach_program_closed,    "prog_attach.program_closed",    ebadf,   "the program's fd is not open")                                 \
  RULE(attach_not_a_program,     "prog_attach.not_a_program",     einval,  "the fd is not a program of the hook's type")                   \
  RULE(attach_no_device,         "prog_attach.no_device",         enodev,  "no such interface in this network namespace")                  \
  RULE(attach_replace_closed,    "prog_attach.replace_closed",    ebadf,   "REPLACE, and replace_bpf_fd is not open")                      \
  RULE(attach_replace_type,      "prog_attach.replace_type",      einval,  "REPLACE, and replace_bpf_fd is not a program of the hook's type") \
  RULE(detach_unknown_flag,      "prog_detach.unknown_flag",      einval,  "only REPLACE, BEFORE, AFTER, ID and LINK mean something")      \
  RULE(detach_program_closed,    "prog_detach.program_closed",    ebadf,   "a program is given and its fd is not open")                    \
  RULE(detach_not_a_program,     "prog_detach.not_a_program",     einval,  "a program is given and it is not one of the hook's type")      \
  RULE(detach_no_device,         "prog_detach.no_device",         enodev,  "no such interface in this network namespace")                  \
  RULE(detach_no_entry,          "tcx.detach.no_entry",           enoent,  "nothing is attached and no qdisc keeps the hook: decided before revision and flags") \
  RULE(link_program_closed,      "link_create.program_closed",    ebadf,   "the program's fd is not open")                                 \
  RULE(link_not_a_program,       "link_create.not_a_program",     einval,  "the fd is not a program, or its type is not the hook's")       \
  RULE(link_no_device,           "link_create.no_device",         enodev,  "no such interface in this network namespace")                  \
  RULE(query_unknown_flag,       "prog_query.unknown_flag",       einval,  "only BPF_F_QUERY_EFFECTIVE is known to the call")              \
  RULE(query_beyond_known,       "prog_query.beyond_known",       e2big,   "the attr is longer than the kernel's, and not zero there: decided before all else") \
  RULE(query_beyond_fields,      "prog_query.beyond_fields",      einval,  "the attr is not zero behind the call's last field")            \
  RULE(query_no_device,          "prog_query.no_device",          enodev,  "no such interface in this network namespace")                  \
  /* what a caller without CAP_NET_ADMIN, CAP_BPF and CAP_SYS_ADMIN is refused (kernel/bpf/syscall.c); the fds it was handed are its own */ \
  RULE(query_permission,         "prog_query.permission",         eperm,   "only CAP_NET_ADMIN or CAP_SYS_ADMIN may ask: decided before all else") \
  RULE(detach_permission,        "prog_detach.permission",        eperm,   "without a program in hand, only CAP_NET_ADMIN or CAP_SYS_ADMIN detaches by position") \
  RULE(open_permission,          "open_by_id.permission",         eperm,   "only CAP_SYS_ADMIN opens by id: decided before the id is looked up") \
  RULE(device_permission,        "device.permission",             eperm,   "only CAP_NET_ADMIN changes devices and qdiscs: decided before all else") \
  RULE(pin_permission,           "pin.permission",                eacces,  "the directory of the pins is root's: decided before the name")  \
  RULE(load_permission,          "prog_load.permission",          eperm,   "unprivileged BPF is off")                                      \
  /* the ordered list (kernel/bpf/mprog.c) */                                                                                             \
  RULE(query_flags,              "mprog.query.flags",             einval,  "query_flags and attach_flags must be zero")                    \
  RULE(query_short,              "mprog.query.short",             enospc,  "the array is shorter than the list; what fits is written")     \
  RULE(query_narrow,             "mprog.query.narrow",            success, "the attr ends before the revision: what it has no room for is not written") \
  RULE(query_overrun,            "mprog.query.overrun",           success, "quirk query_writes_beyond_attr: what the attr has no room for is written all the same") \
  RULE(query_done,               "mprog.query",                   success, "revision, count and ids are written")                          \
  RULE(stale,                    "mprog.stale",                   estale,  "expected_revision is neither 0 nor the revision")              \
  RULE(attach_exists,            "mprog.attach.exists",           eexist,  "the program is in the list already, whoever attached it")      \
  RULE(relative_id_gone,         "mprog.relative.id_gone",        enoent,  "ID, and no such object: id 0 included")                        \
  RULE(relative_not_settled,      "mprog.relative.not_settled",   eagain,  "ID and LINK, and the id is that of the very link being created: taken, but not settled") \
  RULE(relative_closed,          "mprog.relative.closed",         ebadf,   "the relative's fd is not open")                                \
  RULE(relative_kind,            "mprog.relative.kind",           einval,  "the relative's fd is not of the kind that LINK, or its absence, asks for") \
  RULE(relative_link_zero,       "mprog.relative.link_zero",      einval,  "LINK with fd 0: a link relative must be named")                \
  RULE(relative_type,            "mprog.relative.type",           einval,  "the relative's program has another type")                      \
  RULE(relative_no_program,       "mprog.relative.no_program",     einval,  "LINK, and the link has no program to have the type: a struct_ops link") \
  RULE(relative_never_in_list,    "mprog.relative.never_in_list",  einval,  "detach by position, and the relative link has no program: no list can hold it") \
  RULE(replace_absent,           "mprog.replace.absent",          enoent,  "the program to replace is not in the list")                    \
  RULE(replace_owner,            "mprog.replace.owner",           ebusy,   "the program to replace was attached by another owner")         \
  RULE(attach_full,              "mprog.attach.full",             erange,  "the list holds 63")                                            \
  RULE(relative_absent,          "mprog.relative.absent",         enoent,  "the relative is not in the list")                              \
  RULE(disagree,                 "mprog.disagree",                erange,  "two directives yield different positions")                     \
  RULE(no_directive,             "mprog.no_directive",            einval,  "flags or a relative are given, but none that yields a position") \
  RULE(attach_done,              "mprog.attach",                  success, "inserted at the position")                                     \
  RULE(replace_done,             "mprog.replace",                 success, "the entry is overwritten in place")                            \
  RULE(detach_replace,           "mprog.detach.replace",          einval,  "REPLACE means nothing to a detach")                            \
  RULE(detach_empty,             "mprog.detach.empty",            enoent,  "the list is empty")                                            \
  RULE(detach_absent,            "mprog.detach.absent",           enoent,  "the program is not in the list")                               \
  RULE(detach_owner,             "mprog.detach.owner",            ebusy,   "the entry belongs to a link")                                  \
  RULE(detach_full_tail,         "mprog.detach.full_tail",        erange,  "quirk full_list_keeps_tail: position 63 of a full list is refused") \
  RULE(detach_relative_ignored,   "mprog.detach.relative_ignored", success, "quirk relative_without_program_ignored: a link without a program counts as no relative, and the first or last entry goes") \
  RULE(detach_unguarded,         "mprog.detach.unguarded",        success, "quirk detach_by_position_unprivileged: the entry is removed for a caller without capabilities") \
  RULE(detach_done,              "mprog.detach",                  success, "the entry is removed")                                         \
  RULE(link_done,                "mprog.link",                    success, "a link is made and its program inserted at the position")      \
  /* links (kernel/bpf/syscall.c, kernel/bpf/tcx.c) */                                                                                    \
  RULE(update_unknown_flag,      "link_update.unknown_flag",      einval,  "only REPLACE means something")                                 \
  RULE(update_link_closed,       "link_update.link_closed",       ebadf,   "the link's fd is not open")                                    \
  RULE(update_not_a_link,        "link_update.not_a_link",        einval,  "the fd is not a link")                                         \
  RULE(update_program_closed,    "link_update.program_closed",    ebadf,   "the new program's fd is not open")                             \
  RULE(update_not_a_program,     "link_update.not_a_program",     einval,  "the new program's fd is not a program")                        \
  RULE(update_old_closed,        "link_update.old_closed",        ebadf,   "REPLACE, and the old program's fd is not open")                \
  RULE(update_old_not_a_program, "link_update.old_not_a_program", einval,  "REPLACE, and the old program's fd is not a program")           \
  RULE(update_old_without_flag,  "link_update.old_without_flag",  einval,  "an old program is given without REPLACE")                      \
  RULE(update_map_closed,         "link_update.map_closed",        ebadf,   "the link holds a map, and the new one's fd is not open")   \
  RULE(update_not_a_map,          "link_update.not_a_map",         einval,  "the link holds a map, and the new one's fd is not a map")  \
  RULE(update_old_map_closed,     "link_update.old_map_closed",    ebadf,   "the link holds a map; REPLACE, and the old one's fd is not open") \
  RULE(update_old_not_a_map,      "link_update.old_not_a_map",     einval,  "the link holds a map; REPLACE, and the old one's fd is not a map") \
  RULE(update_other_map,          "link_update.other_map",         einval,  "the new map is not one that links of its type hold")       \
  RULE(update_no_operation,      "link_update.no_operation",      einval,  "links of its type cannot be updated")                          \
  RULE(update_refused,           "link_update.refused",           eopnotsupp, "links of its type refuse to be updated")                    \
  RULE(update_detached,          "link_update.detached",          enolink, "the link is detached")                                         \
  RULE(update_old_mismatch,      "link_update.old_mismatch",      eperm,   "the old program given is not the link's")                      \
  RULE(update_same,              "link_update.same",              success, "the link holds that program already: nothing moves, not even the revision") \
  RULE(update_exists,            "link_update.exists",            eexist,  "the new program is in the list already")                       \
  RULE(update_type,              "link_update.type",              einval,  "the new program has another type")                             \
  RULE(update_done,              "link_update",                   success, "the link's entry holds the new program, in place")             \
  RULE(detach_link_closed,       "link_detach.link_closed",       ebadf,   "the link's fd is not open")                                    \
  RULE(detach_link_not_a_link,   "link_detach.not_a_link",        einval,  "the fd is not a link")                                         \
  RULE(detach_link_no_operation, "link_detach.no_operation",      eopnotsupp, "links of its type cannot be detached")                      \
  RULE(detach_link_again,        "link_detach.again",             success, "the link is detached already: nothing happens")                \
  RULE(detach_link_done,         "link_detach",                   success, "the entry is removed; the link stays, with its program")       \
  /* handles */                                                                                                                           \
  RULE(close_closed,             "close.closed",                  ebadf,   "the fd is not open")                                           \
  RULE(close_done,               "close",                         success, "the last close of a link detaches it; the last holder of an object frees it") \
  RULE(dup_closed,               "dup.closed",                    ebadf,   "the fd is not open")                                           \
  RULE(dup_done,                 "dup",                           success, "another handle of the same open file: no reference moves")     \
  RULE(open_gone,                "open_by_id.gone",               enoent,  "no such object: id 0 included")                                \
  RULE(open_done,                "open_by_id",                    success, "a new open file: one more reference")                          \
  RULE(load_done,                "prog_load",                     success, "a new program with one reference")                             \
  /* devices (net/core/rtnetlink.c, net/core/dev.c) and their qdiscs (net/sched/sch_api.c, net/sched/sch_ingress.c) */                  \
  RULE(remove_no_device,         "device.remove.absent",          enodev,  "no such interface in this network namespace")                  \
  RULE(remove_done,              "device.remove",                 success, "what was attached is detached: programs lose a holder, links are defunct") \
  RULE(make_exists,              "device.make.exists",            eexist,  "there is such an interface")                                   \
  RULE(make_done,                "device.make",                   success, "a new device, with empty hooks")                               \
  RULE(move_no_device,           "device.move.absent",            enodev,  "no such interface in the network namespace it is to leave")    \
  RULE(move_done,                "device.move",                   success, "lists, order and revisions go along; the qdisc does not, nor an empty hook that it kept") \
  RULE(qdisc_no_device,          "qdisc.no_device",               enodev,  "no such interface in this network namespace")                  \
  RULE(qdisc_absent,             "qdisc.absent",                  enoent,  "there is no qdisc to delete")                                  \
  RULE(qdisc_same,               "qdisc.same",                    success, "a qdisc of that kind is there: nothing happens")               \
  RULE(qdisc_done,               "qdisc",                         success, "it keeps its hooks while it is there; an empty hook goes with it") \
  /* pins (kernel/bpf/inode.c) */                                                                                                         \
  RULE(pin_no_object,            "obj_pin.no_object",             einval,  "the fd is not open, or no BPF object: looked at before the name") \
  RULE(pin_exists,               "obj_pin.exists",                eexist,  "the name is taken")                                            \
  RULE(pin_done,                 "obj_pin",                       success, "the pin holds the object")                                     \
  RULE(get_absent,               "obj_get.absent",                enoent,  "no pin has that name")                                         \
  RULE(get_done,                 "obj_get",                       success, "a new open file: one more reference")                          \
  RULE(unpin_absent,             "unpin.absent",                  enoent,  "no pin has that name")                                         \
  RULE(unpin_done,               "unpin",                         success, "the pin goes, and the object with its last holder")            \
  RULE(fill_no_device,           "fill.no_device",                enodev,  "no such interface in this network namespace")                  \
  RULE(fill_done,                "fill",                          success, "fillers are appended until the list is as long as asked") \
  /* what runs (net/core/dev.c: tcx_run, sch_handle_ingress, sch_handle_egress; net/packet/af_packet.c: packet_snd) */                    \
  RULE(run_no_device,            "run.no_device",                 enxio,   "no such interface in this network namespace: nothing is sent") \
  RULE(run_nothing,              "run.nothing",                   success, "no program is attached: the packet passes")                    \
  RULE(run_next,                 "run.next",                      success, "every program runs and says next: the packet passes")          \
  RULE(run_passed,               "run.passed",                    success, "the first program that says pass ends the chain, and the packet passes") \
  RULE(run_dropped,              "run.dropped",                   success, "the first program that says drop ends the chain, and the packet with it") \
  RULE(run_redirected,           "run.redirected",                success, "the first program that redirects ends the chain: the packet leaves by the other device") \
  RULE(run_unknown,              "run.unknown_code",              success, "a code that means nothing ends the chain too, and then counts as next: the packet passes")
// clang-format on

enum class Rule : std::uint8_t {
#define MPROGCHECK_RULE(id, name, outcome, text) id,
  MPROGCHECK_RULES(MPROGCHECK_RULE)
#undef MPROGCHECK_RULE
};

inline constexpr unsigned rule_count = 0
#define MPROGCHECK_RULE(id, name, outcome, text) +1
    MPROGCHECK_RULES(MPROGCHECK_RULE)
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
/// The rule called so, if there is one.
std::optional<Rule> rule_named(std::string_view name);

}  // namespace mprogcheck::model
