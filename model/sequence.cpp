// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/sequence.hpp"

#include <utility>

#include "model/fields.hpp"
#include "model/language/words.hpp"
#include "model/sites.hpp"

namespace mprogcheck::model {
namespace {

using Complaint = std::optional<std::string>;

/// What is wrong with a field, by its role: the first complaint stands. Most operations are legal, so a text is made
/// only when it is needed.
class Check {
 public:
  /// `call`: the keyword.
  explicit Check(std::string_view call) : call_(call) {}
  [[nodiscard]] Complaint take() { return std::move(complaint_); }

  // Any number means something.
  void operator()(role::Flags /*role*/, std::uint32_t /*flags*/) {}
  void operator()(role::Revision /*role*/, const Revision& /*revision*/) {}
  void operator()(role::Count /*role*/, std::uint32_t /*count*/) {}
  void operator()(role::Home /*role*/, bool /*home*/) {}

  void operator()(role::Caller /*role*/, Caller caller) {
    unless(caller.number <= Caller::declarable, [] { return "a caller: " + expected::one_of(caller_names); });
  }
  void operator()(role::Site /*role*/, const Site& site) {
    const auto target = [] { return std::string(expected::target); };
    unless(static_cast<unsigned>(site.hook) < hooks, [] { return "a hook: " + expected::one_of(hook_names); });
    if (complaint_) return;
    if (target_kind(site.hook) == TargetKind::cgroup)
      return unless(site.target.is_cgroup() && site.target.number() < Cgroup::count,
                    [] { return std::string(expected::cgroup_target); });
    if (site.target.is_literal()) return unless(legal_ifindex_literal(site.target.ifindex()), target);
    unless(!site.target.is_cgroup() && site.target.number() < Target::device_count, target);
    unless(!site.target.is_peer() || row_of(family_of(site.hook)).at_peers, [&site] {
      return "a device: " + expected::names('d') + " (" + std::string(name_of(site.hook)) +
             " is not asked for at a peer)";
    });
  }
  void operator()(role::PacketSite /*role*/, const Site& site) {
    (*this)(role::Site(), site);
    unless(!site.target.is_peer() && !site.target.is_cgroup(),
           [] { return "a device, or an interface index: packets go through devices"; });
  }
  void operator()(role::Name /*role*/, Name name) {
    unless(name.slot < Name::slots, [] { return "a name: " + expected::any_name(); });
  }
  void operator()(role::BoundName role, Name name) {
    unless(name.slot < Name::slots && name.letter() == role.letter,
           [&] { return "a name that " + std::string(call_) + " binds: " + expected::names(role.letter); });
  }

  void operator()(role::Fd /*role*/, const Argument& fd) {
    argument(fd, legal_fd_literal(fd.value), expected::fd_literal);
  }
  void operator()(role::Copied role, const Argument& fd) {
    (*this)(static_cast<role::Fd>(role), fd);
    unless(fd.named || fd.value >= 900,
           [] { return "dup of a name, or of a literal fd that is not open: 900 to 4294967295, or negative"; });
  }
  void operator()(role::Id /*role*/, const Argument& id) {
    argument(id, legal_id_literal(id.value), expected::id_literal);
  }
  void operator()(role::Relative role, const Argument& relative) {
    if (role.is_id())
      argument(relative, legal_id_literal(relative.value), expected::id_literal);
    else
      argument(relative, legal_fd_literal(relative.value), expected::fd_literal);
  }

  void operator()(role::Arrays /*role*/, std::uint8_t without) {
    unless(without >> query_array_names.size() == 0, [] { return "four arrays"; });
  }
  void operator()(role::AttrSize /*role*/, std::uint16_t size) {
    unless(legal_attr_size(size), [] { return std::string(expected::attr_size); });
  }
  void operator()(role::Garbage role, bool garbage) {
    unless(!garbage || legal_garbage(role.size), [] { return std::string(expected::garbage); });
  }
  void operator()(role::Entries /*role*/, std::uint8_t count) {
    unless(count <= max_fill_count, [] { return std::string(expected::fill_count); });
  }

  void operator()(role::ObjectKind /*role*/, ObjectKind kind) {
    unless(static_cast<unsigned>(kind) < object_kind_names.size(), [] { return "prog or link"; });
  }
  void operator()(role::ProgramType /*role*/, ProgramType type) {
    unless(static_cast<unsigned>(type) < program_types,
           [] { return "a program type: " + expected::one_of(program_type_names); });
  }
  void operator()(role::Returns role, Returns returns) {
    unless(static_cast<unsigned>(returns) < returns_count,
           [] { return "what a program returns: " + expected::one_of(returns_names); });
    unless(can_return(role.type, returns), [] { return std::string(expected::cgroup_returns); });
  }
  void operator()(role::Device /*role*/, Device device) {
    unless(device.number < Device::count, [] { return "a device: " + expected::names('d'); });
  }
  void operator()(role::Cgroup /*role*/, Cgroup cgroup) {
    unless(cgroup.number < Cgroup::count, [] { return "a cgroup: " + expected::names('c'); });
  }
  void operator()(role::FilledSite /*role*/, const Site& site) {
    (*this)(role::Site(), site);
    unless(!site.target.is_cgroup(), [] { return std::string(expected::fill_at_device); });
  }
  void operator()(role::Qdisc /*role*/, Qdisc qdisc) {
    unless(static_cast<unsigned>(qdisc) < qdiscs, [] { return "a qdisc: " + expected::one_of(qdisc_names); });
  }
  void operator()(role::Pin /*role*/, PinName pin) {
    unless(pin.number < PinName::count, [] { return "a pin: " + expected::pins(); });
  }

