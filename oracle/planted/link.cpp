// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Faults of links and lifetimes: who owns an entry, when an object goes, what is counted.
#include <array>

#include "oracle/planted/kit.hpp"

namespace mprogcheck::planted {
namespace {

/// The world as it would be if the links of a list did not own their entries.
World disowned(const World& world, model::ListIndex list) {
  World copy = world;
  for (auto& entry : copy.mutable_list(list).slots) entry.link = model::no_link;
  return copy;
}

Verdict replace_ignores_owner(const World& world, const Operation& operation, const Verdict& honest) {
  if (honest.rule != Rule::replace_owner || !is<model::Attach>(operation)) return honest;
  return disowned(world, list_named(world, operation)).predict(operation);
}

Verdict detach_ignores_owner(const World& world, const Operation& operation, const Verdict& honest) {
  if (honest.rule != Rule::detach_owner || std::get<model::Detach>(operation).program.is_zero()) return honest;
  return disowned(world, list_named(world, operation)).predict(operation);
}

Verdict detach_by_position_takes_link_entry(const World& world, const Operation& operation, const Verdict& honest) {
  if (honest.rule != Rule::detach_owner || !std::get<model::Detach>(operation).program.is_zero()) return honest;
  return disowned(world, list_named(world, operation)).predict(operation);
}

void leaked_program_reference(World& world, const World&, const Operation& operation, const Verdict& honest) {
  if (honest.rule != Rule::attach_exists || !is<model::Attach>(operation)) return;
  ++world.mutable_program(world.denoted_by_fd(std::get<model::Attach>(operation).program).object).references;
}

/// Refuses to leak more links than the tables of the model can hold beside those of a sequence.
void leaked_link_reference(World& world, const World&, const Operation&, const Verdict& honest) {
  if (honest.rule == Rule::open_done && honest.edit.object_kind == model::ObjectKind::link &&
      world.next_link() < model::link_count / 3)
    ++world.mutable_link(honest.edit.object).references;
}

/// The link goes, its entry stays.
void close_forgets_to_detach(World& world, const World& before, const Operation& operation, const Verdict& honest) {
  if (honest.rule != Rule::close_done) return;
  const auto& file = before.file(before.handle(std::get<model::Close>(operation).name).file);
  if (file.kind != model::ObjectKind::link || world.link(file.object).alive) return;
  if (const auto list = before.link(file.object).list; list != model::no_list)
    world.mutable_list(list) = before.list(list);
}

void dup_close_detaches(World& world, const World& before, const Operation& operation, const Verdict& honest) {
  if (honest.rule != Rule::close_done) return;
  const auto& file = before.file(before.handle(std::get<model::Close>(operation).name).file);
  if (file.kind != model::ObjectKind::link || !world.link(file.object).alive) return;
  if (world.link(file.object).list != model::no_list)
    world.commit({.kind = Edit::Kind::detach_link, .link = file.object});
}

void update_moves_to_end(World& world, const World&, const Operation&, const Verdict& honest) {
  if (honest.rule != Rule::update_done) return;
  auto& list = world.mutable_list(honest.edit.list);
  const int at = *list.find(honest.edit.program);
  const auto entry = list.slots[static_cast<unsigned>(at)];
  list.remove(at);
  list.insert(list.count, entry);
}

Verdict update_ignores_expected(const World& world, const Operation& operation, const Verdict& honest) {
  if (honest.rule != Rule::update_old_mismatch) return honest;
  auto update = std::get<model::UpdateLink>(operation);
  update.flags = 0;
  update.old_program = {};
  return world.predict(update);
}

Verdict update_detached_succeeds(const World&, const Operation&, const Verdict& honest) {
  return honest.rule == Rule::update_detached ? Verdict{model::success, Rule::update_done, {}} : honest;
}

/// A detached link takes its new program all the same: what its info says is not what it held.
void update_keeps_program(World& world, const World& before, const Operation&, const Verdict& honest) {
  if (honest.rule != Rule::update_done) return;
  if (world.program(before.link(honest.edit.link).program).alive)
    world.mutable_link(honest.edit.link).program = before.link(honest.edit.link).program;
}

void link_detach_frees_link(World& world, const World&, const Operation&, const Verdict& honest) {
  if (honest.rule == Rule::detach_link_done) world.mutable_link(honest.edit.link).alive = false;
}

Verdict link_detach_again_refused(const World&, const Operation&, const Verdict& honest) {
  return honest.rule == Rule::detach_link_again ? refuse(model::enolink, Rule::update_detached) : honest;
}

Verdict relative_link_matches_any_owner(const World& world, const Operation& operation, const Verdict& honest) {
  const bool link = (flags_of(operation) & model::flag::link) != 0;
  if (honest.rule != Rule::relative_absent || !link) return honest;
  World copy = disowned(world, list_named(world, operation));
  const auto relative = read(
      operation, [](const auto& call) { return call.relative; }, model::Argument{});
  const bool by_id = (flags_of(operation) & model::flag::id) != 0;
  const auto object =
      by_id ? world.denoted_by_id(relative, model::ObjectKind::link).value_or(0) : world.denoted_by_fd(relative).object;
  if (const auto at = copy.list(list_named(world, operation)).find(world.link(object).program))
    copy.mutable_list(list_named(world, operation)).slots[static_cast<unsigned>(*at)].link = object;
  return copy.predict(operation);
}

/// A defect that the kernel notices itself.
struct WarnOnSecondUpdate final : Misbehaviour {
  std::array<unsigned, model::link_count> updates{};
  bool warned = false;

