// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// What makes devices, qdiscs and pins come and go, and what goes with them.
#include <utility>

#include "model/hooks/family.hpp"
#include "model/world.hpp"

namespace mprogcheck::model {

namespace {

Verdict decided(Rule rule, const Edit& edit = {}) {
  return {text_of(rule).outcome, rule, edit};
}

}  // namespace

/// net/core/rtnetlink.c: rtnl_dellink.
Verdict World::decide(const RemoveDevice& call) const {
  if (!is_at_home(call.device.number)) return decided(Rule::remove_no_device);
  return decided(Rule::remove_done, {.kind = Edit::Kind::remove_device, .device = call.device});
}

/// net/core/rtnetlink.c: rtnl_newlink, with NLM_F_EXCL.
Verdict World::decide(const MakeDevice& call) const {
  if (has_device(call.device.number)) return decided(Rule::make_exists);
  return decided(Rule::make_done, {.kind = Edit::Kind::make_device, .device = call.device});
}

/// net/core/rtnetlink.c: rtnl_setlink, which looks for the device in the caller's namespace.
Verdict World::decide(const MoveDevice& call) const {
  const bool there = has_device(call.device.number) && devices_[call.device.number].away == call.home;
  if (!there) return decided(Rule::move_no_device);
  return decided(Rule::move_done, {.kind = Edit::Kind::move_device,
                                   .position = static_cast<std::uint8_t>(call.home ? 1 : 0),
                                   .device = call.device});
}

/// net/sched/sch_api.c: tc_modify_qdisc, tc_get_qdisc.
Verdict World::decide(const SetQdisc& call) const {
  if (!is_at_home(call.device.number)) return decided(Rule::qdisc_no_device);
  if (call.qdisc == devices_[call.device.number].qdisc)
    return decided(call.qdisc == Qdisc::none ? Rule::qdisc_absent : Rule::qdisc_same);
  return decided(Rule::qdisc_done, {.kind = Edit::Kind::set_qdisc, .device = call.device, .qdisc = call.qdisc});
}

/// kernel/bpf/inode.c: bpf_obj_pin_user.
Verdict World::decide(const Pin& call) const {
  const Denoted denoted = denoted_by_fd(call.from);
  const bool other = denoted.kind == Denoted::Kind::other;
  if (denoted.kind == Denoted::Kind::closed) return decided(Rule::pin_no_object);
  if (other && (denoted.object == Denoted::no_object || !guest_objects[denoted.object].pins))
    return decided(Rule::pin_no_object);
  if (pinned(call.pin).held) return decided(Rule::pin_exists);
  const auto kind = other                                    ? ObjectKind::other
                    : denoted.kind == Denoted::Kind::program ? ObjectKind::program
                                                             : ObjectKind::link;
  return decided(Rule::pin_done,
                 {.kind = Edit::Kind::pin, .object_kind = kind, .object = denoted.object, .pin = call.pin});
}

/// kernel/bpf/inode.c: bpf_obj_get_user.
Verdict World::decide(const Get& call) const {
  const PinnedObject& there = pinned(call.pin);
  if (!there.held) return decided(Rule::get_absent);
  return decided(Rule::get_done,
                 {.kind = Edit::Kind::open, .name = call.name, .object_kind = there.kind, .object = there.object});
}

Verdict World::decide(const Unpin& call) const {
  if (!pinned(call.pin).held) return decided(Rule::unpin_absent);
  return decided(Rule::unpin_done, {.kind = Edit::Kind::unpin, .pin = call.pin});
}

/// kernel/cgroup/cgroup.c: cgroup_rmdir, cgroup_destroy_locked. No task is ever in one.
Verdict World::decide(const RemoveCgroup& call) const {
  const unsigned n = call.cgroup.number;
  if (!has_cgroup(n)) return decided(Rule::remove_cgroup_absent);
  for (const CgroupState& other : cgroups_)
    if (other.exists && other.parent == n) return decided(Rule::remove_cgroup_busy);
  return decided(Rule::remove_cgroup_done, {.kind = Edit::Kind::remove_cgroup, .cgroup = call.cgroup});
}

/// kernel/cgroup/cgroup.c: cgroup_mkdir.
Verdict World::decide(const MakeCgroup& call) const {
  if (has_cgroup(call.cgroup.number)) return decided(Rule::make_cgroup_exists);
  const Cgroup above = parent(call.cgroup);
  if (above.number != Cgroup::top && !has_cgroup(above.number)) return decided(Rule::make_cgroup_no_parent);
  return decided(Rule::make_cgroup_done, {.kind = Edit::Kind::make_cgroup, .cgroup = call.cgroup});
}

void World::commit_lifetime(const Edit& edit) {
  DeviceState& device = devices_[edit.device.number];
  PinnedObject& pin = pins_[edit.pin.number];
  switch (edit.kind) {
    case Edit::Kind::remove_device:
      remove_device(edit.device);
      break;
    case Edit::Kind::make_device:
      device = {.made_as = device.made_as, .exists = true};
      break;
    case Edit::Kind::move_device:
      // net/core/dev.c: __dev_change_net_namespace shuts the qdiscs down and touches no hook.
      set_qdisc(edit.device, Qdisc::none);
      device.away = edit.position == 0;
      break;
    case Edit::Kind::set_qdisc:
      set_qdisc(edit.device, edit.qdisc);
      break;
    case Edit::Kind::remove_cgroup:
      remove_cgroup(edit.cgroup);
      break;
    case Edit::Kind::make_cgroup:
      cgroups_[edit.cgroup.number].exists = cgroups_[edit.cgroup.number].existed = true;
      break;
    case Edit::Kind::pin:
      pin = {.held = true, .kind = edit.object_kind, .object = edit.object};
      hold(pin.kind, pin.object);
      break;
    case Edit::Kind::unpin: {
      const PinnedObject old = std::exchange(pin, {});
      put(old.kind, old.object);
      break;
    }
    default:
      break;
  }
}

/// kernel/bpf/tcx.c: tcx_uninstall; drivers/net/netkit.c: netkit_release_all.
void World::remove_device(Device device) {
  devices_[device.number] = {.made_as = devices_[device.number].made_as};
  for (ListIndex list = 0; list < sites_.size(); ++list)
    if (sites_.target(list) == Target::device(device.number)) let_go_of(list);
}

/// kernel/bpf/cgroup.c: cgroup_bpf_release, which comes some time after rmdir(2) has returned.
void World::remove_cgroup(Cgroup cgroup) {
  cgroups_[cgroup.number].exists = false;
  for (ListIndex list = 0; list < sites_.size(); ++list)
    if (sites_.target(list) == Target::cgroup(cgroup.number)) let_go_of(list);
}

/// What a program call attached loses a holder; a link keeps its program.
void World::let_go_of(ListIndex list) {
  const OrderedList old = std::exchange(lists_[list], {});
  for (const Entry& entry : old.entries()) {
    if (entry.link != no_link)
      links_[entry.link].list = no_list;
    else
      put_program(entry.program);
  }
}

/// net/sched/sch_ingress.c: clsact_init, clsact_destroy. A hook that is empty and no longer kept is freed; the next one
/// begins at revision 1.
void World::set_qdisc(Device device, Qdisc qdisc) {
  std::array<bool, list_count> kept{};
  for (ListIndex list = 0; list < sites_.size(); ++list)
    kept[list] = sites_.target(list) == Target::device(device.number) && lists_[list].empty() && keeps(list);
  devices_[device.number].qdisc = qdisc;
  for (ListIndex list = 0; list < sites_.size(); ++list)
    if (kept[list] && !keeps(list)) rules_of(sites_.hook(list)).emptied(lists_[list]);
}

void World::hold(ObjectKind kind, std::uint8_t object) {
  if (kind == ObjectKind::program)
    ++programs_[object].references;
  else if (kind == ObjectKind::link)
    ++links_[object].references;
}

void World::put(ObjectKind kind, std::uint8_t object) {
  if (kind == ObjectKind::program)
    put_program(object);
  else if (kind == ObjectKind::link)
    put_link(object);
}

/// kernel/bpf/syscall.c: bpf_link_free. With its last reference a link leaves its list and lets its program go.
void World::put_link(LinkIndex index) {
  Link& link = links_[index];
  if (--link.references != 0) return;
  leave_list(index);
  put_program(link.program);
  link = {};
  forget(ObjectKind::link, index);
}

}  // namespace mprogcheck::model
