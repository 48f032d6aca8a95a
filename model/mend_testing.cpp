// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/mend.hpp"

#include <optional>

namespace mprogcheck::model {

namespace {

/// What calls have in common, where this one has it.
struct Fields {
  Site* site = nullptr;
  Argument* program = nullptr;
  Argument* other = nullptr;  ///< the program to replace, or the old one
  Argument* link = nullptr;
  Argument* relative = nullptr;
  std::uint32_t* flags = nullptr;
  Revision* revision = nullptr;
};
Fields fields_of(Operation& operation) {
  return std::visit(
      [](auto& call) {
        Fields fields;
        if constexpr (requires { call.site; }) fields.site = &call.site;
        if constexpr (requires { call.program; }) fields.program = &call.program;
        if constexpr (requires { call.replace; }) fields.other = &call.replace;
        if constexpr (requires { call.old_program; }) fields.other = &call.old_program;
        if constexpr (requires { call.link; }) fields.link = &call.link;
        if constexpr (requires { call.relative; }) fields.relative = &call.relative;
        if constexpr (requires { call.flags; }) fields.flags = &call.flags;
        if constexpr (requires { call.revision; }) fields.revision = &call.revision;
        return fields;
      },
      static_cast<AnyCall&>(operation));
}

class Mender {
 public:
  Mender(const World& world, const Operation& operation) : world_(world), operation_(operation) {}

  void mend(Rule rule);
  std::vector<Mended> made;

 private:
  /// One way: `how` changes the copy.
  template <typename How>
  void change(How how) {
    Mended& copy = made.emplace_back(Mended{world_, operation_});
    how(copy.world, copy.operation, fields_of(copy.operation));
  }
  template <typename Call, typename How>
  void change_call(How how) {
    change([&](World& world, Operation& operation, const Fields&) { how(world, std::get<Call>(operation)); });
  }

  /// An fd that denotes such a thing, as the first name that has it; `good` is asked about each.
  template <typename Good>
  std::optional<Argument> fd_of(Denoted::Kind kind, Good good) const {
    for (unsigned slot = 0; slot < Name::slots; ++slot) {
      const Argument fd = Argument::of({static_cast<std::uint8_t>(slot)});
      const Denoted denoted = world_.denoted_by_fd(fd);
      if (denoted.kind == kind && good(denoted.object)) return fd;
    }
    return std::nullopt;
  }
  std::optional<Argument> fd_of_program(ProgramIndex program) const {
    return fd_of(Denoted::Kind::program, [program](std::uint8_t object) { return object == program; });
  }
  /// A program that the hook takes, and that its list does not hold.
  std::optional<Argument> fd_of_new_program(const OrderedList* list, ProgramType type, ProgramIndex but_for) const {
    return fd_of(Denoted::Kind::program, [&](std::uint8_t object) {
      return world_.program(object).type == type && object != but_for && !(list != nullptr && list->find(object));
    });
  }

  void set(Argument* Fields::*field, const std::optional<Argument>& fd) {
    if (fd) change([&](World&, Operation&, const Fields& fields) { *(fields.*field) = *fd; });
  }
  void mask_flags(std::uint32_t mask) {
    change([mask](World&, Operation&, const Fields& fields) { *fields.flags &= mask; });
  }
  void as_root() {
    change([](World&, Operation& operation, const Fields&) { operation.caller = {}; });
  }
  void drop_relative() {
    change([](World&, Operation&, const Fields& fields) {
      *fields.relative = {};
      *fields.flags &= ~(flag::id | flag::link);
    });
  }
  void each_link(bool that_detaches) {
    for (unsigned slot = 0; slot < Name::slots; ++slot) {
      const Argument fd = Argument::of({static_cast<std::uint8_t>(slot)});
      const Denoted denoted = world_.denoted_by_fd(fd);
      if (denoted.kind == Denoted::Kind::link && (!that_detaches || world_.link(denoted.object).detaches))
        set(&Fields::link, fd);
    }
  }

  // By what is wrong.
  void mend_fd(Rule rule);
  void mend_device(Rule rule);
  void mend_list(Rule rule);
  void mend_update(Rule rule);
  void mend_rest(Rule rule);
  void own_entry();
  void replaceable();
  void attached_link();

