// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/rfc_v2/rfc_v2.hpp"

namespace mprogcheck::model::rfc_v2 {

namespace {

/// What an argument is as a file descriptor.
enum class Fd : std::uint8_t { closed, program, other_program, link, other_link, other_kind };

Fd fd_of(const State& state, Object object) {
  switch (object.kind) {
    case Object::Kind::zero:
      return Fd::other_kind;
    case Object::Kind::negative:
    case Object::Kind::closed:
      return Fd::closed;
    case Object::Kind::program:
      return Fd::program;
    case Object::Kind::link:
      return state.links[object.index].is == Link::Is::closed ? Fd::closed : Fd::link;
    case Object::Kind::other_program:
      return Fd::other_program;
    case Object::Kind::other_link:
      return Fd::other_link;
    case Object::Kind::other_kind:
      break;
  }
  return Fd::other_kind;
}

bool has(const Operation& operation, std::uint32_t bits) {
  return (operation.flags & bits) != 0;
}

Relative the_link(const State& state, LinkIndex link) {
  const Link& found = state.links[link];
  return {.program = found.is == Link::Is::attached ? found.program : foreign_program, .link = link};
}

/// bpf_mprog_tuple_relative. The type is looked at only if a program says which one is right.
Relative resolve(const State& state, const Operation& operation, bool with_program) {
  const auto refuse = [](Rule rule) { return Relative{.refused = rule}; };
  const bool by_id = has(operation, flag::id);
  const Object object = operation.relative;

  if (!has(operation, flag::replace | flag::neighbour)) {
    if (!object.is_zero() || has(operation, flag::id | flag::link)) return refuse(Rule::relative_idle);
    return {};
  }
  const Fd fd = fd_of(state, object);
  const Relative foreign{.program = foreign_program};
  if (has(operation, flag::link)) {
    if (fd == Fd::link) return the_link(state, object.index);
    if (fd == Fd::other_link) return with_program ? refuse(Rule::relative_type) : foreign;
  } else {
    if (fd == Fd::program) return {.program = object.index};
    if (fd == Fd::other_program) return with_program ? refuse(Rule::relative_type) : foreign;
    if (object.is_zero() && !by_id) return {};
  }
  if (by_id) return refuse(Rule::relative_id_gone);
  return refuse(fd == Fd::closed ? Rule::relative_closed : Rule::relative_kind);
}

/// The checks of bpf_prog_attach, bpf_prog_detach, link_create and tcx before the list is asked.
std::optional<Rule> refused_early(const State& state, const Operation& operation) {
  const Fd program = fd_of(state, operation.program);
  switch (operation.call) {
    case Call::attach:
      if (has(operation, ~flag::known)) return Rule::attach_unknown_flag;
      if (program == Fd::closed) return Rule::attach_program_closed;
      if (program != Fd::program) return Rule::attach_not_a_program;
      if (!operation.device) return Rule::attach_no_device;
      return std::nullopt;
    case Call::detach: {
      if (has(operation, ~flag::known)) return Rule::detach_unknown_flag;
      const bool none = operation.program.is_zero() || operation.program.kind == Object::Kind::negative;
      if (!none && program == Fd::closed) return Rule::detach_program_closed;
      if (!none && program != Fd::program) return Rule::detach_not_a_program;
      if (!operation.device) return Rule::detach_no_device;
      if (!state.has_entry_object()) return Rule::detach_no_entry;
      return std::nullopt;
    }
    default:
      if (program == Fd::closed) return Rule::link_program_closed;
      if (program != Fd::program) return Rule::link_not_a_program;
      if (!operation.device) return Rule::link_no_device;
      return std::nullopt;
  }
}

/// The name that a new link takes: the lowest that is free.
std::optional<LinkIndex> free_name(const State& state) {
  for (LinkIndex name = 0; name < state.link_names; ++name)
    if (state.links[name].is == Link::Is::closed) return name;
  return std::nullopt;
}

Request request_for(const State& state, const Operation& operation, LinkIndex link) {
  const bool with_program = operation.program.kind == Object::Kind::program;
  return {.program = with_program ? operation.program.index : no_program,
          .link = link,
          .expect = operation.expect,
          .flags = operation.flags,
          .relative = resolve(state, operation, with_program)};
}

Verdict attach_by(const State& state, const Request& request) {
  const Decision decision = attach(state, request);
  if (!outcome_of(decision.rule).ok()) return {decision.rule, {}};
  Edit edit{.what = request.asks(flag::replace) ? Edit::What::overwrite : Edit::What::insert,
            .position = static_cast<std::uint8_t>(decision.position),
            .entry = {request.program, request.link, request.ends()}};
  if (request.link != no_link) {
    edit.link = request.link;
    edit.becomes = {Link::Is::attached, request.program, request.ends()};
  }
  return {decision.rule, edit};
}

Verdict link_create(const State& state, const Operation& operation) {
  const auto name = free_name(state);
  if (!name) return {Rule::link_no_descriptor, {}};
  return attach_by(state, request_for(state, operation, *name));
}

Verdict detach_by(const State& state, const Request& request) {
  const Decision decision = detach(state, request);
  if (decision.rule == Rule::detach_phantom) return {decision.rule, {.what = Edit::What::only_revision}};
  if (!outcome_of(decision.rule).ok()) return {decision.rule, {}};
  return {decision.rule, {.what = Edit::What::remove, .position = static_cast<std::uint8_t>(decision.position)}};
}

/// tcx_link_update: a REPLACE of the link's program by id, with the places that the link was created with.
Verdict link_update(const State& state, const Operation& operation) {
  const bool expects = has(operation, flag::replace);
  const Fd link = fd_of(state, operation.link);
  const Fd program = fd_of(state, operation.program);
  const Fd old = fd_of(state, operation.old);
  const auto is_program = [](Fd fd) { return fd == Fd::program || fd == Fd::other_program; };
  const auto refuse = [](Rule rule) { return Verdict{rule, {}}; };

  if (has(operation, ~flag::replace)) return refuse(Rule::update_unknown_flag);
  if (link == Fd::closed) return refuse(Rule::update_link_closed);
  if (link != Fd::link && link != Fd::other_link) return refuse(Rule::update_not_a_link);
  if (program == Fd::closed) return refuse(Rule::update_program_closed);
  if (!is_program(program)) return refuse(Rule::update_not_a_program);
  if (expects && old == Fd::closed) return refuse(Rule::update_old_closed);
  if (expects && !is_program(old)) return refuse(Rule::update_old_not_a_program);
  if (!expects && !operation.old.is_zero()) return refuse(Rule::update_old_without_flag);
  if (link == Fd::other_link) return refuse(Rule::update_no_operation);

  const Link& held = state.links[operation.link.index];
  if (held.is != Link::Is::attached) return refuse(Rule::update_detached);
  if (expects && operation.old != Object::program(held.program)) return refuse(Rule::update_old_mismatch);
  if (operation.program == Object::program(held.program)) return refuse(Rule::update_same);
  if (program == Fd::other_program) return refuse(Rule::update_type);
  Verdict verdict = attach_by(state, {.program = operation.program.index,
                                      .link = operation.link.index,
                                      .flags = flag::replace | flag::id | held.ends,
                                      .relative = {.program = held.program}});
  verdict.rule = verdict.edit.changes()                 ? Rule::update_done
                 : verdict.rule == Rule::replace_exists ? Rule::update_exists
                                                        : Rule::update_stuck;
  return verdict;
}

/// tcx_link_release: a detach that passes on the places that the link was created with.
Verdict release(const State& state, LinkIndex link, Rule done, Link::Is then) {
  const Link& held = state.links[link];
  Verdict verdict = detach_by(state, {.program = held.program, .link = link, .flags = held.ends});
  if (verdict.edit.what != Edit::What::remove) return {Rule::release_stuck, {}};
  verdict.rule = done;
  verdict.edit.link = link;
  verdict.edit.becomes = {.is = then};
  return verdict;
}

Verdict link_detach(const State& state, const Operation& operation) {
  const Fd fd = fd_of(state, operation.link);
  if (fd == Fd::closed) return {Rule::detach_link_closed, {}};
  if (fd == Fd::other_link) return {Rule::detach_link_no_operation, {}};
  if (fd != Fd::link) return {Rule::detach_link_not_a_link, {}};
  const LinkIndex link = operation.link.index;
  if (state.links[link].is == Link::Is::defunct) return {Rule::detach_link_again, {}};
  return release(state, link, Rule::detach_link_done, Link::Is::defunct);
}

Verdict link_close(const State& state, const Operation& operation) {
  const Fd fd = fd_of(state, operation.link);
  if (fd == Fd::closed) return {Rule::close_closed, {}};
  if (fd != Fd::link) return {Rule::close_other, {}};
  const LinkIndex link = operation.link.index;
  if (state.links[link].is == Link::Is::defunct) return {Rule::close_done, {.link = link, .becomes = {}}};
  return release(state, link, Rule::close_done, Link::Is::closed);
}

}  // namespace

Verdict predict(const State& state, const Operation& operation) {
  switch (operation.call) {
    case Call::link_update:
      return link_update(state, operation);
    case Call::link_detach:
      return link_detach(state, operation);
    case Call::link_close:
      return link_close(state, operation);
    default:
      break;
  }
  if (const auto refused = refused_early(state, operation)) return {*refused, {}};
  if (operation.call == Call::link_create) return link_create(state, operation);
  const Request request = request_for(state, operation, no_link);
  return operation.call == Call::attach ? attach_by(state, request) : detach_by(state, request);
}

void commit(State& state, const Edit& edit) {
  if (edit.link != no_link) state.links[edit.link] = edit.becomes;
  switch (edit.what) {
    case Edit::What::nothing:
      return;
    case Edit::What::insert:
      state.insert(edit.position, edit.entry);
      break;
    case Edit::What::overwrite:
      state.overwrite(edit.position, edit.entry);
      break;
    case Edit::What::remove:
      state.remove(edit.position);
      break;
    case Edit::What::only_revision:
      break;
  }
  state.next_revision();
  if (!state.has_entry_object()) state.revision = 1;  // the object is gone, and its revision with it
}

State apply(State state, const Operation& operation) {
  commit(state, predict(state, operation).edit);
  return state;
}

std::optional<Request> request_of(const State& state, const Operation& operation) {
  if (operation.call > Call::link_create || refused_early(state, operation)) return std::nullopt;
  if (operation.call != Call::link_create) return request_for(state, operation, no_link);
  const auto name = free_name(state);
  if (!name) return std::nullopt;
  return request_for(state, operation, *name);
}

}  // namespace mprogcheck::model::rfc_v2
