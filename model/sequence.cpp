// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/sequence.hpp"

#include "model/language/words.hpp"

namespace mprogcheck::model {
namespace {

using Complaint = std::optional<std::string>;

Complaint unless(bool legal, std::string_view expected) {
  return legal ? Complaint() : Complaint(std::string(expected));
}

Complaint first_of(std::initializer_list<Complaint> complaints) {
  for (const Complaint& complaint : complaints)
    if (complaint) return complaint;
  return std::nullopt;
}

Complaint check_site(const Site& site) {
  if (static_cast<unsigned>(site.hook) >= hooks) return "a hook: " + expected::one_of(hook_names);
  if (site.target.is_literal()) return unless(legal_ifindex_literal(site.target.ifindex()), expected::target);
  if (site.target.number() >= Target::device_count) return std::string(expected::target);
  return unless(
      !site.target.is_peer() || row_of(family_of(site.hook)).at_peers,
      "a device: " + expected::names('d') + " (" + std::string(name_of(site.hook)) + " is not asked for at a peer)");
}

Complaint check_name(Name name) {
  return name.slot < Name::slots ? Complaint() : Complaint("a name: " + expected::any_name());
}

/// The name that a call binds: only names of one letter are bound by it.
Complaint check_bound(Name name, char letter, std::string_view call) {
  if (name.slot < Name::slots && name.letter() == letter) return std::nullopt;
  return "a name that " + std::string(call) + " binds: " + expected::names(letter);
}

Complaint check_argument(const Argument& argument, bool is_id = false) {
  if (argument.named) return argument.value < Name::slots ? Complaint() : Complaint("a name: " + expected::any_name());
  return is_id ? unless(legal_id_literal(argument.value), expected::id_literal)
               : unless(legal_fd_literal(argument.value), expected::fd_literal);
}

/// BPF_F_ID decides what the kernel takes the relative for, and so which literals are harmless.
Complaint check_relative(const Argument& relative, std::uint32_t flags) {
  return check_argument(relative, (flags & flag::id) != 0);
}

struct Check {
  Complaint operator()(const Attach& call) const { return check_program_call(call); }
  Complaint operator()(const Detach& call) const { return check_program_call(call); }
  Complaint operator()(const CreateLink& call) const {
    return first_of({check_bound(call.name, 'l', "link"), check_site(call.site), check_argument(call.program),
                     check_relative(call.relative, call.flags)});
  }
  Complaint operator()(const UpdateLink& call) const {
    return first_of({check_argument(call.link), check_argument(call.program), check_argument(call.old_program)});
  }
  Complaint operator()(const DetachLink& call) const { return check_argument(call.link); }
  Complaint operator()(const Close& call) const { return check_name(call.name); }
  Complaint operator()(const Dup& call) const {
    return first_of({check_bound(call.name, 'h', "dup"), check_argument(call.from),
                     // fds 0 to 2 are open: their dup would be a handle of something that is no BPF object.
                     unless(call.from.named || call.from.value >= 900,
                            "dup of a name, or of a literal fd that is not open: 900 to 4294967295, or negative")});
  }
  Complaint operator()(const Open& call) const {
    return first_of({check_bound(call.name, 'h', "open"),
                     unless(static_cast<unsigned>(call.kind) < object_kind_names.size(), "prog or link"),
                     check_argument(call.id, true)});
  }
  Complaint operator()(const Load& call) const {
    if (static_cast<unsigned>(call.type) >= program_types)
      return "a program type: " + expected::one_of(program_type_names);
    if (static_cast<unsigned>(call.returns) >= returns_count)
      return "what a program returns: " + expected::one_of(returns_names);
    return check_bound(call.name, 'q', "load");
  }
  Complaint operator()(const Query& call) const {
    return first_of({check_site(call.site), unless(call.without >> query_array_names.size() == 0, "four arrays"),
                     unless(legal_attr_size(call.size), expected::attr_size),
                     unless(!call.garbage || legal_garbage(call.size), expected::garbage)});
  }
  Complaint operator()(const Fill& call) const {
    return first_of({check_site(call.site), unless(call.count <= max_fill_count, expected::fill_count)});
  }
  Complaint operator()(const SendPacket& call) const {
    return first_of({check_site(call.site), unless(!call.site.target.is_peer(),
                                                   "a device, or an interface index: packets go through devices")});
  }
  Complaint operator()(const RemoveDevice& call) const { return check_device(call.device); }
  Complaint operator()(const MakeDevice& call) const { return check_device(call.device); }
  Complaint operator()(const MoveDevice& call) const { return check_device(call.device); }
  Complaint operator()(const SetQdisc& call) const {
    if (static_cast<unsigned>(call.qdisc) >= qdiscs) return "a qdisc: " + expected::one_of(qdisc_names);
    return check_device(call.device);
  }
  Complaint operator()(const Pin& call) const { return first_of({check_pin(call.pin), check_argument(call.from)}); }
  Complaint operator()(const Get& call) const {
    return first_of({check_bound(call.name, 'h', "get"), check_pin(call.pin)});
  }
  Complaint operator()(const Unpin& call) const { return check_pin(call.pin); }