  const World& world_;
  const Operation& operation_;
  Operation copy_ = operation_;
  Fields fields_ = fields_of(copy_);  ///< as it is
  std::optional<ListIndex> at_ = fields_.site != nullptr ? world_.list_at(*fields_.site) : std::nullopt;
  const OrderedList* list_ = at_ ? &world_.list(*at_) : nullptr;
  ProgramType type_ = fields_.site != nullptr ? row_of(fields_.site->hook).type : ProgramType::sched_cls;
  ProgramIndex program_ = fields_.program != nullptr ? world_.denoted_by_fd(*fields_.program).object : no_program;
};

void Mender::mend(Rule rule) {
  mend_fd(rule);
  mend_device(rule);
  mend_list(rule);
  mend_update(rule);
  mend_rest(rule);
}

void Mender::mend_fd(Rule rule) {
  const auto any = [](std::uint8_t) { return true; };
  const auto of_type = [this](std::uint8_t object) { return world_.program(object).type == type_; };
  switch (rule) {
    case Rule::attach_program_closed:
    case Rule::attach_not_a_program:
    case Rule::detach_program_closed:
    case Rule::detach_not_a_program:
    case Rule::link_program_closed:
    case Rule::link_not_a_program:
      return set(&Fields::program, fd_of(Denoted::Kind::program, of_type));
    case Rule::attach_replace_closed:
    case Rule::attach_replace_type:
      return set(&Fields::other, fd_of(Denoted::Kind::program, of_type));
    case Rule::update_link_closed:
    case Rule::update_not_a_link:
    case Rule::detach_link_closed:
    case Rule::detach_link_not_a_link:
      return each_link(false);
    case Rule::detach_link_no_operation:
      return each_link(true);
    case Rule::update_program_closed:
    case Rule::update_not_a_program:
      return set(&Fields::program, fd_of(Denoted::Kind::program, any));
    case Rule::update_old_closed:
    case Rule::update_old_not_a_program: {
      const Denoted link = world_.denoted_by_fd(*fields_.link);
      set(&Fields::other, fd_of(Denoted::Kind::program, any));
      return set(&Fields::other, fd_of_program(world_.link(link.object).program));
    }
    case Rule::update_map_closed:
    case Rule::update_not_a_map:
      return set(&Fields::program,
                 fd_of(Denoted::Kind::other, [](std::uint8_t object) { return object == map_object; }));
    case Rule::update_old_map_closed:
    case Rule::update_old_not_a_map:
      return set(&Fields::other, fd_of(Denoted::Kind::other, [](std::uint8_t object) { return object == map_object; }));
    case Rule::relative_id_gone:
    case Rule::relative_not_settled:
    case Rule::relative_closed:
    case Rule::relative_kind:
    case Rule::relative_link_zero:
    case Rule::relative_type:
    case Rule::relative_no_program:
    case Rule::relative_never_in_list:
    case Rule::relative_absent:
      return drop_relative();
    default:
      return;
  }
}

void Mender::mend_device(Rule rule) {
  const auto appears = [](World& world, std::uint32_t n) {
    DeviceState& device = world.mutable_device({static_cast<std::uint8_t>(n)});
    device.exists = true;
    device.away = false;
  };
  const std::uint32_t number = fields_.site != nullptr ? fields_.site->target.number() : 0;
  switch (rule) {
    case Rule::attach_no_device:
    case Rule::detach_no_device:
    case Rule::link_no_device:
    case Rule::query_no_device:
    case Rule::fill_no_device:
    case Rule::run_no_device:
      return change([&](World& world, Operation&, const Fields& fields) {
        Target& target = fields.site->target;
        if (target.is_literal()) target = Target::device(0);
        // What is sent is sent by the primary.
        if (rule == Rule::run_no_device) target = Target::device(target.number());
        appears(world, target.number());
      });
    case Rule::netkit_not_a_netkit:
      return change([&](World& world, Operation&, const Fields&) {
        world.mutable_device({static_cast<std::uint8_t>(number)}).made_as.kind = DeviceKind::usual;
      });
    case Rule::netkit_peer_index:
      return change([&](World& world, Operation&, const Fields& fields) {
        fields.site->target = Target::device(number);
        appears(world, number);
      });
    case Rule::remove_no_device:
    case Rule::qdisc_no_device:
      return change(
          [&](World& world, Operation& operation, const Fields&) { appears(world, device_of(operation)->number); });
    case Rule::make_exists:
      return change([](World& world, Operation& operation, const Fields&) {
        world.mutable_device(*device_of(operation)).exists = false;
      });
    case Rule::move_no_device:
      return change_call<MoveDevice>([&](World& world, const MoveDevice& call) {
        appears(world, call.device.number);
        world.mutable_device(call.device).away = call.home;
      });
    case Rule::qdisc_absent:
      return change_call<SetQdisc>(
          [](World& world, const SetQdisc& call) { world.mutable_device(call.device).qdisc = Qdisc::ingress; });
    default:
      return;
  }
}

void Mender::mend_list(Rule rule) {
  const auto last = [this](World& world) -> Entry& {
    OrderedList& list = world.mutable_list(*at_);
    if (!list.full()) list.insert(list.count, {});
    return list.slots[list.count - 1U];
  };
  switch (rule) {
    case Rule::attach_unknown_flag:
    case Rule::detach_unknown_flag:
      return mask_flags(flag::mprog_mask);
    case Rule::detach_replace:
      return mask_flags(~flag::replace);
    case Rule::stale:
      return change([](World&, Operation&, const Fields& fields) { *fields.revision = {}; });
    case Rule::attach_exists:
      return set(&Fields::program, fd_of_new_program(list_, type_, no_program));
    case Rule::attach_full:
      return change([&](World& world, Operation&, const Fields&) {
        world.mutable_list(*at_).remove(OrderedList::mprog_capacity - 1);
      });
    case Rule::replace_absent:
    case Rule::replace_owner:
      return replaceable();
    case Rule::disagree:
    case Rule::no_directive:
      return change([](World&, Operation& operation, const Fields& fields) {
        *fields.relative = {};
        *fields.flags &= std::holds_alternative<Attach>(operation) ? flag::replace : 0U;
      });
    case Rule::detach_no_entry:
    case Rule::detach_empty:
      return change([&](World& world, Operation&, const Fields&) { last(world) = {filler_program(0), no_link}; });
    case Rule::detach_absent:
      return change([&](World& world, Operation&, const Fields&) { last(world) = {program_, no_link}; });
    case Rule::detach_owner:
      return own_entry();
    default:
      return;
  }
}

/// Another program to replace, which the list holds. Where none can be given, nothing is replaced, and there is room.
void Mender::replaceable() {
  if (std::holds_alternative<CreateLink>(operation_))
    return change([&](World& world, Operation&, const Fields& fields) {
      *fields.flags &= ~flag::replace;
      if (list_->full()) world.mutable_list(*at_).remove(OrderedList::mprog_capacity - 1);
    });
  const auto other = fd_of_new_program(list_, type_, program_);
  if (!other) return;
  change([&](World& world, Operation&, const Fields& fields) {
    *fields.other = *other;
    OrderedList& list = world.mutable_list(*at_);
    const Entry entry{world.denoted_by_fd(*other).object, no_link};
    if (list.full())
      list.overwrite(OrderedList::mprog_capacity - 1, entry);
    else
      list.insert(list.count, entry);
  });
}

/// No link owns anything; a relative that was given as a link is given as its program.
void Mender::own_entry() {
  const bool by_id = (*fields_.flags & flag::id) != 0;
  std::optional<Argument> as_program;
  if ((*fields_.flags & flag::link) != 0) {
    const auto link = by_id ? world_.denoted_by_id(*fields_.relative, ObjectKind::link)
                            : std::optional(world_.denoted_by_fd(*fields_.relative).object);
    as_program = fd_of_program(world_.link(*link).program);
    if (!as_program) return;
  }
  change([&](World& world, Operation&, const Fields& fields) {
    OrderedList& list = world.mutable_list(*at_);
    for (Entry& entry : list.slots) entry.link = no_link;
    if (!as_program) return;
    *fields.relative = *as_program;
    *fields.flags &= ~(flag::link | flag::id);
  });
}

void Mender::mend_update(Rule rule) {
  switch (rule) {
    case Rule::update_unknown_flag:
      return mask_flags(flag::replace);
    case Rule::update_old_without_flag:
      return change([](World&, Operation&, const Fields& fields) { *fields.other = {}; });
    case Rule::update_old_mismatch:
      return change([](World&, Operation&, const Fields& fields) {
        *fields.other = {};
        *fields.flags = 0;
      });
    case Rule::update_detached:
      return attached_link();
    case Rule::update_exists:
    case Rule::update_type: {
      const LinkIndex index = world_.denoted_by_fd(*fields_.link).object;
      const Link& link = world_.link(index);
      if (link.updating == Updating::in_list)
        return set(&Fields::program,
                   fd_of_new_program(&world_.list(link.list), world_.program(link.program).type, no_program));
      const std::uint8_t same = guest_objects[index - guest_link(0)].same_type;
      if (same != GuestObject::none) set(&Fields::program, fd_of_program(guest_program(same)));
      return;
    }
    default:
      return;
  }
}

/// It is in a list that has room for it again.
void Mender::attached_link() {
  const LinkIndex index = world_.denoted_by_fd(*fields_.link).object;
  const Link& link = world_.link(index);
  if (link.updating != Updating::in_list) return;
  for (ListIndex at = 0; at < list_count; ++at) {
    if (world_.list(at).full() || world_.list(at).find(link.program)) continue;
    return change([&](World& world, Operation&, const Fields&) {
      world.mutable_list(at).insert(0, {link.program, index});
      world.mutable_link(index).list = at;
    });
  }
}

void Mender::mend_rest(Rule rule) {
  const auto any = [](std::uint8_t) { return true; };
  switch (rule) {
    case Rule::query_permission:
    case Rule::detach_permission:
    case Rule::open_permission:
    case Rule::next_id_permission:
    case Rule::device_permission:
    case Rule::pin_permission:
    case Rule::load_permission:
      return as_root();
    case Rule::query_beyond_known:
    case Rule::query_beyond_fields:
      return change_call<Query>([](World&, Query& query) { query.garbage = false; });
    case Rule::query_unknown_flag:
      return change_call<Query>([](World&, Query& query) { query.query_flags &= 1U; });
    case Rule::query_flags:
      return change_call<Query>([](World&, Query& query) { query.query_flags = query.attach_flags = 0; });
    case Rule::query_short:
      return change_call<Query>([](World&, Query& query) { query.count = OrderedList::mprog_capacity; });
    case Rule::open_gone:
      for (unsigned slot = 0; slot < Name::slots; ++slot) {
        const Argument id = Argument::of({static_cast<std::uint8_t>(slot)});
        if (world_.denoted_by_id(id, std::get<Open>(operation_).kind))
          return change_call<Open>([&](World&, Open& call) { call.id = id; });
      }
      return;
    case Rule::next_id_start:
      return change_call<NextId>([](World&, NextId& call) { call.id = {}; });
    case Rule::next_id_none:
      return change_call<NextId>([](World& world, NextId& call) {
        world.apply(Load{.name = Name::mortal(0)});
        call = {.kind = ObjectKind::program, .id = {}};
      });
    case Rule::close_closed:
    case Rule::dup_closed:
      if (const auto fd = fd_of(Denoted::Kind::program, any)) {
        if (rule == Rule::close_closed) change_call<Close>([&](World&, Close& call) { call.name = fd->name(); });
        if (rule == Rule::dup_closed) change_call<Dup>([&](World&, Dup& call) { call.from = *fd; });
      }
      return;
    case Rule::pin_no_object:
      if (const auto fd = fd_of(Denoted::Kind::program, any))
        change_call<Pin>([&](World&, Pin& call) { call.from = *fd; });
      return;
    case Rule::pin_exists:
      return change_call<Pin>([](World& world, const Pin& call) { world.mutable_pin(call.pin) = {}; });
    case Rule::get_absent:
      return change_call<Get>([](World& world, const Get& call) { world.mutable_pin(call.pin) = {.held = true}; });
    case Rule::unpin_absent:
      return change_call<Unpin>([](World& world, const Unpin& call) { world.mutable_pin(call.pin) = {.held = true}; });
    default:
      return;
  }
}

}  // namespace

std::vector<Mended> mended(const World& world, const Operation& operation, Rule rule) {
  Mender mender(world, operation);
  mender.mend(rule);
  return std::move(mender.made);
}

}  // namespace mprogcheck::model