 private:
  void unless(bool legal, auto expected) {
    if (!legal && !complaint_) complaint_ = expected();
  }
  void argument(const Argument& given, bool legal_literal, std::string_view expected) {
    if (given.named)
      unless(given.value < Name::slots, [] { return "a name: " + expected::any_name(); });
    else
      unless(legal_literal, [expected] { return std::string(expected); });
  }

  std::string_view call_;
  Complaint complaint_;
};

Complaint check_declarations(const Declarations& declarations) {
  if (declarations.devices >> Target::device_count != 0) return "devices " + expected::names('d');
  for (unsigned n = 0; n < Device::count; ++n) {
    const DeviceClass& made_as = declarations.made_as[n];
    if (!declarations.has_device(n) && made_as != DeviceClass())
      return "nothing said of d" + std::to_string(n) + ", which is not declared";
    if (static_cast<unsigned>(made_as.kind) >= device_kinds)
      return "a kind of device: " + expected::one_of(device_kind_names);
    if (static_cast<unsigned>(made_as.policy) >= policies || static_cast<unsigned>(made_as.peer_policy) >= policies)
      return "a policy: " + expected::one_of(policy_names);
    if (made_as.kind == DeviceKind::veth && made_as != DeviceClass{.kind = DeviceKind::veth})
      return "a policy of a netkit device: veth has none";
  }
  for (unsigned n = 0; n < Cgroup::count; ++n) {
    const unsigned parent = declarations.parents[n];
    if (parent == Cgroup::top) continue;
    if (!declarations.has_cgroup(n)) return "nothing said of c" + std::to_string(n) + ", which is not declared";
    if (!declarations.has_cgroup(parent)) return "a cgroup in one that is declared";
    // No cgroup is in itself, however far up.
    unsigned above = parent;
    for (unsigned steps = 0; above != Cgroup::top && steps < Cgroup::count; ++steps)
      above = above < Cgroup::count ? declarations.parents[above] : unsigned{Cgroup::top};
    if (above != Cgroup::top) return "a cgroup that is not in itself";
  }
  for (unsigned n = 0; n < Name::pool_count; ++n) {
    const ProgramClass& declared = declarations.classes[n];
    if (!declarations.has_program(n) && declared != ProgramClass())
      return "no class for p" + std::to_string(n) + ", which is not declared";
    if (static_cast<unsigned>(declared.type) >= program_types)
      return "a program type: " + expected::one_of(program_type_names);
    if (static_cast<unsigned>(declared.returns) >= returns_count)
      return "what a program returns: " + expected::one_of(returns_names);
    if (!can_return(declared.type, declared.returns)) return std::string(expected::cgroup_returns);
  }
  for (const std::uint32_t uid : declarations.uids)
    if (uid != 0 && !legal_uid(uid)) return std::string(expected::uid);
  return std::nullopt;
}

}  // namespace

std::optional<std::string> validate(const Operation& operation) {
  Check check(call_name(operation));
  fields(operation, check);
  return check.take();
}

std::optional<Invalid> validate(const Sequence& sequence) {
  if (auto complaint = check_declarations(sequence.declarations))
    return Invalid{sequence.operations.size(), std::move(*complaint)};
  if (sequence.operations.size() > max_operations)
    return Invalid{max_operations, "at most " + std::to_string(max_operations) + " operations"};
  unsigned loads = 0;
  Spoken spoken;
  for (std::size_t i = 0; i < sequence.operations.size(); ++i) {
    if (auto complaint = validate(sequence.operations[i])) return Invalid{i, std::move(*complaint)};
    spoken.add(sequence.operations[i]);
    if (spoken.too_many) return Invalid{i, "at most " + std::to_string(list_count) + " hooks of targets"};
    if (!sequence.declarations.has_caller(sequence.operations[i].caller))
      return Invalid{i, "a caller that the sequence declares"};
    if (std::holds_alternative<Load>(sequence.operations[i]) && ++loads > max_loads)
      return Invalid{i, "at most " + std::to_string(max_loads) + " loads"};
  }
  return std::nullopt;
}

}  // namespace mprogcheck::model
