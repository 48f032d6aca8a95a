// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What the calls check at hooks that have an ordered list, in the order of kernel/bpf/syscall.c.
#include "model/hooks/arguments.hpp"
#include "model/hooks/family.hpp"
#include "model/query.hpp"

namespace mprogcheck::model::mprog {

namespace {

constexpr LinkIndex foreign = 0xfe;  ///< a link that owns nothing yet

/// kernel/bpf/mprog.c: bpf_mprog_tuple_relative. Without `type` the relative may be of any. What a link without a
/// program (kernel/bpf/bpf_struct_ops.c) says there, the kernel has never asked itself: see
/// docs/findings/relative_without_program.md.
Relative resolve_relative(const World& world, const Argument& argument, std::uint32_t flags,
                          std::optional<ProgramType> type, bool creates = false) {
  const Relative found = find_relative(world, argument, flags, creates);
  if (found.refused || (found.program == no_program && found.link == no_link)) return found;
  if (found.program == no_program) [[unlikely]]
    return {.refused = type ? Rule::relative_no_program : Rule::relative_never_in_list};
  if (type && world.program(found.program).type != *type) return {.refused = Rule::relative_type};
  return found;
}

}  // namespace

/// kernel/bpf/syscall.c: bpf_prog_attach.
Verdict attach(const World& world, const Attach& call) {
  const ProgramType type = row_of(call.site.hook).type;
  if ((call.flags & ~row_of(call.site.hook).attach_mask) != 0) return decided(Rule::attach_unknown_flag);
  const auto program =
      program_of_type(world, call.program, type, Rule::attach_program_closed, Rule::attach_not_a_program);
  if (program.refused) return decided(*program.refused);
  const Located at = world.locate(call.site, Rule::attach_no_device);
  if (at.refused) return decided(*at.refused);
  WantedProgram old;
  if ((call.flags & flag::replace) != 0)
    old = program_of_type(world, call.replace, type, Rule::attach_replace_closed, Rule::attach_replace_type);
  if (old.refused) return decided(*old.refused);

  const auto decision =
      attach(world.list(at.list), {.entry = {program.program, no_link},
                                   .flags = call.flags,
                                   .relative = resolve_relative(world, call.relative, call.flags, type),
                                   .old_program = old.program,
                                   .expected_revision = call.revision.resolve(world.list(at.list).revision)});
  Edit edit{.list = at.list, .position = static_cast<std::uint8_t>(decision.position), .program = program.program};
  if (decision.rule == Rule::attach_done)
    edit.kind = Edit::Kind::insert;
  else if (decision.rule == Rule::replace_done)
    edit.kind = Edit::Kind::overwrite;
  return decided(decision.rule, edit);
}

/// kernel/bpf/syscall.c: bpf_prog_detach; kernel/bpf/tcx.c: tcx_prog_detach. replace_bpf_fd is never looked at.
Verdict detach(const World& world, const Detach& call) {
  if ((call.flags & ~row_of(call.site.hook).attach_mask) != 0) return decided(Rule::detach_unknown_flag);
  WantedProgram program;
  std::optional<ProgramType> relative_type;
  if (!call.program.is_zero()) {
    const ProgramType type = row_of(call.site.hook).type;
    program = program_of_type(world, call.program, type, Rule::detach_program_closed, Rule::detach_not_a_program);
    relative_type = type;
  }
  if (program.refused) return decided(*program.refused);
  const Located at = world.locate(call.site, Rule::detach_no_device);
  if (at.refused) return decided(*at.refused);
  const FamilyRules& family = rules_of(call.site.hook);
  if (world.list(at.list).empty() && !family.keeps(world, call.site)) return decided(Rule::detach_no_entry);

  const auto decision =
      detach(world.list(at.list), {.entry = {program.program, no_link},
                                   .flags = call.flags,
                                   .relative = resolve_relative(world, call.relative, call.flags, relative_type),
                                   .expected_revision = call.revision.resolve(world.list(at.list).revision)});
  if (!text_of(decision.rule).outcome.ok()) return decided(decision.rule);
  return decided(
      decision.rule,
      {.kind = Edit::Kind::remove, .list = at.list, .position = static_cast<std::uint8_t>(decision.position)});
}

/// kernel/bpf/syscall.c: link_create; kernel/bpf/tcx.c: tcx_link_attach. There is no mask of flags: unknown bits pass,
/// and count as a flag where the list asks whether any is given. REPLACE has no program to replace.
Verdict create_link(const World& world, const CreateLink& call) {
  const ProgramType type = row_of(call.site.hook).type;
  const auto program = program_of_type(world, call.program, type, Rule::link_program_closed, Rule::link_not_a_program);
  if (program.refused) return decided(*program.refused);
  const Located at = world.locate(call.site, Rule::link_no_device);
  if (at.refused) return decided(*at.refused);

  // The link is not in the list yet, so any index that no entry has stands for it.
  const auto decision =
      attach(world.list(at.list), {.entry = {program.program, foreign},
                                   .flags = call.flags,
                                   .relative = resolve_relative(world, call.relative, call.flags, type, true),
                                   .expected_revision = call.revision.resolve(world.list(at.list).revision)});
  if (decision.rule != Rule::attach_done) return decided(decision.rule);
  return decided(Rule::link_done, {.kind = Edit::Kind::create_link,
                                   .list = at.list,
                                   .position = static_cast<std::uint8_t>(decision.position),
                                   .program = program.program,
                                   .name = call.name});
}

/// kernel/bpf/mprog.c: bpf_mprog_query.
Rule query(const World& world, const Query& call, ListIndex at) {
  return decide_query(call, world.list(at));
}

Rule update(const World& world, ListIndex at, const UpdateRequest& request) {
  return update(world.list(at), request);
}

}  // namespace mprogcheck::model::mprog