 private:
  static Complaint check_device(Device device) {
    return unless(device.number < Device::count, "a device: " + expected::names('d'));
  }
  static Complaint check_pin(PinName pin) { return unless(pin.number < PinName::count, "a pin: " + expected::pins()); }
  template <typename Call>
  static Complaint check_program_call(const Call& call) {
    return first_of({check_site(call.site), check_argument(call.program), check_relative(call.relative, call.flags),
                     check_argument(call.replace)});
  }
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
  for (unsigned n = 0; n < Name::pool_count; ++n) {
    const ProgramClass& declared = declarations.classes[n];
    if (!declarations.has_program(n) && declared != ProgramClass())
      return "no class for p" + std::to_string(n) + ", which is not declared";
    if (static_cast<unsigned>(declared.type) >= program_types)
      return "a program type: " + expected::one_of(program_type_names);
    if (static_cast<unsigned>(declared.returns) >= returns_count)
      return "what a program returns: " + expected::one_of(returns_names);
  }
  for (const std::uint32_t uid : declarations.uids)
    if (uid != 0 && !legal_uid(uid)) return std::string(expected::uid);
  return std::nullopt;
}

}  // namespace

FamilySet families_of(const Operation& operation) {
  const auto site = site_of(operation);
  return site && static_cast<unsigned>(site->hook) < hooks ? only(family_of(site->hook)) : FamilySet{0};
}

FamilySet families_of(const Sequence& sequence) {
  FamilySet set = 0;
  for (const Operation& operation : sequence.operations) set = static_cast<FamilySet>(set | families_of(operation));
  return set;
}

std::optional<std::string> validate(const Operation& operation) {
  if (operation.caller.number > Caller::declarable) return "a caller: " + expected::one_of(caller_names);
  return std::visit(Check(), operation);
}

std::optional<Invalid> validate(const Sequence& sequence) {
  if (auto complaint = check_declarations(sequence.declarations))
    return Invalid{sequence.operations.size(), std::move(*complaint)};
  if (sequence.operations.size() > max_operations)
    return Invalid{max_operations, "at most " + std::to_string(max_operations) + " operations"};
  unsigned loads = 0;
  for (std::size_t i = 0; i < sequence.operations.size(); ++i) {
    if (auto complaint = validate(sequence.operations[i])) return Invalid{i, std::move(*complaint)};
    if (!sequence.declarations.has_caller(sequence.operations[i].caller))
      return Invalid{i, "a caller that the sequence declares"};
    if (std::holds_alternative<Load>(sequence.operations[i]) && ++loads > max_loads)
      return Invalid{i, "at most " + std::to_string(max_loads) + " loads"};
  }
  return std::nullopt;
}

}  // namespace mprogcheck::model