  void begin() override {
    updates.fill(0);
    warned = false;
  }
  void applied(World&, const World&, const Operation&, const Verdict& honest) override {
    warned = honest.rule == Rule::update_done && ++updates[honest.edit.link] == 2;
  }
  Run::Ending ending(std::string& note) override {
    if (!warned) return Run::Ending::complete;
    note = "[   12.345678] WARNING: CPU: 0 PID: 61 at kernel/bpf/tcx.c:231 tcx_link_update+0x1f2/0x240";
    return Run::Ending::splat;
  }
};

struct HangsOnReplaceBefore final : Misbehaviour {
  bool hung = false;

  void begin() override { hung = false; }
  void applied(World&, const World&, const Operation& operation, const Verdict& honest) override {
    hung = honest.rule == Rule::replace_done && (flags_of(operation) & model::flag::before) != 0;
  }
  Run::Ending ending(std::string& note) override {
    if (!hung) return Run::Ending::complete;
    note = "no answer within 10 s";
    return Run::Ending::hung;
  }
};

constexpr std::array<PlantedFault, 16> faults{{
    {"replace_ignores_owner", "an attach replaces the program of a link", "ownership outcome",
     make<Decides<replace_ignores_owner>>},
    {"detach_ignores_owner", "a detach of a program takes a link's entry", "ownership outcome",
     make<Decides<detach_ignores_owner>>},
    {"detach_by_position_takes_link_entry", "a detach by position takes a link's entry", "ownership outcome",
     make<Decides<detach_by_position_takes_link_entry>>},
    {"leaked_program_reference", "an attach refused with EEXIST keeps a reference on the program",
     "atomic refcount lifecycle", make<Leaves<leaked_program_reference>>},
    {"leaked_link_reference", "opening a link by id takes a reference too many", "refcount lifecycle",
     make<Leaves<leaked_link_reference>>},
    {"close_forgets_to_detach", "the last close of a link leaves its entry behind", "lifecycle",
     make<Leaves<close_forgets_to_detach>>},
    {"dup_close_detaches", "a link is detached by its first close, not its last", "lifecycle",
     make<Leaves<dup_close_detaches>>},
    {"update_moves_to_end", "an updated link goes to the end of the list", "order", make<Leaves<update_moves_to_end>>},
    {"update_ignores_expected", "a link update does not compare the old program", "order outcome",
     make<Decides<update_ignores_expected>>},
    {"update_detached_succeeds", "the update of a detached link is no error", "lifecycle",
     make<Decides<update_detached_succeeds>>},
    {"update_keeps_program", "a link's info shows the old program after an update", "lifecycle",
     make<Leaves<update_keeps_program>>},
    {"link_detach_frees_link", "a link is gone once it is detached, whoever holds it", "lifecycle",
     make<Leaves<link_detach_frees_link>>},
    {"link_detach_again_refused", "the second detach of a link is an error", "outcome",
     make<Decides<link_detach_again_refused>>},
    {"relative_link_matches_any_owner", "a link as relative matches its program whoever attached it",
     "order ownership outcome", make<Decides<relative_link_matches_any_owner>>},
    {"warn_on_second_update", "the second update of a link makes the kernel WARN", "no_splat",
     make<WarnOnSecondUpdate>},
    {"hang_on_replace_before", "a replace with BEFORE that succeeds never returns", "no_splat",
     make<HangsOnReplaceBefore>},
}};

}  // namespace

std::span<const PlantedFault> link_faults() {
  return faults;
}

}  // namespace mprogcheck::planted
