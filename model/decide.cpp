// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What each call checks before it reaches a hook, in the order of kernel/bpf/syscall.c. The rest is the family's.
#include "model/hooks/arguments.hpp"
#include "model/hooks/family.hpp"
#include "model/passage.hpp"
#include "model/permission.hpp"
#include "model/query.hpp"
#include "model/world.hpp"

namespace mprogcheck::model {

namespace {

/// What a link of another type says, once the fds are good: its own operations decide.
Rule update_of_guest_link(const GuestObject& link, ProgramIndex program, bool mismatch) {
  switch (link.updating) {
    case Updating::refused:
      return Rule::update_refused;
    case Updating::old_and_type:
      if (mismatch) return Rule::update_old_mismatch;
      // net/core/sock_map.c: sock_map_link_update_prog.
      return link.same_type != GuestObject::none && program == guest_program(link.same_type) ? Rule::update_detached
                                                                                             : Rule::update_type;
    case Updating::in_list:
    case Updating::detached:
      return Rule::update_detached;
    case Updating::no_operation:
    case Updating::of_map:
      break;
  }
  return Rule::update_no_operation;
}

/// kernel/bpf/syscall.c: link_update_map. The fds are those of maps then, and no program is looked for.
Rule update_of_map(const World& world, const UpdateLink& call) {
  const auto is_map = [](const Denoted& denoted) {
    return denoted.kind == Denoted::Kind::other && denoted.object == map_object;
  };
  const Denoted map = world.denoted_by_fd(call.program);
  if (map.kind == Denoted::Kind::closed) return Rule::update_map_closed;
  if (!is_map(map)) return Rule::update_not_a_map;
  if ((call.flags & flag::replace) != 0) {
    const Denoted old = world.denoted_by_fd(call.old_program);
    if (old.kind == Denoted::Kind::closed) return Rule::update_old_map_closed;
    if (!is_map(old)) return Rule::update_old_not_a_map;
  } else if (!call.old_program.is_zero()) {
    return Rule::update_old_without_flag;
  }
  return Rule::update_other_map;
}

}  // namespace

Verdict World::decide(const Attach& call) const {
  return rules_of(call.site.hook).attach(*this, call);
}
Verdict World::decide(const Detach& call) const {
  return rules_of(call.site.hook).detach(*this, call);
}
Verdict World::decide(const CreateLink& call) const {
  return rules_of(call.site.hook).create_link(*this, call);
}

/// kernel/bpf/syscall.c: link_update; kernel/bpf/tcx.c: tcx_link_update.
Verdict World::decide(const UpdateLink& call) const {
  const bool expects = (call.flags & flag::replace) != 0;
  if ((call.flags & ~flag::replace) != 0) return decided(Rule::update_unknown_flag);
  const Denoted denoted = denoted_by_fd(call.link);
  if (denoted.kind == Denoted::Kind::closed) return decided(Rule::update_link_closed);
  if (denoted.kind != Denoted::Kind::link) return decided(Rule::update_not_a_link);
  if (links_[denoted.object].updating == Updating::of_map) [[unlikely]]
    return decided(update_of_map(*this, call));
  const auto program =
      program_of_any_type(*this, call.program, Rule::update_program_closed, Rule::update_not_a_program);
  if (program.refused) return decided(*program.refused);
  WantedProgram old;
  if (expects)
    old = program_of_any_type(*this, call.old_program, Rule::update_old_closed, Rule::update_old_not_a_program);
  else if (!call.old_program.is_zero())
    old.refused = Rule::update_old_without_flag;
  if (old.refused) return decided(*old.refused);

  const Link& link = links_[denoted.object];
  if (link.updating != Updating::in_list) [[unlikely]]
    return decided(update_of_guest_link(guest_objects[denoted.object - guest_link(0)], program.program,
                                        expects && old.program != link.program));
  if (link.list == no_list) return decided(Rule::update_detached);
  const Rule rule = rules_of(sites_.hook(link.list))
                        .update(*this, link.list,
                                {.held = link.program,
                                 .program = program.program,
                                 .mismatch = expects && old.program != link.program,
                                 .other_type = programs_[program.program].type != programs_[link.program].type});
  if (rule == Rule::update_same || !text_of(rule).outcome.ok()) return decided(rule);
  return decided(
      rule, {.kind = Edit::Kind::update_link, .list = link.list, .program = program.program, .link = denoted.object});
}

/// kernel/bpf/syscall.c: link_detach; kernel/bpf/tcx.c: tcx_link_detach.
Verdict World::decide(const DetachLink& call) const {
  const Denoted denoted = denoted_by_fd(call.link);
  if (denoted.kind == Denoted::Kind::closed) return decided(Rule::detach_link_closed);
  if (denoted.kind != Denoted::Kind::link) return decided(Rule::detach_link_not_a_link);
  const Link& link = links_[denoted.object];
  if (!link.detaches) return decided(Rule::detach_link_no_operation);
  if (link.list == no_list) return decided(Rule::detach_link_again);
  return decided(Rule::detach_link_done, {.kind = Edit::Kind::detach_link, .list = link.list, .link = denoted.object});
}

Verdict World::decide(const Close& call) const {
  if (handles_[call.name.slot].file == no_file) return decided(Rule::close_closed);
  return decided(Rule::close_done, {.kind = Edit::Kind::close, .name = call.name});
}

Verdict World::decide(const Dup& call) const {
  const Argument& from = call.from;
  const FileIndex file = from.named ? handles_[from.name().slot].file : no_file;
  if (file == no_file) return decided(Rule::dup_closed);
  return decided(Rule::dup_done, {.kind = Edit::Kind::dup, .name = call.name, .file = file});
}

/// kernel/bpf/syscall.c: bpf_prog_get_fd_by_id, bpf_link_get_fd_by_id.
Verdict World::decide(const Open& call) const {
  const auto object = denoted_by_id(call.id, call.kind);
  if (!object) return decided(Rule::open_gone);
  return decided(Rule::open_done,
                 {.kind = Edit::Kind::open, .name = call.name, .object_kind = call.kind, .object = *object});
}

/// kernel/bpf/syscall.c: bpf_obj_get_next_id.
Verdict World::decide(const NextId& call) const {
  if (is_beyond_ids(call)) return decided(Rule::next_id_start);
  return decided(next_id(call.kind, call.id) ? Rule::next_id_done : Rule::next_id_none);
}

Verdict World::decide(const Load& call) const {
  return decided(Rule::load_done,
                 {.kind = Edit::Kind::load, .name = call.name, .type = call.type, .returns = call.returns});
}

/// kernel/bpf/syscall.c: bpf_prog_query; kernel/bpf/tcx.c: tcx_prog_query.
Verdict World::decide(const Query& call) const {
  if (call.garbage)
    return decided(call.size >= Query::foreign_size ? Rule::query_beyond_known : Rule::query_beyond_fields);
  if ((as_read(call).query_flags & ~Query::effective) != 0) return decided(Rule::query_unknown_flag);
  const Located at = locate(call.site, Rule::query_no_device);
  if (at.refused) return decided(*at.refused);
  return decided(rules_of(call.site.hook).query(*this, call, at.list));
}

Verdict World::decide(const Fill& call) const {
  const Located at = locate(call.site, Rule::fill_no_device);
  if (at.refused) return decided(*at.refused);
  return decided(Rule::fill_done, {.kind = Edit::Kind::fill, .list = at.list, .position = call.count});
}

/// net/packet/af_packet.c: packet_snd. What the packet meets is for passage.hpp to say.
Verdict World::decide(const SendPacket& call) const {
  return decided(has_way(call.site) ? rule_of_passage(*this, call.site) : Rule::run_no_device);
}

}  // namespace mprogcheck::model
